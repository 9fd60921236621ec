"""A product that somebody reads cannot be dropped; one that nobody reads can."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.apply import ApplyOptions, refuse_unless_allowed
from weft.app.bootstrap import opened
from weft.app.errors import Breaking
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.plan.plan import Plan


def planned(folder: Path, *select: str) -> Plan:
    with opened(folder, "", System()) as mesh:
        return make_plan(mesh, PlanOptions(select)).plan


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A mesh of three products of which two are gone from the files, and one is changed."""
    sales, others, crm = (
        Product(address, {"m": "SELECT 1 AS id"}, (Port("m", {"id": "integer"}),))
        for address in ("sales.one", "sales.two", "crm.three")
    )
    apply_files(tmp_path, mesh_files([sales, others, crm]))
    lay_out(tmp_path, mesh_files([replace(others, models={"m": "SELECT 2 AS id"})]))
    return tmp_path


def test_a_product_with_consumers_stays(own_skyline: Path) -> None:
    shutil.rmtree(own_skyline / "domains" / "weather" / "observations")
    plan = planned(own_skyline)
    assert plan.breaking == ("weather.observations.hourly@1",)
    assert "punctuality.performance" in plan.blocked[0]
    with pytest.raises(Breaking):
        refuse_unless_allowed(plan, ApplyOptions(allow_drop=True))


def test_a_product_without_consumers_can_go(own_skyline: Path) -> None:
    shutil.rmtree(own_skyline / "domains" / "loyalty" / "members")
    plan = planned(own_skyline)
    assert (plan.breaking, plan.blocked) == ((), ())
    refuse_unless_allowed(plan, ApplyOptions(allow_drop=True))


def test_a_pipe_among_definitions_is_reported(own_skyline: Path) -> None:
    import os

    from weft.app.validate import validate

    os.mkfifo(own_skyline / "domains" / "fleet" / "aircraft" / "models" / "pipe.sql")
    (found,) = validate(own_skyline, System()).loaded.diagnostics
    assert (found.code, found.message) == ("W424", "this is no regular file")


def narrowed(folder: Path) -> Plan:
    with opened(folder, "", System()) as mesh:
        return make_plan(mesh, PlanOptions(select=("up.a",))).plan


@pytest.mark.parametrize(
    ("columns", "status", "verdict"),
    [
        ({"id": "integer", "v": "integer"}, "retired", "reads it, and it becomes retired"),
        ({"id": "integer"}, "active", "reads v"),
    ],
)
def test_outside_of_the_scope_counts_what_was_applied(
    columns: dict[str, str], status: str, verdict: str, tmp_path: Path
) -> None:
    port = Port("p", {"id": "integer", "v": "integer"})
    up = Product("up.a", {"p": "SELECT 1 AS id, 2 AS v"}, (port,))
    down = Product("down.b", {"q": "SELECT v FROM p"}, (Port("q", {"v": "integer"}),), ("up.a.p",))
    apply_files(tmp_path, mesh_files([up, down]))
    moved_on = replace(down, models={"q": "SELECT 1 AS v"}, inputs=())
    changed = replace(up, ports=(replace(port, columns=columns, status=status),))
    lay_out(tmp_path, mesh_files([changed, moved_on]))
    plan = narrowed(tmp_path)
    assert plan.breaking == ("up.a.p@1",)
    assert [(each.consumer, each.verdict) for each in plan.affected] == [
        ("down.b", f"BREAKS: {verdict}")
    ]
    assert "down.b" in plan.blocked[0]
    with pytest.raises(Breaking):
        refuse_unless_allowed(plan, ApplyOptions(allow_drop=True))


def test_a_plan_is_not_blocked_by_what_others_outside_of_it_break(tmp_path: Path) -> None:
    port = Port("p", {"id": "integer", "v": "integer"})
    up = Product("up.a", {"p": "SELECT 1 AS id, 2 AS v"}, (port,))
    far = Product("far.c", {"p": "SELECT 1 AS id, 2 AS v"}, (replace(port),))
    down = Product("down.b", {"q": "SELECT v FROM p"}, (Port("q", {"v": "integer"}),), ("far.c.p",))
    apply_files(tmp_path, mesh_files([up, far, down]))
    without = replace(far, ports=(replace(port, columns={"id": "integer"}),))
    lay_out(tmp_path, mesh_files([replace(up, description="Other words."), without, down]))
    assert (narrowed(tmp_path).breaking, narrowed(tmp_path).blocked) == ((), ())


@pytest.mark.parametrize(
    ("select", "removed"),
    [
        (("sales.one",), ("sales.one",)),
        (("sales.o*",), ("sales.one",)),
        (("crm", "sales.one"), ("crm.three", "sales.one")),
        (("sales",), ("sales.one",)),
    ],
)
def test_removals_are_selected_as_products_are(
    three: Path, select: tuple[str, ...], removed: tuple[str, ...]
) -> None:
    assert planned(three, *select).removed == removed


def test_the_removal_of_one_product_is_applied_alone(three: Path) -> None:
    apply_files(three, options=PlanOptions(select=("sales.one",)))
    left = planned(three)
    assert (left.removed, set(left.manifests)) == (("crm.three",), {"sales.two"})
