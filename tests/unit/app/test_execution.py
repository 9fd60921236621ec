"""Steps along their graph: order, holds, skips under one cause, and stopping."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import pytest

from weft.app.execution import Execution, Stalled
from weft.app.recording import state_of
from weft.mesh.check import CheckResult, Verdict
from weft.mesh.contract import Status
from weft.mesh.release import PortRelease, Release
from weft.mesh.run import StepResult, StepState
from weft.plan.plan import Plan, Preview, Step, StepKind
from weft.warehouses.protocol import Bound, Outcome, WarehouseError

BAD = Outcome(checks=(CheckResult("c", "a check", Verdict.FAIL),))


@dataclass
class Recorder:
    """A warehouse that does what it is told to for a step, and remembers their order."""

    does: dict[str, Callable[[], Outcome]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    moved: list[Step] = field(default_factory=list)
    cancelled: bool = False

    dialect: str = "duckdb"

    def run(self, step: Step, bound: Bound) -> Outcome:
        self.done.append(step.id)
        self.moved += [step] if step.kind is StepKind.PUBLISH else []
        return self.does.get(step.id, Outcome)()

    def cancel(self) -> None:
        self.cancelled = True


def step(name: str, *needs: str, kind: StepKind = StepKind.BUILD, product: str = "") -> Step:
    return Step(name, kind, product or name.partition("/")[0], "lake", name, needs)


def execution(steps: Iterable[Step], lake: Recorder, workers: int = 1) -> Execution:
    plan = Plan("id", "mesh", "root", "prod", steps=tuple(steps))
    bound = {each.product: Bound("run", 1, "now", {}) for each in plan.steps}
    return Execution(plan, {"lake": lake}, bound, workers, lambda: 0.0)  # type: ignore[dict-item]


def ended(steps: Iterable[Step], lake: Recorder, workers: int = 1) -> dict[str, StepResult]:
    return {each.step: each for each in execution(steps, lake, workers).results()}


def fails(message: str = "broken", **how: bool) -> Callable[[], Outcome]:
    def act() -> Outcome:
        raise WarehouseError(message, **how)

    return act


CHAIN = (
    step("a/build"),
    step("a/audit", "a/build", kind=StepKind.AUDIT),
    step("a/publish", "a/build", "a/audit", kind=StepKind.PUBLISH),
    step("b/build", "a/publish"),
    step("b/publish", "b/build", kind=StepKind.PUBLISH),
    step("c/build"),
)


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_every_step_runs_after_what_it_needs(workers: int) -> None:
    lake = Recorder()
    states = {each.state for each in ended(CHAIN, lake, workers).values()}
    assert states == {StepState.DONE}
    assert sorted(lake.done) == sorted(each.id for each in CHAIN)
    for each in CHAIN:
        assert all(lake.done.index(need) < lake.done.index(each.id) for need in each.needs)


def test_what_could_run_at_once_runs_in_the_order_of_the_plan() -> None:
    lake = Recorder()
    names = [f"p{number}" for number in range(20)]
    ended([step(name) for name in names], lake)
    assert lake.done == names


def test_two_run_at_once() -> None:
    meet = threading.Barrier(2, timeout=10)

    def both() -> Outcome:
        meet.wait()
        return Outcome()

    lake = Recorder({"x": both, "y": both})
    assert {each.state for each in ended([step("x"), step("y")], lake, 2).values()} == {
        StepState.DONE
    }


def test_a_failed_check_holds_the_product_and_skips_who_reads_it() -> None:
    lake = Recorder({"a/audit": lambda: BAD})
    found = ended(CHAIN, lake)
    assert found["a/publish"].state is StepState.HELD
    assert found["b/build"].state is StepState.SKIPPED
    assert found["b/build"].cause == found["b/publish"].cause == "a"
    assert found["c/build"].state is StepState.DONE
    assert set(lake.done) == {"a/build", "a/audit", "c/build"}


def test_a_failed_check_of_a_preview_leaves_only_that_as_it_was() -> None:
    old, new, good = (PortRelease("p", 2, each, Status.DRAFT, ()) for each in ("old", "new", "1"))
    released = Release("a", "prod", 2, (replace(good, major=1), new), {"m1": "x", "m2": "bad"})
    preview = Preview("p@2", ("a/preview",), ("m2",), old, {"m2": "good"})
    steps = (
        step("a/audit", kind=StepKind.AUDIT),
        replace(step("a/preview", kind=StepKind.AUDIT), only_of=("p@2",)),
        replace(
            step("a/publish", "a/audit", "a/preview", kind=StepKind.PUBLISH),
            release=released,
            previews=(preview,),
        ),
        step("b/build", "a/publish"),
        step("b/publish", "b/build", "a/preview", kind=StepKind.PUBLISH),
    )
    lake = Recorder({"a/preview": lambda: BAD})
    found = ended(steps, lake)
    [shown] = [each.release for each in lake.moved if each.release]
    assert shown.ports == (replace(good, major=1), old)
    assert shown.builds == {"m1": "x", "m2": "good"}
    assert state_of([each for each in found.values() if each.product == "a"]) is StepState.DONE
    assert (found["b/publish"].state, found["b/publish"].cause) == (StepState.SKIPPED, "a")

    lake = Recorder({"a/audit": lambda: BAD})
    assert ended(steps, lake)["a/publish"].state is StepState.HELD
    lake = Recorder()
    ended(steps, lake)
    assert lake.moved[0].release == released


OLD = PortRelease("p", 2, "old", Status.DRAFT, ())
ONE = PortRelease("p", 1, "1", Status.ACTIVE, ())
DRAFTED = (
    step("a/build/one"),
    replace(step("a/build/two"), only_of=("p@2",)),
    replace(step("a/audit/two", "a/build/two", kind=StepKind.AUDIT), only_of=("p@2",)),
    step("a/expected/two", "a/build/two", kind=StepKind.AUDIT),
    replace(
        step("a/publish", "a/build/one", "a/build/two", "a/audit/two", kind=StepKind.PUBLISH),
        release=Release("a", "prod", 2, (ONE, replace(OLD, version="new")), {"1": "x", "2": "y"}),
        previews=(Preview("p@2", ("a/build/two", "a/audit/two"), ("2",), OLD, {"2": "was"}),),
    ),
    step("one/build", "a/publish"),
    step("two/build", "a/build/two", "a/publish"),
    step("two/publish", "two/build", kind=StepKind.PUBLISH),
)
"""A product with a version that is not released, and two that read it: one reads that version."""


@pytest.mark.parametrize("workers", [1, 4])
def test_what_fails_of_a_preview_leaves_only_that_as_it_was(workers: int) -> None:
    lake = Recorder({"a/build/two": fails("division by zero")})
    found = ended(DRAFTED, lake, workers)
    [shown] = [each.release for each in lake.moved if each.release]
    assert (shown.ports, shown.builds) == ((ONE, OLD), {"1": "x", "2": "was"})
    failed = found["a/build/two"]
    assert (failed.state, failed.message) == (StepState.FAILED, "division by zero")
    assert {name for name, each in found.items() if each.only_of} == {
        "a/build/two",
        "a/audit/two",
        "a/expected/two",
    }
    skipped = {name: each.cause for name, each in found.items() if each.state is StepState.SKIPPED}
    assert skipped == {
        "a/audit/two": "a/build/two",
        "a/expected/two": "a/build/two",
        "two/build": "a",
        "two/publish": "a",
    }
    assert found["one/build"].state is StepState.DONE
    own = [each for each in found.values() if each.product == "a"]
    assert state_of(own) is StepState.FAILED
    assert state_of([each for each in own if not each.only_of]) is StepState.DONE


def test_an_audit_of_a_preview_that_cannot_run_keeps_it_back() -> None:
    lake = Recorder({"a/audit/two": fails("no such function")})
    found = ended(DRAFTED, lake)
    [shown] = [each.release for each in lake.moved if each.release]
    assert shown.ports == (ONE, OLD)
    assert found["a/audit/two"].only_of == ("p@2",)


@pytest.mark.parametrize("how", ["transient", "interrupted", "denied", "unwritable"])
def test_what_fails_by_the_outside_fails_the_whole_product(how: str) -> None:
    lake = Recorder({"a/build/two": fails("the server went away", **{how: True})})
    found = ended(DRAFTED, lake)
    assert lake.moved == []
    assert found["a/publish"].state is StepState.SKIPPED
    assert not any(each.only_of for each in found.values() if each.state is not StepState.DONE)


def test_a_failed_preview_publishes_nothing_that_checks_hold() -> None:
    bad = step("a/audit/one", kind=StepKind.AUDIT)
    steps = [bad, *DRAFTED]
    steps[5] = replace(DRAFTED[4], needs=("a/audit/one", *DRAFTED[4].needs))
    both = {"a/audit/one": lambda: BAD, "a/build/two": fails()}
    found = ended(steps, Recorder(both))
    assert (found["a/publish"].state, found["one/build"].cause) == (StepState.HELD, "a")
    failed = ended(steps, Recorder({"a/build/one": fails(), "a/build/two": fails()}))
    assert failed["a/publish"].state is StepState.SKIPPED


def test_a_release_for_previews_alone_is_not_made_where_all_are_kept_back() -> None:
    steps = [replace(each, only_of=("p@2",)) if each.release else each for each in DRAFTED]
    lake = Recorder({"a/build/two": fails("division by zero")})
    found = ended(steps, lake)
    assert lake.moved == []
    assert (found["a/publish"].state, found["one/build"].state) == (
        StepState.REUSED,
        StepState.DONE,
    )
    lake = Recorder({"a/audit/two": lambda: BAD})
    assert ended(steps, lake)["a/publish"].state is StepState.REUSED
    lake = Recorder()
    ended(steps, lake)
    assert len(lake.moved) == 2


def test_a_failed_step_skips_only_what_needs_it() -> None:
    lake = Recorder({"a/build": fails("no such thing")})
    found = ended(CHAIN, lake)
    assert (found["a/build"].state, found["a/build"].message) == (
        StepState.FAILED,
        "no such thing",
    )
    assert {found[name].state for name in ("a/audit", "a/publish", "b/build")} == {
        StepState.SKIPPED
    }
    assert found["a/audit"].cause == "a/build" and found["b/build"].cause == "a"
    assert found["c/build"].state is StepState.DONE


def test_where_nothing_can_be_written_the_rest_is_not_tried() -> None:
    full = fails("the disk is full", interrupted=True, unwritable=True)
    names = [f"p{number}" for number in range(20)]
    lake = Recorder(dict.fromkeys(names, full))
    found = ended([*(step(name) for name in names), step("q", "p19")], lake)
    assert len(lake.done) < len(names)
    assert [name for name in found if found[name].state is StepState.FAILED] == ["p0"]
    rest = [each for each in found.values() if each.step != "p0"]
    assert len(rest) == 20
    assert {(each.state, each.cause) for each in rest} == {(StepState.SKIPPED, "p0")}


def test_who_stops_listening_stops_the_work() -> None:
    lake = Recorder()
    results = execution(CHAIN, lake).results()
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert lake.cancelled
    assert "b/build" not in lake.done


def test_what_was_there_already_counts_as_reused() -> None:
    lake = Recorder({"c/build": lambda: Outcome(rows=3, reused=True)})
    found = ended([step("c/build")], lake)["c/build"]
    assert (found.state, found.rows) == (StepState.REUSED, 3)


@dataclass
class Blocking(Recorder):
    """A warehouse that says whom a run waits for, and goes on once it was asked twice."""

    asked: list[str] = field(default_factory=list)
    again: threading.Event = field(default_factory=threading.Event)

    def blocked(self, run: str) -> list[str]:
        self.asked.append(run)
        if len(self.asked) == 1:
            raise WarehouseError("not now")
        if len(self.asked) == 3:
            self.again.set()
        return ["a waits for bob"]


def test_who_is_in_the_way_for_long_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.app.execution._PATIENCE", 0.01)
    lake = Blocking()

    def waits() -> Outcome:
        assert lake.again.wait(10)
        return Outcome()

    lake.does = {"a/publish": waits}
    said = list(execution([step("a/publish")], lake).go_on())
    assert [each.text for each in said if isinstance(each, Stalled)] == ["a waits for bob"]
    assert isinstance(said[-1], StepResult)
    assert set(lake.asked) == {"run"}
