"""What the store is told of audits."""

from __future__ import annotations

import pytest

from weft.app.recording import finished
from weft.mesh.check import CheckResult, Verdict
from weft.mesh.run import StepResult, StepState
from weft.plan.plan import AuditSpec, Base, Step, StepKind
from weft.plan.share import Share
from weft.store.protocol import Audited

STEP = Step("s", StepKind.AUDIT, "a.b", "lake", "t", audit=AuditSpec("audit", "build", "t", "…"))
SHARE = Share("a.b", "prod", Base(), steps=(STEP,))


def results(*verdicts: Verdict) -> tuple[CheckResult, ...]:
    return tuple(CheckResult(verdict, verdict, verdict) for verdict in verdicts)


@pytest.mark.parametrize(
    "verdicts", [(Verdict.PASS,), (Verdict.PASS, Verdict.FAIL), (Verdict.WARN,), ()]
)
def test_what_was_found_is_remembered_with_its_build(verdicts: tuple[Verdict, ...]) -> None:
    checks = results(*verdicts)
    done = StepResult("s", "a.b", "audit", "t", StepState.DONE, checks=checks)
    told = finished(SHARE, [done], None, None).verdicts
    assert told == {"audit": Audited("build", checks)}


def test_what_could_not_be_measured_is_asked_again() -> None:
    checks = results(Verdict.PASS, Verdict.ERROR)
    done = StepResult("s", "a.b", "audit", "t", StepState.DONE, checks=checks)
    assert finished(SHARE, [done], None, None).verdicts == {}
