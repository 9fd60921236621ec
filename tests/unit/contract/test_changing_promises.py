"""What was promised at the time decides whether it was kept, counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from weft.app.zones import zone_named
from weft.contract.attainment import LevelState, attainment
from weft.contract.changing_promises import Promise, spans_by_promise
from weft.mesh.service_level import Measurement, Probe, ServiceLevel

HOUR, DAY = 3_600.0, 86_400.0
START = datetime(2026, 11, 1, tzinfo=UTC)
ZERO = START.timestamp()
DAILY = ServiceLevel("frequency", "frequency", "1 d", Probe.REFRESH, DAY, 0.99)
HOURLY = replace(DAILY, promised="1 h", target=HOUR)


def found(hours: float) -> Measurement:
    return Measurement("a.b", "c", 1, "frequency", (START + timedelta(hours=hours)).isoformat(), 0)


def spans(promises: list[tuple[float, ServiceLevel | None]], now: float) -> list[object]:
    """The stretches in hours, of data that was refreshed at 0, 12, 24 and 36."""
    measured = [found(each) for each in (36, 0, 24, 12)]
    made = [Promise(ZERO + since * HOUR, level) for since, level in promises]
    return [
        ((each.start - ZERO) / HOUR, (each.end - ZERO) / HOUR, each.kept)
        for each in spans_by_promise(made, measured, ZERO + now * HOUR, zone_named)
    ]


def test_one_promise_is_the_level_itself() -> None:
    assert spans([(0, DAILY)], 40) == [(0, 40, True)]


def test_a_tighter_promise_does_not_break_what_was_kept_before_it() -> None:
    assert spans([(0, DAILY), (24, HOURLY)], 40) == [
        (0, 24, True),
        (24, 25, True),
        (25, 36, False),
        (36, 37, True),
        (37, 40, False),
    ]


def test_a_looser_promise_does_not_mend_what_was_broken_before_it() -> None:
    assert spans([(0, HOURLY), (12, DAILY)], 40) == [
        (0, 1, True),
        (1, 12, False),
        (12, 40, True),
    ]


def test_a_promise_made_between_two_refreshes_holds_from_then_on() -> None:
    assert spans([(0, DAILY), (30, HOURLY)], 36) == [(0, 30, True), (30, 36, False)]


def test_nothing_counts_while_nothing_is_promised() -> None:
    assert spans([(0, None), (12, DAILY), (24, None), (36, DAILY)], 40) == [
        (12, 24, True),
        (36, 40, True),
    ]


def test_a_level_stands_as_it_is_promised_now_and_its_budget_counts_what_was() -> None:
    now = ZERO + 48 * HOUR
    measured = [found(0), found(47.5)]
    promises = (Promise(ZERO, replace(DAILY, target=36 * HOUR)), Promise(ZERO + 47 * HOUR, HOURLY))
    it = attainment("a.b.c@1", HOURLY, measured, now, zone_named, promises)
    # Too old from 36 h to 47 h by the first promise, and until 47.5 h by the second.
    assert it.state is LevelState.SPENT
    assert it.budgets[1].met == pytest.approx(36.5 / 48)
    always = attainment("a.b.c@1", HOURLY, measured, now, zone_named)
    assert always.budgets[1].met == pytest.approx(1.5 / 48)
