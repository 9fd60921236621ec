"""Tests as they are told, drawn from results made by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from weft.app.errors import Exit
from weft.app.test import ContractResult, Tested, Unbuilt
from weft.app.unit_tests import UnitResult
from weft.cli.output import written
from weft.cli.screen import Screen
from weft.cli.screens.tests import Tally
from weft.mesh.check import CheckResult, Verdict

FLIGHTS = "operations.flights"
PATH = "domains/operations/flights/tests/departures.yaml"
GOOD = UnitResult(FLIGHTS, "departures", "a late flight leaves next day", PATH, True, 0.1)
BAD = UnitResult(
    FLIGHTS,
    "departures",
    "cancelled",
    PATH,
    False,
    0.2,
    missing=({"id": "1", "outcome": "cancelled"},),
    unexpected=({"id": "1", "outcome": None},),
)
STUCK = UnitResult(FLIGHTS, "stg", "broken", PATH, False, 0.0, problem="no column \x1b[2Jx")
TURNED = UnitResult(FLIGHTS, "stg", "sorted", PATH, False, 0.0, misplaced=True)
HOLDS = CheckResult("r", "required id", Verdict.PASS, rows=336_776)
FAILS = CheckResult("t", "tailnum exists", Verdict.FAIL, 336_776, 50_094, quarantined=True)
WARNS = CheckResult("w", "wind", Verdict.WARN, 10, 1, blocks=False)
KEPT = ContractResult(FLIGHTS, "departures@1.departures", "mara", 3, 336_776, 0.7, (HOLDS, WARNS))
HELD = ContractResult(FLIGHTS, "lines@1.lines", "mara", 3, 336_776, 0.7, (HOLDS, FAILS))
LOST = ContractResult(FLIGHTS, "lines@1.lines", "mara", 0, 0, 0.0, (), "the build is gone")


def told(results: list[Tested], *, whole: bool = False) -> tuple[str, Exit]:
    tally = Tally(whole=whole)
    lines = [tally.take(each) for each in results]
    return "\n".join([*lines, written(tally.result(1.25), Screen())]), tally.exit_code()


@pytest.mark.parametrize("whole", [False, True])
def test_all_kinds_of_results(golden: Callable[[str, str], None], whole: bool) -> None:
    results: list[Tested] = [GOOD, BAD, STUCK, TURNED, KEPT, HELD, LOST, Unbuilt("weather.hourly")]
    text, code = told(results, whole=whole)
    golden("test_whole" if whole else "test", text)
    assert code is Exit.CHECKS


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([GOOD, KEPT], 0),
        ([Unbuilt("a.b")], 0),
        ([], 0),
        ([BAD], 6),
        ([HELD], 6),
        ([LOST], 6),
    ],
)
def test_exit_codes(results: list[Tested], code: int) -> None:
    assert told(results)[1] == code
