"""A run as it is told, drawn from events made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from weft.app.errors import Exit
from weft.cli.output import written
from weft.cli.screen import Screen
from weft.cli.screens.checks import Checked, draw_check, draw_sum
from weft.cli.screens.run import Following
from weft.mesh.check import CheckResult, Verdict
from weft.mesh.run import RunEvent, StepResult, StepState

Golden = Callable[[str, str], None]
FLIGHTS, AIRCRAFT = "operations.flights", "fleet.aircraft"
PASSED = CheckResult("required_flight_id", "required flight_id", Verdict.PASS, rows=336_776)
FAILED = CheckResult(
    "tailnum_exists",
    "tailnum exists in aircraft",
    Verdict.FAIL,
    rows=336_776,
    failed=50_094,
    keys=("88121", "88140", "90007"),
    quarantined=True,
)
WARNED = CheckResult(
    "latency", "freshness", Verdict.WARN, value=26, expected="<= 24", notify="consumers"
)
BROKEN = CheckResult("rule", "bookings add up", Verdict.ERROR, message="no such column: pri\x1bce")


def step(
    product: str,
    kind: str,
    target: str,
    state: StepState = StepState.DONE,
    **more: object,
) -> RunEvent:
    result = StepResult(f"{product}/{kind}/{target}", product, kind, target, state, **more)  # type: ignore[arg-type]
    return RunEvent("step", "r1", 1, 9, result)


def ended(product: str) -> RunEvent:
    return RunEvent("product", "r1", 1, 9, product=product)


def told(events: list[RunEvent], width: int = 80) -> tuple[str, Exit]:
    following = Following(width=width)
    lines = [line for line in map(following.take, events) if line]
    return "\n".join([*lines, following.ending(3.14)]), following.exit_code()


GOOD = [
    step(AIRCRAFT, "build", "aircraft", rows=3_322, seconds=0.2),
    step(AIRCRAFT, "build", "stg", StepState.REUSED),
    step(AIRCRAFT, "audit", "aircraft", seconds=0.1, checks=(PASSED,)),
    step(AIRCRAFT, "publish", "release 4"),
    ended(AIRCRAFT),
]
HELD = [
    step(FLIGHTS, "build", "departures", rows=336_776, seconds=0.8),
    step(FLIGHTS, "audit", "departures", checks=(PASSED, FAILED, WARNED)),
    step(FLIGHTS, "publish", "release 2", StepState.HELD, message="checks failed"),
    ended(FLIGHTS),
]
SKIPPED = [
    event
    for name in ("punctuality.daily", "loyalty.members")
    for event in (
        step(name, "build", "m", StepState.SKIPPED, message="held back", cause=FLIGHTS),
        step(name, "publish", "release 2", StepState.SKIPPED, message="m", cause=f"{name}/m"),
        ended(name),
    )
]
ALONE = {"only_of": ("departures@2",)}
PREVIEW = [
    step(FLIGHTS, "build", "departures_v1", rows=336_776, seconds=0.8),
    step(
        *(FLIGHTS, "build", "departures", StepState.FAILED),
        message="models/departures.py: ZeroDivisionError: division by zero\nline 3, in departures",
        **ALONE,
    ),
    step(FLIGHTS, "audit", "departures@2.departures", StepState.SKIPPED, cause="x", **ALONE),
    step(FLIGHTS, "audit", "departures@1.departures", checks=(PASSED,)),
    step(FLIGHTS, "publish", "release 3"),
    ended(FLIGHTS),
]
LOST = [
    step("weather.observations", "build", "hourly", StepState.FAILED, message="the disk is full"),
    step("weather.observations", "publish", "release 2", StepState.SKIPPED, cause="x"),
    ended("weather.observations"),
]


def test_a_good_run(golden: Golden) -> None:
    text, code = told(GOOD)
    golden("run_good", text)
    assert code is Exit.DONE


@pytest.mark.parametrize("width", [80, 120])
def test_a_held_product_and_what_waits_for_it(golden: Golden, width: int) -> None:
    text, code = told(GOOD + HELD + SKIPPED, width)
    golden(f"run_held_{width}", text)
    assert code is Exit.CHECKS


def test_what_fails_of_a_version_that_is_not_released_keeps_back_that_alone(
    golden: Golden,
) -> None:
    text, code = told(GOOD + PREVIEW)
    golden("run_preview_failed", text)
    assert code is Exit.PARTLY


def test_a_failed_step_names_its_cause(golden: Golden) -> None:
    text, code = told(GOOD + LOST)
    golden("run_failed", text)
    assert code is Exit.PARTLY


def test_a_failed_run_names_the_command_that_goes_on() -> None:
    following = Following(env=" --env dev", again="weft run")
    for event in LOST:
        following.take(event)
    assert following.ending(1).endswith("when the cause is gone:  weft run --env dev\n")


def test_what_was_held_before_counts_in_the_code_and_not_in_the_next_step() -> None:
    following = Following(before=Exit.CHECKS)
    for event in GOOD:
        following.take(event)
    assert following.exit_code() is Exit.CHECKS
    assert json.loads(written(following.result(1), Screen("json")))["exit"] == 6
    assert following.ending(1).endswith("look at it:  weft ls\n")


def test_checks_that_fail_tell_before_what_was_only_partly_applied() -> None:
    assert told(HELD + LOST)[1] is Exit.CHECKS


def test_a_product_is_held_by_its_checks_even_with_nothing_to_publish() -> None:
    audit_only = [step(FLIGHTS, "audit", "departures", checks=(FAILED,)), ended(FLIGHTS)]
    text, code = told(audit_only)
    assert code is Exit.CHECKS
    assert " HELD  operations.flights" in text


def test_what_a_run_says_beside_its_steps_is_shown() -> None:
    assert Following().take(RunEvent("warning", "r1", text="a \x1b[2J file")) == (
        " warn  a ␛[2J file"
    )
    assert Following().take(RunEvent("waiting", "r1", text="for bob")) == " wait  for bob"


def test_the_answers_of_checks(golden: Golden) -> None:
    checks = [
        Checked("departures", PASSED),
        Checked("departures", FAILED, "operations"),
        Checked("departures", WARNED),
        Checked("bookings", BROKEN),
    ]
    lines = [draw_check(each, colour=False) for each in checks]
    golden("checks", "\n".join([*lines, draw_sum(each.result for each in checks), ""]))


def test_one_check_is_one_check() -> None:
    assert draw_sum([PASSED]) == "1 check: 1 ok"
    assert draw_sum([]) == "0 checks"
