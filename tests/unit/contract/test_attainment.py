"""How a level stands: kept or not, how sure that is, and in which words it is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from weft.app.zones import zone_named
from weft.contract.attainment import Attainment, LevelState, attainment, worst_first
from weft.mesh.service_level import Measurement, Probe, ServiceLevel

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, DAY = 3_600.0, 86_400.0
PORT = "a.b.c@1"


def found(hours: float, value: int | None = 0, problem: str = "") -> Measurement:
    """A measurement so many hours ago."""
    at = (NOW - timedelta(hours=hours)).isoformat()
    return Measurement("a.b", "c", 1, "level", at, value, problem)


def stands(probe: Probe | None, target: float, *measured: Measurement, why: str = "") -> Attainment:
    level = ServiceLevel("level", "p", "promised", probe, target, 0.99, why=why, zone="UTC")
    return attainment(PORT, level, measured, NOW.timestamp(), zone_named)


def said(found: Attainment) -> tuple[LevelState, str]:
    return found.state, found.found


KEPT, BROKEN, UNKNOWN = LevelState.KEPT, LevelState.BROKEN, LevelState.UNKNOWN


@pytest.mark.parametrize(
    ("probe", "target", "measured", "expected"),
    [
        (Probe.NEWEST, DAY, [found(1, 3_600)], (KEPT, "2 h old")),
        (Probe.NEWEST, HOUR, [found(1, 3_600)], (BROKEN, "2 h old")),
        (Probe.REFRESH, DAY, [found(5)], (KEPT, "refreshed 5 h ago")),
        (Probe.REFRESH, DAY, [found(5, 7_200)], (KEPT, "refreshed 7 h ago")),
        (Probe.BY_TIME, 6 * HOUR, [found(7)], (KEPT, "refreshed last 2026-11-21 05:00Z")),
        (Probe.BY_TIME, 6 * HOUR, [found(40)], (BROKEN, "refreshed last 2026-11-19 20:00Z")),
        (Probe.BY_TIME, 6 * HOUR, [found(1)], (UNKNOWN, "counts from the next promised on")),
        (Probe.ANSWER, 0.99, [found(0, 1)], (KEPT, "answered 0 s ago")),
        (Probe.ANSWER, 0.99, [found(0, 0, "no route")], (BROKEN, "no route")),
        (Probe.ROWS, 0.9, [found(1, 90)], (KEPT, "90 rows")),
        (Probe.ROWS, 0.9, [found(2, 0), found(1, 0)], (KEPT, "0 rows")),
        (
            Probe.ROWS,
            0.9,
            [found(2, 100), found(1, 80)],
            (BROKEN, "80 rows, 80.0% of the usual"),
        ),
        (Probe.OLDEST, DAY, [found(1, 3_600)], (KEPT, "oldest row 2 h old")),
        (Probe.FAILING, 0.01, [found(1, 25_000)], (BROKEN, "2.5000% of the rows fail")),
    ],
)
def test_a_level_stands_by_what_was_found_last(
    probe: Probe, target: float, measured: list[Measurement], expected: tuple[LevelState, str]
) -> None:
    assert said(stands(probe, target, *measured)) == expected
    assert said(stands(probe, target, *reversed(measured))) == expected


def test_what_was_never_measured_is_said() -> None:
    assert said(stands(Probe.REFRESH, DAY)) == (UNKNOWN, "nothing was measured yet")


def test_what_could_not_be_measured_last_is_not_known() -> None:
    problem = found(1, None, "there is no row with a value")
    assert said(stands(Probe.NEWEST, DAY, problem)) == (UNKNOWN, "there is no row with a value")
    earlier = stands(Probe.NEWEST, DAY, found(2), problem)
    assert said(earlier) == (UNKNOWN, "there is no row with a value")
    assert earlier.budgets[0].met == 1


def test_what_has_no_probe_says_why() -> None:
    found = stands(None, 0, why="nobody counts")
    assert said(found) == (LevelState.UNMEASURABLE, "nobody counts")
    assert found.budgets == ()


@pytest.mark.parametrize(
    ("probe", "days", "expected"),
    [
        (Probe.END, 12.5, (KEPT, "12 d 12 h left")),
        (Probe.END, -2, (LevelState.ENDED, "2 d ago")),
        (Probe.BEGIN, 2, (KEPT, "in 2 d")),
        (Probe.BEGIN, -2, (KEPT, "for 2 d")),
    ],
)
def test_a_day_has_come_or_not(probe: Probe, days: float, expected: tuple[LevelState, str]) -> None:
    assert said(stands(probe, NOW.timestamp() + days * DAY)) == expected


def test_a_budget_that_is_spent_is_told_while_the_level_is_kept() -> None:
    found_late = stands(Probe.REFRESH, DAY, found(20 * 24), found(10 * 24), found(1))
    assert found_late.state is LevelState.SPENT
    month = next(each for each in found_late.budgets if each.days == 30)
    assert month.left < 0


def test_a_budget_that_burns_too_fast_is_told_while_some_is_left() -> None:
    recent = stands(Probe.ANSWER, 0.99, found(2, 1), found(0.5, 0), found(0.05, 1))
    assert recent.alert is not None
    assert recent.alert.name == "page"
    assert recent.state is LevelState.BURNING


def test_the_worst_comes_first() -> None:
    standings = [
        stands(None, 0, why="no"),
        stands(Probe.REFRESH, DAY, found(1)),
        stands(Probe.REFRESH, DAY),
        stands(Probe.REFRESH, DAY, found(30)),
        stands(Probe.REFRESH, DAY, found(300)),
        stands(Probe.END, 0),
    ]
    ordered = worst_first(standings)
    assert [each.state for each in ordered] == [
        BROKEN,
        BROKEN,
        UNKNOWN,
        LevelState.ENDED,
        KEPT,
        LevelState.UNMEASURABLE,
    ]
    assert ordered[0].found == "refreshed 12 d 12 h ago"
