"""A lake that somebody's hands were in: it is noticed, named, and made whole by an apply."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from arro3.core import RecordBatchReader

from applying import apply_files
from damaging import cut, flip, rot
from mesh_files import Port, Product, mesh_files
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import opened
from weft.app.doctor import examine_machine
from weft.app.drift import look
from weft.app.errors import Exit, Usage, WrongQuery, rating
from weft.app.finding import Finding, State
from weft.app.plan import PlanOptions, make_plan
from weft.app.query import query
from weft.app.rollback import RollbackOptions, plan_rollback
from weft.app.serving import unserved
from weft.app.system import System
from weft.mesh.run import StepState
from weft.plan.plan import Plan, StepKind
from weft.warehouses.protocol import WarehouseError


def files(number: int) -> dict[str, bytes]:
    """A table, and a view on it that is published."""
    product = Product(
        "a.b",
        {
            "base": f"SELECT {number} AS n",
            "shown": "-- materialized: view\nSELECT n FROM base",
        },
        (Port("shown", {"n": "integer"}, required=("n",)),),
    )
    return mesh_files([product])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "mesh"
    place.mkdir()
    apply_files(place, files(1))
    return place


def planned(folder: Path) -> Plan:
    with opened(folder, "", System()) as mesh:
        return make_plan(mesh, PlanOptions()).plan


def hidden(folder: Path) -> tuple[str, ...]:
    with opened(folder, "", System()) as mesh:
        make_plan(mesh, PlanOptions())
        return unserved(mesh)


def findings(folder: Path, name: str) -> list[Finding]:
    return [each for each in examine_machine(folder, "", System()) if each.name == name]


def data_files(folder: Path) -> list[Path]:
    return sorted((folder / ".weft/lake/files").iterdir(), key=lambda path: path.stat().st_mtime_ns)


def shown(folder: Path) -> list[tuple[int]]:
    with duckdb.connect(str(folder / ".weft/lake/ports.duckdb"), read_only=True) as ports:
        return ports.execute("SELECT n FROM a__b.shown").fetchall()


@pytest.mark.parametrize("damage", [Path.unlink, cut, flip])
def test_lost_data_is_built_and_checked_again(folder: Path, damage: Callable[[Path], None]) -> None:
    assert planned(folder).empty
    damage(data_files(folder)[0])
    plan = planned(folder)
    assert [(each.name, each.effect) for each in plan.changes] == [
        ("base", "its data is gone or damaged, built again")
    ]
    # The view is as it was, but what it shows is not known to be.
    assert [(step.kind, step.target) for step in plan.steps] == [
        (StepKind.BUILD, "base"),
        (StepKind.AUDIT, "shown@1.shown"),
    ]
    [found] = findings(folder, "data")
    assert (found.state, found.detail) == (
        State.FAIL,
        "release 1 of a.b in prod is current and has lost data",
    )
    apply_files(folder)
    assert planned(folder).empty
    assert shown(folder) == [(1,)]
    assert findings(folder, "data")[0].state is State.OK


def asked(folder: Path) -> None:
    with (
        opened(folder, "", System()) as mesh,
        query(mesh, "SELECT sum(n) AS n FROM a.b.shown") as answer,
    ):
        RecordBatchReader.from_stream(answer.rows).read_all()


def examined(folder: Path) -> None:
    assert findings(folder, "data")[0].state is State.FAIL


@pytest.mark.parametrize("look", [asked, examined])
def test_who_reads_rotten_data_names_it_and_the_next_apply_heals_it(
    folder: Path, look: Callable[[Path], None]
) -> None:
    [data] = data_files(folder)
    data.write_bytes(data.read_bytes())
    assert planned(folder).empty
    rot(data)
    assert planned(folder).empty
    if look is asked:
        with pytest.raises(WarehouseError, match=r"a\.b\.shown: its data .*`weft apply`") as told:
            look(folder)
        assert rating(told.value)[0] is Exit.UNREACHABLE
    else:
        look(folder)
    assert [step.target for step in planned(folder).steps] == ["base", "shown@1.shown"]
    apply_files(folder)
    assert planned(folder).empty
    asked(folder)
    assert shown(folder) == [(1,)]


def changed(folder: Path, **models: str) -> None:
    """Give models of the product another text."""
    for name, text in models.items():
        (folder / f"domains/a/b/models/{name}.sql").write_text(text)


def failures(folder: Path) -> list[str]:
    with opened(folder, "", System()) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
        results = [event.result for event in apply_plan(mesh, plan, ApplyOptions())]
    return [each.message for each in results if each and each.state is StepState.FAILED]


@pytest.mark.parametrize(
    "texts",
    [
        {"more": "SELECT n + 1 AS n FROM base"},
        {"more": "SELECT n + 1 AS n FROM shown"},
        {"shown": "-- materialized: view\nSELECT n * 1 AS n FROM base"},
    ],
    ids=["build", "build over a view", "audit"],
)
def test_a_step_that_reads_rotten_data_names_it_and_the_next_apply_heals_it(
    folder: Path, texts: dict[str, str]
) -> None:
    [data] = data_files(folder)
    changed(folder, **texts)
    rot(data)
    assert failures(folder) == [
        "the data of a.b.base is damaged in the lake; "
        "run `weft apply`, which builds it again or says what to do first"
    ]
    assert failures(folder) == []
    assert planned(folder).empty
    assert shown(folder) == [(1,)]


def test_a_wrong_query_is_not_taken_for_damage(folder: Path) -> None:
    with (
        pytest.raises(WrongQuery),
        opened(folder, "", System()) as mesh,
        query(mesh, "SELECT error('no') AS n FROM a.b.shown") as answer,
    ):
        RecordBatchReader.from_stream(answer.rows).read_all()


def test_a_copied_lake_is_looked_through_once(folder: Path) -> None:
    [data] = data_files(folder)
    manifests = folder / ".weft/lake/builds"
    os.utime(data)
    assert planned(folder).empty
    newest = max(path.stat().st_mtime_ns for path in manifests.iterdir())
    assert newest >= data.stat().st_mtime_ns


def test_a_rebuild_needs_nothing_of_what_was_there(folder: Path) -> None:
    rot(data_files(folder)[0])
    with opened(folder, "", System()) as mesh:
        plan = make_plan(mesh, PlanOptions(("a.b",), rebuild=True)).plan
        assert {event.text for event in apply_plan(mesh, plan, ApplyOptions())} >= {"a.b done"}
    asked(folder)
    assert shown(folder) == [(1,)]


def test_a_kept_release_that_lost_data_cannot_be_gone_back_to(folder: Path) -> None:
    apply_files(folder, files(2))
    data_files(folder)[0].unlink()
    assert planned(folder).empty
    [found] = findings(folder, "data")
    assert (found.state, found.detail) == (
        State.WARN,
        "release 1 of a.b in prod has lost data, nobody can roll back to it",
    )
    with (
        opened(folder, "", System()) as mesh,
        pytest.raises(Usage, match=r"release 1 of a\.b has lost data"),
    ):
        plan_rollback(mesh, RollbackOptions("a.b", 1))


def delete(path: Path) -> None:
    path.unlink()


def spoil(path: Path) -> None:
    path.write_bytes(b"no database")


def exchange(path: Path) -> None:
    path.unlink()
    duckdb.connect(str(path)).close()


@pytest.mark.parametrize("damage", [delete, spoil, exchange])
def test_what_other_programs_open_is_renewed_under_an_empty_plan(
    folder: Path, damage: Callable[[Path], None]
) -> None:
    assert hidden(folder) == ()
    damage(folder / ".weft/lake/ports.duckdb")
    assert hidden(folder) == ("lake",)
    assert findings(folder, "shown ports")[0].state is State.WARN
    assert planned(folder).empty
    apply_files(folder)
    assert hidden(folder) == ()
    assert shown(folder) == [(1,)]


@pytest.mark.parametrize("copied", [shutil.copytree, shutil.move])
def test_a_mesh_in_another_folder_shows_its_own_data(
    folder: Path, tmp_path: Path, copied: Callable[[Path, Path], object]
) -> None:
    copied(folder, tmp_path / "other")
    assert hidden(tmp_path / "other") == ("lake",)
    apply_files(tmp_path / "other")
    shutil.rmtree(folder, ignore_errors=True)
    assert shown(tmp_path / "other") == [(1,)]
    assert hidden(tmp_path / "other") == ()


def test_an_apply_that_has_nothing_to_show_begins_no_run(folder: Path) -> None:
    apply_files(folder)
    with opened(folder, "", System()) as mesh:
        assert len(mesh.store.journal.runs()) == 1


def test_no_number_of_a_release_is_given_twice_after_the_lake_was_lost(folder: Path) -> None:
    apply_files(folder, files(2))
    shutil.rmtree(folder / ".weft/lake")
    for number in (2, 3):
        apply_files(folder, files(number))
        assert shown(folder) == [(number,)]
        assert planned(folder).empty
        with opened(folder, "", System()) as mesh:
            assert look(mesh).found == ()
    with opened(folder, "", System()) as mesh:
        releases = mesh.store.journal.releases("prod", "a.b")
    assert [each.number for each in releases] == [4, 3, 2, 1]


def rotten_files(folder: Path) -> None:
    """Two tables of two products, both damaged so that they look as before."""
    files = mesh_files(
        [
            Product(f"a.{name}", {"t": "SELECT 1 AS n"}, (Port("t", {"n": "integer"}),))
            for name in ("first", "second")
        ]
    )
    apply_files(folder, files)
    for path in data_files(folder):
        rot(path)


def built(plan: Plan) -> set[str]:
    return {step.product for step in plan.steps if step.kind is StepKind.BUILD}


def test_where_one_file_is_rotten_all_are_looked_into(tmp_path: Path) -> None:
    rotten_files(tmp_path)
    assert planned(tmp_path).empty
    with (
        opened(tmp_path, "", System()) as mesh,
        pytest.raises(WarehouseError, match="damaged"),
        query(mesh, "SELECT n FROM a.first.t") as answer,
    ):
        RecordBatchReader.from_stream(answer.rows).read_all()
    assert built(planned(tmp_path)) == {"a.first", "a.second"}
    apply_files(tmp_path)
    assert planned(tmp_path).empty


def test_what_cannot_be_shown_for_rot_names_it_and_the_next_plan_knows(tmp_path: Path) -> None:
    rotten_files(tmp_path)
    for path in data_files(tmp_path):
        before = path.stat()
        path.write_bytes(bytes(before.st_size))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    (tmp_path / ".weft/lake/ports.duckdb").unlink()
    with opened(tmp_path, "", System()) as mesh:
        events = list(apply_plan(mesh, make_plan(mesh, PlanOptions()).plan, ApplyOptions()))
        assert [each.text for each in events if each.kind == "warning"] == [
            "the data of a.first.t, a.second.t is damaged in the lake; "
            "run `weft apply`, which builds it again or says what to do first"
        ]
        assert built(make_plan(mesh, PlanOptions()).plan) == {"a.first", "a.second"}
