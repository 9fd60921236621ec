"""A source that cannot be read concerns its own product, in a plan and in a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, Source, lay_out, mesh_files
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.run import plan_run
from weft.app.system import System
from weft.app.validate import validate
from weft.mesh.diagnostic import Severity
from weft.plan.plan import Plan


def files(name: str = "a.csv") -> dict[str, bytes]:
    """Two products, each on a file of its own, and one that reads the first."""
    columns = {"id": "integer"}
    products = [
        Product(
            f"shop.{place}",
            {place: f"SELECT id FROM feed_{place}"},
            (Port(place, columns),),
            sources=(Source(f"feed_{place}", path, columns),),
        )
        for place, path in (("one", name), ("two", "b.csv"))
    ]
    reader = Product(
        "shop.sum",
        {"sum": "SELECT id FROM one"},
        (Port("sum", columns),),
        inputs=("shop.one.one",),
    )
    return mesh_files([*products, reader]) | {"a.csv": b"id\n1\n", "b.csv": b"id\n1\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    apply_files(tmp_path, files())
    (tmp_path / "a.csv").unlink()
    (tmp_path / "b.csv").write_text("id\n2\n")
    return tmp_path


def held(plan: Plan) -> dict[str, str]:
    return {each.product: each.cause for each in plan.held}


NO_FILE = "source feed_one: no file matches a.csv in the mesh's folder"


@pytest.mark.parametrize("kind", ["apply", "run"])
def test_a_missing_file_stops_its_own_product(folder: Path, kind: str) -> None:
    with opened(folder, "", System()) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan if kind == "apply" else plan_run(mesh).plan
        assert held(plan) == {"shop.one": NO_FILE, "shop.sum": "waits for shop.one"}
        assert {step.product for step in plan.steps} == {"shop.two"}
        assert "shop.two done" in {each.text for each in apply_plan(mesh, plan, ApplyOptions())}


def test_a_file_that_is_a_folder_inside_a_pattern_is_no_file(folder: Path) -> None:
    (folder / "a.csv").mkdir()
    with opened(folder, "", System()) as mesh:
        assert held(make_plan(mesh, PlanOptions()).plan)["shop.one"] == NO_FILE


def test_a_variable_that_is_not_set_stops_its_own_product(tmp_path: Path) -> None:
    apply_files(tmp_path, files("${PLACE}/a.csv"), System(variables={}))
    with opened(tmp_path, "", System(variables={})) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
    assert held(plan)["shop.one"] == (
        "source feed_one: its path needs the variable PLACE, which is not set"
    )
    assert plan.empty


def test_a_variable_that_is_not_set_is_told_with_its_place_each_time(tmp_path: Path) -> None:
    pattern = "data/${PLACE}/${PLACE}-${PART:-1}.csv"
    lay_out(tmp_path, files(pattern))
    for _ in ("read", "remembered"):
        [told] = validate(tmp_path, System(variables={})).loaded.diagnostics
        assert (told.code, told.severity) == ("W140", Severity.WARNING)
        assert told.message == "the environment variable PLACE is not set"
        assert told.note == "set it, or write a default: `${PLACE:-value}`"
        assert told.span is not None
        assert told.span.file == "domains/shop/one/sources/feed_one.odcs.yaml"
        start = told.span.column - 1
        assert pattern in told.excerpt[start : start + told.span.length]
    set_now = System(variables={"PLACE": "x"})
    assert validate(tmp_path, set_now).loaded.diagnostics == ()
