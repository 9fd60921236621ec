"""A check that reads another product is asked again when that one has newer data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, Source, lay_out, mesh_files
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.app.why import Reason, why
from weft.mesh.check import Verdict
from weft.plan.plan import Plan, StepKind

PARTS = Product(
    "shop.parts",
    {"parts": "SELECT id FROM known"},
    (Port("parts", {"id": "integer"}),),
    sources=(Source("known", "known.csv", {"id": "integer"}),),
)
ORPHANS = {
    "id": "orphans",
    "type": "sql",
    "query": "SELECT count(*) FROM ${table} o ANTI JOIN parts p ON o.part = p.id",
    "mustBe": 0,
    "severity": "warning",
}
RELATIONSHIP = {
    "type": "foreignKey",
    "to": "parts.id",
    "customProperties": [{"property": "blocks", "value": "nothing", "vendor": "weft"}],
}
CONTRACT = "domains/shop/orders/orders.v1.odcs.yaml"


def orders(rules: tuple[dict[str, object], ...] = (), version: str = "1.0.0") -> Product:
    return Product(
        "shop.orders",
        {"orders": "SELECT 1 AS part UNION ALL SELECT 2"},
        (Port("orders", {"part": "integer"}, rules=rules, version=version),),
        inputs=("shop.parts.parts",),
    )


def by_rule() -> dict[str, bytes]:
    return mesh_files((PARTS, orders((ORPHANS,))))


def by_relationship() -> dict[str, bytes]:
    files = mesh_files((PARTS, orders()))
    contract = json.loads(files[CONTRACT])
    contract["schema"][0]["properties"][0]["relationships"] = [RELATIONSHIP]
    return {**files, CONTRACT: json.dumps(contract).encode()}


@pytest.fixture(params=[by_rule, by_relationship])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, bytes]:
    made: dict[str, bytes] = request.param()
    apply_files(tmp_path, {**made, "known.csv": b"id\n1\n"})
    return made


def planned(folder: Path) -> Plan:
    with opened(folder, "", System()) as mesh:
        return make_plan(mesh, PlanOptions()).plan


def not_passed(folder: Path) -> list[str]:
    """Apply the files; the verdicts on the orders that did not pass."""
    with opened(folder, "", System()) as mesh:
        events = list(apply_plan(mesh, make_plan(mesh, PlanOptions()).plan, ApplyOptions()))
    results = [each.result for each in events if each.result]
    checks = [check for each in results if each.product == "shop.orders" for check in each.checks]
    return [check.verdict for check in checks if check.verdict is not Verdict.PASS]


def test_nothing_is_asked_again_while_nothing_changed(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    assert planned(tmp_path).empty


def test_newer_data_of_the_other_product_asks_again(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    lay_out(tmp_path, {**files, "known.csv": b"id\n7\n"})
    steps = [step for step in planned(tmp_path).steps if step.product == "shop.orders"]
    assert [step.kind for step in steps] == [StepKind.AUDIT]
    with opened(tmp_path, "", System()) as mesh:
        found = why(mesh, "shop.orders")
    note = "1 object to check: what the checks read has newer data"
    assert (found.verdict, found.reasons) == ("newer data", (Reason("checks", note=note),))
    assert len(not_passed(tmp_path)) == 1
    assert planned(tmp_path).empty


def test_what_is_held_back_there_is_not_looked_at(tmp_path: Path, files: dict[str, bytes]) -> None:
    held = {**files, **few_parts()}
    apply_files(tmp_path, {**held, "known.csv": b"id\n1\n"})
    lay_out(tmp_path, {**held, "known.csv": b"id\n7\n8\n9\n"})
    assert not_passed(tmp_path) == []
    found = planned(tmp_path)
    assert [each.product for each in found.held] == ["shop.parts"]
    assert found.empty


def few_parts() -> dict[str, bytes]:
    """The files of the parts once they promise to be few."""
    rule = {"type": "library", "metric": "rowCount", "mustBeLessThan": 3}
    port = replace(PARTS.ports[0], rules=(rule,), version="1.1.0")
    files = mesh_files((replace(PARTS, ports=(port,)),))
    return {path: text for path, text in files.items() if "/parts/" in path}


def blocking(folder: Path) -> dict[str, bytes]:
    """Apply orders that a relationship holds on their first release; the files that did it."""
    apply_files(folder, {**mesh_files((PARTS, orders())), "known.csv": b"id\n1\n2\n"})
    files = mesh_files((PARTS, orders(version="1.1.0")))
    contract = json.loads(files[CONTRACT])
    relationship = {"type": "foreignKey", "to": "parts.id"}
    contract["schema"][0]["properties"][0]["relationships"] = [relationship]
    files = {**files, CONTRACT: json.dumps(contract).encode()}
    apply_files(folder, files)
    apply_files(folder, {**files, "known.csv": b"id\n1\n"})
    return files


def held(folder: Path) -> dict[str, tuple[str, ...]]:
    return {each.product: each.checks for each in planned(folder).held}


def test_what_a_relationship_holds_stays_held_when_its_target_cannot_be_read(
    tmp_path: Path,
) -> None:
    blocking(tmp_path)
    by_check = {"shop.orders": ("part exists in parts",)}
    assert held(tmp_path) == by_check
    (tmp_path / "known.csv").unlink()
    assert held(tmp_path) == {"shop.parts": (), **by_check}


def test_what_a_relationship_holds_stays_held_when_its_target_is_held_too(tmp_path: Path) -> None:
    files = {**blocking(tmp_path), **few_parts()}
    lay_out(tmp_path, {**files, "known.csv": b"id\n1\n2\n3\n"})
    not_passed(tmp_path)
    assert set(held(tmp_path)) == {"shop.parts", "shop.orders"}
    assert held(tmp_path)["shop.orders"] == ("part exists in parts",)


def test_what_a_new_check_reads_and_nobody_can_read_now_blocks_nothing(tmp_path: Path) -> None:
    apply_files(tmp_path, {**mesh_files((PARTS, orders())), "known.csv": b"id\n1\n2\n"})
    files = mesh_files((PARTS, orders(version="1.1.0")))
    contract = json.loads(files[CONTRACT])
    relationship = {"type": "foreignKey", "to": "parts.id"}
    contract["schema"][0]["properties"][0]["relationships"] = [relationship]
    lay_out(tmp_path, {**files, CONTRACT: json.dumps(contract).encode()})
    found = planned(tmp_path)
    assert found.blocked == ()
    causes = {each.product: each.cause for each in found.held}
    assert causes["shop.orders"] == "waits for shop.parts"
