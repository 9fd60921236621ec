"""What the store is told of audits, and of what fails in versions that are not released."""

from __future__ import annotations

from dataclasses import replace

import pytest

from weft.app.recording import finished
from weft.mesh.check import CheckResult, Verdict
from weft.mesh.manifest import ProductManifest
from weft.mesh.run import StepResult, StepState
from weft.mesh.signoff import Answer, Signoff
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


def done(name: str, state: StepState = StepState.DONE, *only_of: str) -> StepResult:
    return StepResult(name, "a.b", "build", name, state, only_of=only_of)


DEFINITION = ProductManifest("a", "b", "here", "a/b", "lake", "duckdb", digest="new")
ASKED = Signoff("prod", "a.b", "p", "2.0.0", "c.d", Answer.OPEN, "2027-01-01")


@pytest.mark.parametrize(
    ("state", "only_of", "settled"),
    [
        (StepState.FAILED, ("p@2",), True),
        (StepState.FAILED, (), False),
        (StepState.SKIPPED, (), False),
    ],
)
def test_a_definition_is_applied_where_only_a_preview_failed(
    state: StepState, only_of: tuple[str, ...], settled: bool
) -> None:
    share = replace(SHARE, manifest=DEFINITION)
    told = finished(share, [done("one"), done("two", state, *only_of)], None, DEFINITION)
    assert (told.manifest, told.lift_hold) == ((DEFINITION, True) if settled else (None, False))


def test_nobody_is_asked_about_a_version_that_is_kept_back() -> None:
    third = replace(ASKED, version="3.0.0")
    share = replace(SHARE, signoffs=(ASKED, third))
    told = finished(share, [done("one"), done("two", StepState.FAILED, "p@2")], None, None)
    assert told.signoffs == (third,)
    assert finished(share, [done("one")], None, None).signoffs == (ASKED, third)
