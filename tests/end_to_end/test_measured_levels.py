"""Service levels on the lake and in a database: measured with each release, judged by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from environment_meshes import Ground
from mesh_files import lay_out
from service_level_meshes import LINES, Clock, level, promising
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened, opened
from weft.app.measuring import measure
from weft.app.plan import PlanOptions, make_plan
from weft.app.refreshing import refresh
from weft.app.rollback import RollbackOptions, plan_rollback, roll_back
from weft.app.run import RunPlan, plan_run
from weft.app.status import status
from weft.contract.attainment import Attainment, LevelState
from weft.mesh.run import RunState

KEPT, BROKEN, UNKNOWN = LevelState.KEPT, LevelState.BROKEN, LevelState.UNKNOWN
SOLD = "lines.sold_at"
LEVELS = (
    level("latency", 24, "h", SOLD),
    level("frequency", 1, "d"),
    level("timeOfAvailability", "06:00"),
    level("availability", 99, "percent"),
    level("completeness", 90, "percent"),
    level("retention", 30, "d", SOLD),
    level("errorRate", 10, "percent"),
    level("endOfSupport", "2026-12-31"),
    level("throughput", 5, "rows"),
)


@contextmanager
def here(folder: Path, clock: Clock) -> Iterator[Opened]:
    with opened(folder, "", clock.system) as mesh:
        yield mesh


def run(folder: Path, clock: Clock, *, everything: bool = False) -> RunPlan:
    with here(folder, clock) as mesh:
        planned = plan_run(mesh, everything=everything)
        for _ in refresh(mesh, planned):
            pass
        return planned


def stands(folder: Path, clock: Clock, *, fresh: bool = False) -> dict[str, Attainment]:
    with here(folder, clock) as mesh:
        return {each.level.property: each for each in status(mesh, LINES, fresh=fresh)}


def test_every_level_of_a_release_is_measured(tmp_path: Path, ground: Ground) -> None:
    clock = Clock()
    rows = ["1,2026-11-20T11:00:00", "2,2026-11-18T12:00:00", ",2026-11-19T12:00:00"]
    apply_files(tmp_path, promising(LEVELS, rows=rows, ground=ground), clock.system)
    found = stands(tmp_path, clock)
    assert {name: (each.state, each.found) for name, each in found.items()} == {
        "latency": (KEPT, "1 h old"),
        "frequency": (KEPT, "refreshed 0 s ago"),
        "timeOfAvailability": (UNKNOWN, "counts from the next 06:00 on"),
        "availability": (KEPT, "answered 0 s ago"),
        "completeness": (KEPT, "3 rows"),
        "retention": (KEPT, "oldest row 2 d old"),
        "errorRate": (BROKEN, "33.3334% of the rows fail"),
        "endOfSupport": (KEPT, "41 d 12 h left"),
        "throughput": (LevelState.UNMEASURABLE, "Weft does not carry the reads of others"),
    }


def test_data_grows_old_without_being_looked_at(tmp_path: Path, ground: Ground) -> None:
    clock = Clock()
    apply_files(tmp_path, promising(LEVELS, ground=ground), clock.system)
    clock.go_on(hours=22)
    assert stands(tmp_path, clock)["latency"].state is KEPT
    clock.go_on(hours=1, minutes=30)
    found = stands(tmp_path, clock)
    assert (found["latency"].state, found["latency"].found) == (BROKEN, "1 d old")
    assert found["frequency"].state is KEPT
    week = found["latency"].budgets[0]
    assert week.met == pytest.approx(23 / 23.5)
    assert week.known == pytest.approx(23.5 / 24 / 7)


def test_a_release_with_few_rows_and_lost_ones_is_noticed(tmp_path: Path, ground: Ground) -> None:
    clock = Clock()
    rows = [f"{number},2026-11-{number:02}T11:00:00" for number in range(1, 21)]
    apply_files(tmp_path, promising(LEVELS, rows=rows, ground=ground), clock.system)
    clock.go_on(hours=1)
    lay_out(tmp_path, promising(LEVELS, rows=rows[10:], ground=ground))
    run(tmp_path, clock)
    found = stands(tmp_path, clock)
    assert found["completeness"].state is BROKEN
    assert found["completeness"].found == "10 rows, 50.0% of the usual"
    assert found["retention"].state is BROKEN


def test_a_port_that_does_not_answer_is_noticed(
    tmp_path: Path, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    apply_files(tmp_path, promising(LEVELS, ground=ground), clock.system)
    clock.go_on(minutes=10)
    if ground.is_lake:
        for each in (tmp_path / ".weft/lake/files").iterdir():
            each.unlink()
    else:
        lay_out(tmp_path, promising(LEVELS, ground=without(ground)))
    found = stands(tmp_path, clock, fresh=True)
    clock.go_on(minutes=1)
    found = stands(tmp_path, clock)
    assert found["availability"].state is BROKEN
    assert found["availability"].found


def test_a_port_answers_whoever_is_built_from_it(tmp_path: Path, ground: Ground) -> None:
    clock = Clock()
    apply_files(tmp_path, promising(LEVELS, ground=ground), clock.system)
    clock.go_on(hours=5)
    assert stands(tmp_path, clock)["availability"].found == "answered 5 h ago"
    apply_files(tmp_path, promising(LEVELS, ground=ground, total="max(id)"), clock.system)
    found = stands(tmp_path, clock)
    assert (found["availability"].state, found["availability"].found) == (KEPT, "answered 0 s ago")
    # Nothing else of it was looked at.
    assert found["frequency"].found == "refreshed 5 h ago"


def test_a_build_that_fails_by_itself_says_nothing_against_what_it_reads(
    tmp_path: Path, ground: Ground
) -> None:
    clock = Clock()
    apply_files(tmp_path, promising(LEVELS, ground=ground), clock.system)
    clock.go_on(hours=5)
    wrong = "CAST('x' || CAST(count(*) AS VARCHAR) AS BIGINT)"
    apply_files(tmp_path, promising(LEVELS, ground=ground, total=wrong), clock.system)
    with here(tmp_path, clock) as mesh:
        assert mesh.store.journal.runs("prod", 1)[0].state is RunState.FAILED
    assert stands(tmp_path, clock)["availability"].found == "answered 0 s ago"


def test_a_build_that_cannot_read_a_port_finds_it_unavailable(tmp_path: Path) -> None:
    clock = Clock()
    apply_files(tmp_path, promising(LEVELS), clock.system)
    clock.go_on(hours=5)
    lay_out(tmp_path, promising(LEVELS, total="max(id)"))
    with here(tmp_path, clock) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
        for each in (tmp_path / ".weft/lake/files").iterdir():
            each.unlink()
        for _ in apply_plan(mesh, plan, ApplyOptions()):
            pass
        assert mesh.store.journal.runs("prod", 1)[0].state is RunState.FAILED
    found = stands(tmp_path, clock)
    clock.go_on(minutes=1)
    found = stands(tmp_path, clock)
    assert found["availability"].state is BROKEN
    assert "missing or damaged" in found["availability"].found


def test_a_promise_counts_as_it_was_made_at_the_time(tmp_path: Path) -> None:
    clock = Clock()
    apply_files(tmp_path, promising([level("frequency", 1, "d")]), clock.system)
    clock.go_on(hours=20)
    hourly = promising([level("frequency", 1, "h")])
    for path in ("lines.v1.odcs.yaml", "product.yaml"):
        file = f"domains/shop/lines/{path}"
        hourly[file] = hourly[file].replace(b'"1.0.0"', b'"1.1.0"')
    apply_files(tmp_path, hourly, clock.system)
    clock.go_on(hours=4)
    found = stands(tmp_path, clock)["frequency"]
    # It was kept for 20 hours as it was then, and for one of four as it is now.
    assert found.state is BROKEN
    assert found.budgets[1].met == pytest.approx(21 / 24)


def without(ground: Ground) -> Ground:
    """The same database, at a port where no server listens."""
    return Ground(ground.mesh, {**ground.options, "port": 1})


def test_measuring_twice_says_the_same(tmp_path: Path, ground: Ground) -> None:
    clock = Clock()
    apply_files(tmp_path, promising(LEVELS, ground=ground), clock.system)
    with here(tmp_path, clock) as mesh:
        before = mesh.store.measurements.since("prod", [LINES], "")
        heard: list[tuple[int, int]] = []
        again = measure(mesh, [LINES], told=lambda *how_many: heard.append(how_many))
        after = mesh.store.measurements.since("prod", [LINES], "")
    assert before == after
    assert heard == [(1, 1)]
    # Data that was looked at is not looked at again.
    assert {each.level for each in again}.isdisjoint({"completeness", f"latency of {SOLD}"})


def test_going_back_shows_data_as_old_as_it_was(tmp_path: Path, ground: Ground) -> None:
    clock = Clock()
    apply_files(tmp_path, promising(LEVELS, ground=ground), clock.system)
    clock.go_on(hours=10)
    newer = promising(LEVELS, rows=["1,2026-11-20T21:00:00"], ground=ground)
    lay_out(tmp_path, newer)
    run(tmp_path, clock)
    clock.go_on(hours=1)
    assert stands(tmp_path, clock)["frequency"].found == "refreshed 1 h ago"
    with here(tmp_path, clock) as mesh:
        back(mesh)
    clock.go_on(minutes=1)
    found = stands(tmp_path, clock)
    assert found["latency"].found == "12 h 1 min old"
    assert found["frequency"].found == "refreshed 11 h 1 min ago"


def back(mesh: Opened) -> None:
    planned = plan_rollback(mesh, RollbackOptions(LINES, reason="wrong"))
    for _ in roll_back(mesh, planned, "wrong"):
        pass


def test_another_environment_measures_for_itself(tmp_path: Path, ground: Ground) -> None:
    clock = Clock()
    apply_files(tmp_path, promising(LEVELS, ground=ground), clock.system)
    with opened(tmp_path, "dev", clock.system) as mesh:
        assert status(mesh) == ()


def test_what_lies_in_a_warehouse_of_others_is_left_to_them(tmp_path: Path) -> None:
    clock = Clock()
    files = promising(LEVELS)
    apply_files(tmp_path, files, clock.system)
    with here(tmp_path, clock) as mesh:
        away = replace(mesh, settings=replace(mesh.settings, warehouses={}))
        before = mesh.store.measurements.since("prod", [LINES], "")
        clock.go_on(hours=1)
        assert measure(away, [LINES]) == ()
        assert mesh.store.measurements.since("prod", [LINES], "") == before
