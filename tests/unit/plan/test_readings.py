"""Which ports answered in a run, and on which its steps failed: what copies bring, from where."""

from __future__ import annotations

from weft.mesh.run import StepResult, StepState
from weft.plan.plan import Base, CopySpec, Step, StepKind
from weft.plan.readings import Readings
from weft.plan.share import Share

READER = "shop.sums"


def copied(port: str) -> Step:
    spec = CopySpec("key", "lake", "build", port, "it", "SELECT 1", ())
    return Step(port, StepKind.COPY, READER, "database", port, copy=spec)


def ended(step: Step, state: StepState) -> StepResult:
    return StepResult(step.id, READER, step.kind, step.target, state)


def test_a_port_that_is_copied_is_read_where_it_lives() -> None:
    good, bad, kept = map(copied, ("a.b.good@1", "a.c.bad@2", "a.d.kept@1"))
    share = Share(READER, "prod", Base(warehouse="database"), steps=(good, bad, kept))
    readings = Readings()
    results = [
        ended(good, StepState.DONE),
        ended(bad, StepState.FAILED),
        ended(kept, StepState.REUSED),
    ]
    readings.note(share, results, None, "2026-11-21T12:00:00Z")
    assert readings.answered == {("a.b.good@1", "lake"): "2026-11-21T12:00:00Z"}
    assert readings.failed == {("a.c.bad@2", "lake")}
    assert readings.products == {"a.b", "a.c"}


def test_the_last_time_counts() -> None:
    step = copied("a.b.good@1")
    share = Share(READER, "prod", Base(warehouse="database"), steps=(step,))
    readings = Readings()
    for at in ("2026-11-21T12:00:00Z", "2026-11-21T13:00:00Z"):
        readings.note(share, [ended(step, StepState.DONE)], None, at)
    assert set(readings.answered.values()) == {"2026-11-21T13:00:00Z"}
