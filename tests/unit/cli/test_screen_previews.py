"""Screens of candidates: a plan with what consumers expect and say, and the list of answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from weft.app.release import Unreleased
from weft.app.signoff import Asked
from weft.cli.output import written
from weft.cli.screen import Screen
from weft.cli.screens.plan import View, draw
from weft.cli.screens.release import unreleased_result
from weft.cli.screens.signoffs import answered_result, signoffs_result
from weft.mesh.change import ChangeAction
from weft.mesh.contract import Status
from weft.mesh.release import PortRelease, Release
from weft.mesh.signoff import Answer, Signoff
from weft.plan.plan import Change, ChangeClass, Expected, FieldChange, Plan, Step, StepKind

Golden = Callable[[str, str], None]
FLIGHTS = "operations.flights"
NEW, OLD = f"{FLIGHTS}.departures@2", f"{FLIGHTS}.departures@1"
OPEN = Signoff("prod", FLIGHTS, "departures", "2.0.0", "loyalty.members", Answer.OPEN, "2027-01-31")
NO = replace(
    OPEN,
    consumer="punctuality.performance",
    state=Answer.NO,
    actor="mara",
    reason="we need dep_delay until our own v2",
)
YES = replace(OPEN, consumer="punctuality.daily", state=Answer.YES, reason="its expectations hold")
BROKEN = Expected(
    "punctuality.performance", NEW, "departures", "BREAKS: delay known: 17 of 336,776 rows"
)


def candidate() -> Plan:
    """A plan that shows a candidate beside what is released."""
    version = FieldChange(ChangeAction.CREATE, "version", "", "2.0.0")
    change = Change(
        FLIGHTS,
        "port",
        "departures@2",
        ChangeAction.CREATE,
        ChangeClass.ADDITIVE,
        "draft, shown as a preview until 2027-01-31",
        (version,),
    )
    ports = (
        PortRelease("departures", 1, "1.4.2", Status.ACTIVE, ()),
        PortRelease("departures", 2, "2.0.0", Status.DRAFT, (), candidate="2027-01-31"),
    )
    release = Release(FLIGHTS, "prod", 8, ports)
    publish = Step(
        f"{FLIGHTS}/publish", StepKind.PUBLISH, FLIGHTS, "lake", "release 8", release=release
    )
    expected = (
        BROKEN,
        Expected("punctuality.daily", OLD, "departures", "ok"),
        Expected("loyalty.members", NEW, "departures"),
        Expected("fleet.plans", OLD, "departures", "not measured: its rules are for duckdb"),
    )
    return Plan(
        "7f3a0c12d4e5",
        "skyline",
        "skyline",
        "prod",
        changes=(change,),
        steps=(publish,),
        expected=expected,
        signoffs=(OPEN, YES, NO),
    )


@pytest.mark.parametrize("width", [0, 80])
def test_a_plan_with_a_candidate(golden: Golden, width: int) -> None:
    golden(f"plan_candidate_{width}", draw(candidate(), View(width, seconds=0.4)))


def test_who_is_asked_and_what_they_say(golden: Golden) -> None:
    result = signoffs_result(NEW, Asked((OPEN, YES, NO), (BROKEN,)))
    golden("signoffs", written(result, Screen(width=140)))
    golden("signoffs_json", written(result, Screen("json")))


def test_all_agree() -> None:
    text = written(signoffs_result(NEW, Asked((YES,))), Screen(width=140))
    assert text.endswith(f"  release it:  weft release {NEW} --promote\n")


def test_nobody_is_asked() -> None:
    text = written(signoffs_result(NEW, Asked(())), Screen(width=80))
    assert text.startswith(f"Nobody has to agree to {NEW}.")


def test_an_answer() -> None:
    assert written(answered_result(NO), Screen(width=80)).splitlines() == [
        f"punctuality.performance says no to {NEW} (2.0.0)",
        f"  what all say:  weft release signoff {NEW}",
    ]


def test_what_is_not_released_says_how_it_comes_to_be() -> None:
    draft = Unreleased(NEW, "", "2.0.0", status=Status.DRAFT)
    preview = replace(draft, candidate="2027-01-31")
    assert written(unreleased_result((draft, preview)), Screen(width=80)).splitlines() == [
        f"{NEW} is draft, and not released",
        f"  show it first:  weft release {NEW} --candidate --until DATE",
        f"  release 2.0.0:  weft release {NEW} --promote",
        "",
        f"{NEW} is a preview until 2027-01-31, and not released yet",
        f"  who agrees:  weft release signoff {NEW}",
        f"  release 2.0.0:  weft release {NEW} --promote",
    ]
