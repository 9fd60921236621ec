"""A release file that cannot be read any more stops its own product only, and an apply heals it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from arro3.core import RecordBatchReader

from applying import apply_files
from mesh_files import Port, Product, Source, mesh_files
from weft.app.bootstrap import opened
from weft.app.doctor import examine_machine
from weft.app.errors import Usage
from weft.app.finding import Finding, State
from weft.app.history import product_history
from weft.app.plan import PlanOptions, make_plan
from weft.app.prune import prune
from weft.app.query import query
from weft.app.rollback import RollbackOptions, plan_rollback
from weft.app.show import list_products
from weft.app.system import System
from weft.cli.screen import Screen
from weft.cli.screens.products import products_result
from weft.plan.plan import Plan, StepKind
from weft.warehouses.protocol import WarehouseError

PRODUCTS = (
    Product(
        "a.src",
        {"t": "SELECT id FROM raw"},
        (Port("t", {"id": "integer"}),),
        sources=(Source("raw", "raw.csv", {"id": "integer"}),),
    ),
    Product("b.use", {"u": "SELECT id FROM t"}, (Port("u", {"id": "integer"}),), ("a.src.t",)),
    Product("c.own", {"v": "SELECT 1 AS id"}, (Port("v", {"id": "integer"}),)),
)

KEEP = {"releases": 1, "days": 0}


@pytest.fixture(params=[b"", b"{}", b"\0\0\0\0"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Two releases of everything, the second one of a.src damaged."""
    place = tmp_path / "mesh"
    place.mkdir()
    apply_files(place, {**mesh_files(PRODUCTS), "raw.csv": b"id\n1\n"})
    apply_files(place, {**mesh_files(PRODUCTS), "raw.csv": b"id\n1\n2\n"})
    release = place / ".weft/lake/releases/prod/a/src/00000002.json"
    release.chmod(0o644)
    release.write_bytes(request.param)
    return place


def planned(folder: Path, *products: str) -> Plan:
    with opened(folder, "", System()) as mesh:
        return make_plan(mesh, PlanOptions(products)).plan


def rows(folder: Path, port: str) -> int:
    with opened(folder, "", System()) as mesh, query(mesh, f"SELECT id FROM {port}") as answer:
        return len(RecordBatchReader.from_stream(answer.rows).read_all())


def findings(folder: Path) -> list[Finding]:
    return [each for each in examine_machine(folder, "", System()) if each.name == "data"]


def test_its_own_product_is_published_again_from_the_builds_that_are_there(folder: Path) -> None:
    found = planned(folder)
    assert {step.product for step in found.steps} == {"a.src"}
    assert not [step for step in found.steps if step.kind is StepKind.BUILD]
    assert [each.effect for each in found.changes] == ["release 2 is damaged, published again"]
    assert (found.data, found.held, found.blocked) == ((), (), ())
    apply_files(folder)
    assert planned(folder).empty
    assert rows(folder, "a.src.t") == 2


def test_a_list_says_that_it_is_damaged(folder: Path) -> None:
    with opened(folder, "", System()) as mesh:
        listing = list_products(mesh, ())
        states = {each.product: each.state for each in listing.lines}
        assert (states["a.src"], states["c.own"]) == ("damaged", "applied")
    shown = products_result(listing, "prod").text(Screen())
    assert shown.endswith("  some are damaged, see what:  weft doctor\n")


def test_what_reads_it_waits_where_it_is_out_of_reach_and_others_go_on(folder: Path) -> None:
    [held] = planned(folder, "b.use", "c.own").held
    assert held.product == "b.use"
    assert held.cause == "waits for a.src, whose release is damaged: apply a.src first"


def test_it_stays_where_it_cannot_be_made_again(folder: Path) -> None:
    (folder / "raw.csv").unlink()
    found = planned(folder)
    assert found.empty
    assert [(each.product, each.release, each.lost) for each in found.held] == [
        ("a.src", 2, True),
        ("b.use", 2, False),
    ]


def test_a_query_says_what_is_wrong_and_others_are_answered(folder: Path) -> None:
    with pytest.raises(WarehouseError, match=r"^release 2 of a.src is damaged; run `weft apply`"):
        rows(folder, "a.src.t")
    assert rows(folder, "b.use.u") == 2


def test_the_doctor_shows_it_until_it_is_healed(folder: Path) -> None:
    [found] = findings(folder)
    assert found.state is State.FAIL
    assert found.detail == "release 2 of a.src in prod is current and is damaged"
    assert found.fix == "weft apply, which publishes it again or says what to do first"
    apply_files(folder)
    [found] = findings(folder)
    assert found.state is State.WARN
    assert found.detail == "release 2 of a.src in prod is damaged, nobody can roll back to it"


def test_history_knows_it_and_no_rollback_goes_there(folder: Path) -> None:
    apply_files(folder)
    with opened(folder, "", System()) as mesh:
        lines = product_history(mesh, "a.src").releases
        assert [(each.release.number, each.current, each.kept) for each in lines] == [
            (3, True, True),
            (2, False, False),
            (1, False, True),
        ]
        with pytest.raises(Usage, match=r"a.src keeps no release 2"):
            plan_rollback(mesh, RollbackOptions("a.src", release=2))


def test_pruning_keeps_what_may_be_behind_it(folder: Path) -> None:
    path = folder / "weft.yaml"
    path.write_text(json.dumps({**json.loads(path.read_text()), "keep": KEEP}))
    (folder / "raw.csv").unlink()
    with opened(folder, "", System()) as mesh:
        [removed] = prune(mesh)
    assert not [each for each in removed.builds if each.product == "a.src"]
