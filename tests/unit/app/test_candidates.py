"""A candidate is shown beside the released majors, until its day is over or it is released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from applying import apply_files
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.diff import DiffOptions, diff_versions
from weft.app.errors import NotFound, WrongQuery
from weft.app.plan import Planned, PlanOptions, make_plan
from weft.app.query import query
from weft.app.show import list_products
from weft.app.status import previews
from weft.app.system import System
from weft.mesh.address import PortAddress
from weft.mesh.contract import Status
from weft.mesh.run import RunState
from weft.plan.plan import StepKind

ONE = Port("orders", {"id": "integer", "amount": "integer"}, required=("id",))
TWO = Port("orders", {"id": "integer", "total": "integer"}, version="2.0.0", status="draft")
CANDIDATE = replace(TWO, candidate="2026-12-31")
MODELS = {
    "orders_v1": "SELECT CAST(x AS INTEGER) AS id, 7 AS amount FROM (VALUES (1), (2)) AS t(x)",
    "orders_v2": "SELECT id, amount AS total FROM orders_v1",
}
READER = Product(
    "shop.reader",
    {"sums": "SELECT CAST(count(*) AS BIGINT) AS n FROM orders"},
    (Port("sums", {"n": "integer"}),),
    inputs=("shop.sales.orders",),
)


def sales(*ports: Port) -> Product:
    """The producer with some of its ports."""
    return Product("shop.sales", MODELS, ports)


def on(day: str) -> System:
    """A machine on some day."""
    return System(now=lambda: f"{day}T08:00:00.000Z")


def names(folder: Path) -> set[str]:
    """The views that other programs see."""
    with duckdb.connect(str(folder / ".weft/lake/ports.duckdb"), read_only=True) as connection:
        rows = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal")
        return {name for (name,) in rows.fetchall()}


def planned(folder: Path, day: str, environment: str = "") -> Planned:
    """What would be done on a day."""
    with opened(folder, environment, on(day)) as mesh:
        return make_plan(mesh, PlanOptions())


def test_a_candidate_is_shown_beside_what_is_released(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([sales(ONE)]), on("2026-12-01"))
    apply_files(tmp_path, mesh_files([sales(ONE, CANDIDATE)]), on("2026-12-02"))
    assert names(tmp_path) == {"orders", "orders_v1", "orders_v2_rc"}
    with opened(tmp_path, "", on("2026-12-02")) as mesh:
        with query(mesh, "SELECT amount FROM shop.sales.orders") as answer:
            assert answer.columns == ("amount",)
        with query(mesh, "SELECT total FROM shop.sales.orders_v2_rc") as answer:
            assert answer.columns == ("total",)
        with pytest.raises(WrongQuery), query(mesh, "SELECT total FROM shop.sales.orders_v2"):
            pass
        said = ["shop.sales.orders@2 is shown as a preview until 2026-12-31"]
        assert list(map(str, previews(mesh, "shop.sales"))) == said
        assert previews(mesh, "shop.sales.orders@1") == ()
    apply_files(tmp_path, mesh_files([sales(ONE, TWO)]), on("2026-12-02"), "dev")
    with opened(tmp_path, "dev", on("2026-12-02")) as mesh:
        assert list(map(str, previews(mesh))) == ["shop.sales.orders@2 is shown as a draft"]


def test_a_draft_without_an_end_is_not_shown(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([sales(ONE, TWO)]), on("2026-12-02"))
    assert names(tmp_path) == {"orders", "orders_v1"}


def test_a_candidate_ends_with_the_first_plan_after_its_day(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([sales(ONE, CANDIDATE)]), on("2026-12-02"))
    assert planned(tmp_path, "2026-12-31").plan.empty
    plan = planned(tmp_path, "2027-01-01").plan
    assert [each.kind for each in plan.steps] == [StepKind.PUBLISH]
    assert [each.effect for each in plan.changes] == [
        "preview ended on 2026-12-31, shown no longer"
    ]
    apply_files(tmp_path, None, on("2027-01-01"))
    assert names(tmp_path) == {"orders", "orders_v1"}
    assert planned(tmp_path, "2027-01-02").plan.empty


def test_a_list_says_of_ports_what_they_are_other_than_published(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([sales(ONE, CANDIDATE)]), on("2026-12-02"))
    assert marks(tmp_path, "2026-12-31") == {"orders@2": "preview"}
    assert marks(tmp_path, "2027-01-01") == {"orders@2": "preview ended"}
    strict = replace(CANDIDATE, rules=({"metric": "rowCount", "mustBe": 1},))
    apply_files(tmp_path, mesh_files([sales(ONE, strict)]), on("2026-12-03"))
    assert marks(tmp_path, "2026-12-03") == {"orders@2": "checks failed"}
    apply_files(tmp_path, mesh_files([sales(ONE, TWO)]), on("2026-12-03"))
    assert marks(tmp_path, "2026-12-03") == {"orders@2": "draft"}


def failing(*ports: Port) -> Product:
    """The producer whose second model fails on its data."""
    broken = "SELECT id, CAST('x' || amount AS INTEGER) AS total FROM orders_v1"
    return replace(sales(*ports), models={**MODELS, "orders_v2": broken})


def test_what_is_recorded_where_only_a_candidate_failed(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([failing(ONE, CANDIDATE)]), on("2026-12-01"))
    assert names(tmp_path) == {"orders", "orders_v1"}
    assert marks(tmp_path, "2026-12-01") == {"orders@2": "failed"}
    with opened(tmp_path, "", on("2026-12-01")) as mesh:
        store = mesh.store
        assert list(store.definitions.descriptors("prod")) == ["shop.sales.orders@1"]
        assert [each.state for each in store.journal.runs()] == [RunState.FAILED]
        told = [each.action for each in store.audit.entries() if each.subject == "shop.sales"]
        assert told == ["release.published", "product.failed"]

    plan = planned(tmp_path, "2026-12-02").plan
    base, [kept] = plan.base["shop.sales"], plan.kept
    assert (base.applied, base.release) == (base.definition, 1)
    assert kept.failed.startswith("build orders_v2 failed: Conversion Error")
    apply_files(tmp_path, None, on("2026-12-02"))
    with opened(tmp_path, "", on("2026-12-02")) as mesh:
        assert len(mesh.store.journal.releases("prod", "shop.sales")) == 1
    apply_files(tmp_path, mesh_files([sales(ONE, CANDIDATE)]), on("2026-12-02"))
    assert names(tmp_path) == {"orders", "orders_v1", "orders_v2_rc"}
    assert planned(tmp_path, "2026-12-02").plan.empty


def marks(folder: Path, day: str) -> Mapping[str, str]:
    """What the list of products says of the ports of the producer."""
    with opened(folder, "", on(day)) as mesh:
        [line] = list_products(mesh).lines
    return line.marks


def test_a_candidate_becomes_the_release_without_a_build(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([sales(ONE, CANDIDATE)]), on("2026-12-02"))
    lay_out(tmp_path, mesh_files([sales(ONE, replace(TWO, status="active"))]))
    plan = planned(tmp_path, "2026-12-03").plan
    assert [each.kind for each in plan.steps] == [StepKind.PUBLISH]
    assert "publish what was the preview, no rebuild" in [each.effect for each in plan.changes]
    apply_files(tmp_path, None, on("2026-12-03"))
    assert names(tmp_path) == {"orders", "orders_v1", "orders_v2"}


def test_a_preview_is_taken_back_without_dropping_anything(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([sales(ONE, CANDIDATE)]), on("2026-12-02"))
    lay_out(tmp_path, mesh_files([sales(ONE, TWO)]))
    plan = planned(tmp_path, "2026-12-03").plan
    assert [each.kind for each in plan.steps] == [StepKind.PUBLISH]


def test_nobodys_production_is_built_on_a_candidate(tmp_path: Path) -> None:
    files = mesh_files([sales(ONE, CANDIDATE), READER])
    path = "domains/shop/reader/product.yaml"
    pinned = files[path].replace(b'"contractId"', b'"version": "2", "contractId"', 1)
    lay_out(tmp_path, {**files, path: pinned})
    plan = planned(tmp_path, "2026-12-02").plan
    assert len(plan.blocked) == 1
    assert plan.blocked[0].startswith(
        "shop.reader reads shop.sales.orders@2.orders, which is a preview in prod"
    )
    assert not planned(tmp_path, "2026-12-02", "dev").plan.blocked


def test_the_store_knows_a_candidate_by_its_last_day(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([sales(ONE, CANDIDATE)]), on("2026-12-02"))
    with opened(tmp_path, "", on("2026-12-02")) as mesh:
        descriptor = mesh.store.definitions.descriptors("prod")["shop.sales.orders@2"]
    assert (descriptor.status, descriptor.candidate) == (Status.DRAFT, "2026-12-31")


def test_the_data_of_a_candidate_is_compared_with_what_is_released(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([sales(ONE, CANDIDATE)]), on("2026-12-02"))
    first, second = map(PortAddress.parse, ("shop.sales.orders@1", "shop.sales.orders@2"))
    with opened(tmp_path, "", on("2026-12-02")) as mesh:
        [found] = diff_versions(mesh, first, second, DiffOptions(key=("id",)))
        with pytest.raises(NotFound):
            list(diff_versions(mesh, first, replace(second, major=3), DiffOptions()))
    assert (found.state, found.first_rows, found.second_rows) == ("differs", 2, 2)
    assert found.keys == (2, 2, 2)
    assert [(each.name, each.first_nulls, each.second_nulls) for each in found.columns] == [
        ("id", 0, 0),
        ("amount", 0, None),
        ("total", None, 0),
    ]


def test_nobodys_production_is_built_on_a_draft(tmp_path: Path) -> None:
    files = mesh_files([sales(ONE, TWO), READER])
    path = "domains/shop/reader/product.yaml"
    pinned = files[path].replace(b'"contractId"', b'"version": "2", "contractId"', 1)
    lay_out(tmp_path, {**files, path: pinned})
    [blocked] = planned(tmp_path, "2026-12-02").plan.blocked
    assert blocked.splitlines() == [
        "shop.reader reads shop.sales.orders@2.orders, which is a draft in prod: what is "
        "published there is built on released versions only.",
        "release it first:  weft release shop.sales.orders@2 --promote",
    ]
