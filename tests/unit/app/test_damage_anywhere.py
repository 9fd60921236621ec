"""Whatever file of a build is lost or damaged, one apply makes what is published whole again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import pytest

from applying import apply_files
from damaging import cut, flip
from mesh_files import Port, Product, Source, mesh_files
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened, opened
from weft.app.doctor import examine_machine
from weft.app.finding import State
from weft.app.plan import PlanOptions, make_plan
from weft.app.rollback import RollbackOptions, lift_hold, plan_rollback, roll_back
from weft.app.system import System
from weft.mesh.run import StepState
from weft.plan.keys import KEY_LENGTH
from weft.plan.plan import Plan
from weft.warehouses.protocol import Scope

NUMBERS = "data/numbers.csv"
VIEW = "-- materialized: view\n"
INTEGER = {"n": "integer"}

MAKER = Product(
    "a.maker",
    {
        "base": "SELECT n FROM numbers",
        "middle": f"{VIEW}SELECT n FROM base",
        "shown": f"{VIEW}SELECT n FROM middle",
        "kept": "SELECT n + 10 AS n FROM middle",
    },
    (Port("shown", INTEGER, required=("n",)), Port("kept", INTEGER, required=("n",))),
    sources=(Source("numbers", NUMBERS, INTEGER),),
)
READER = Product(
    "b.reader",
    {
        "added": "SELECT a.n + k.n AS n FROM shown AS a CROSS JOIN kept AS k",
        "again": f"{VIEW}SELECT n FROM added",
    },
    (Port("again", INTEGER, required=("n",)),),
    inputs=("a.maker.shown", "a.maker.kept"),
)
READS = "domains/b/reader/models/added.sql"
SHOWN = ("a__maker.shown", "a__maker.kept", "b__reader.again")


def feed(folder: Path, number: int) -> None:
    (folder / NUMBERS).write_text(f"n\n{number}\n")


def rows(folder: Path) -> list[int]:
    with duckdb.connect(str(folder / ".weft/lake/ports.duckdb"), read_only=True) as ports:
        found = [ports.execute(f"SELECT n FROM {each}").fetchall() for each in SHOWN]
    return [number for [[number]] in found]


def rows_of(number: int) -> list[int]:
    return [number, number + 10, 2 * number + 10]


def apply_once(mesh: Opened) -> Plan:
    """Apply, let no step fail, and return the plan that is left."""
    plan = make_plan(mesh, PlanOptions()).plan
    for event in apply_plan(mesh, plan, ApplyOptions()):
        assert event.result is None or event.result.state is not StepState.FAILED, event.result
    return make_plan(mesh, PlanOptions()).plan


def apply_again(folder: Path) -> Plan:
    with opened(folder, "", System()) as mesh:
        return apply_once(mesh)


def build_files(folder: Path) -> list[Path]:
    lake = folder / ".weft/lake"
    return sorted([*(lake / "files").iterdir(), *(lake / "builds").iterdir()])


def data_files(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.suffix == ".parquet"]


def data_of(folder: Path, model: str) -> Path:
    manifests = [path for path in build_files(folder) if path.suffix == ".json"]
    builds = [json.loads(path.read_bytes()) for path in manifests]
    [data] = next(each["files"] for each in builds if each["model"] == model)
    return folder / ".weft/lake" / data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    apply_files(tmp_path, {**mesh_files([MAKER, READER]), NUMBERS: b"n\n1\n"})
    return tmp_path


@pytest.mark.parametrize("damage", [Path.unlink, cut, flip])
def test_the_data_of_every_table_can_be_lost(folder: Path, damage: Callable[[Path], None]) -> None:
    keys = [path.name[:KEY_LENGTH] for path in data_files(build_files(folder))]
    assert len(keys) == 3
    for key in keys:
        [path] = [each for each in data_files(build_files(folder)) if each.name.startswith(key)]
        damage(path)
        assert apply_again(folder).empty
        assert rows(folder) == rows_of(1)


def test_the_manifest_of_every_build_can_be_lost(folder: Path) -> None:
    manifests = [path for path in build_files(folder) if path.suffix == ".json"]
    assert len(manifests) == 6
    for path in manifests:
        path.unlink()
        assert apply_again(folder).empty
        assert rows(folder) == rows_of(1)


def test_all_files_can_be_lost_at_once(folder: Path) -> None:
    for path in data_files(build_files(folder)):
        path.unlink()
    assert apply_again(folder).empty
    assert rows(folder) == rows_of(1)


@pytest.mark.parametrize("model", ["base", "kept"])
def test_who_reads_what_production_lost_waits_for_it(folder: Path, model: str) -> None:
    (folder / READS).write_text("SELECT k.n FROM shown AS a CROSS JOIN kept AS k")
    data_of(folder, model).unlink()
    with opened(folder, "dev", System()) as mesh:
        plan = make_plan(mesh, PlanOptions(("b.reader",))).plan
    assert [(each.product, each.cause) for each in plan.held] == [
        ("b.reader", "waits for a.maker, whose data is lost: apply a.maker first")
    ]
    assert plan.steps == ()


@pytest.fixture
def held(folder: Path) -> Path:
    """The maker was rolled back to its release 1; its newer data waits for the hold to end."""
    feed(folder, 2)
    assert apply_again(folder).empty
    with opened(folder, "", System()) as mesh:
        ready = plan_rollback(mesh, RollbackOptions("a.maker", 1))
        for _ in roll_back(mesh, ready, "wrong numbers"):
            pass
        assert apply_once(mesh).empty
    assert rows(folder) == rows_of(1)
    return folder


def released_files(folder: Path) -> set[Path]:
    """The manifests and data of all builds behind what is shown now."""
    with opened(folder, "", System()) as mesh:
        scope = Scope("prod", ("a.maker", "b.reader"))
        releases = mesh.warehouse("lake").observe(scope).releases
    keys = {key for each in releases.values() for key in each.keys}
    return {path for path in build_files(folder) if path.name[:KEY_LENGTH] in keys}


def test_every_file_that_waits_for_a_hold_can_be_lost(held: Path) -> None:
    waiting = set(build_files(held)) - released_files(held)
    assert {path.suffix for path in waiting} == {".json", ".parquet"}
    for path in sorted(waiting, key=lambda path: path.suffix, reverse=True):
        path.unlink()
        assert apply_again(held).empty
        assert rows(held) == rows_of(1)
    with opened(held, "", System()) as mesh:
        lift_hold(mesh, "a.maker")
        assert apply_once(mesh).empty
    assert rows(held) == rows_of(2)


def test_what_a_hold_shows_and_nothing_can_build_again_is_said(held: Path) -> None:
    for path in data_files(released_files(held)):
        path.unlink()
    with opened(held, "", System()) as mesh:
        left = apply_once(mesh)
    assert left.empty
    assert [(each.product, each.lost, each.by_person) for each in left.held] == [
        ("a.maker", True, True),
        ("b.reader", True, False),
    ]
    assert left.held[1].cause == "waits for a.maker, whose data is lost"
    fixes = {
        (each.fix, each.environment)
        for each in examine_machine(held, "", System())
        if each.name == "data" and each.state is State.FAIL
    }
    assert fixes == {("weft apply, which builds it again or says what to do first", "prod")}
    with opened(held, "", System()) as mesh:
        lift_hold(mesh, "a.maker")
        assert apply_once(mesh).empty
    assert rows(held) == rows_of(2)
