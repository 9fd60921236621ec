"""From single measurements to stretches of time in which a level was kept, or was not."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.app.zones import zone_named
from weft.contract.kept_spans import REACH, Span, facts_of, kept_spans, usual_rows
from weft.mesh.service_level import Measurement, Probe, ServiceLevel

HOUR, DAY = 3_600.0, 86_400.0
START = datetime(2026, 11, 1, tzinfo=UTC)
ZERO = START.timestamp()


def level(probe: Probe, target: float, zone: str = "") -> ServiceLevel:
    return ServiceLevel("level", "property", "promised", probe, target, 0.99, zone=zone)


def found(hours: float, value: int | None = 0) -> Measurement:
    at = (START + timedelta(hours=hours)).isoformat()
    return Measurement("a.b", "c", 1, "level", at, value, "" if value is not None else "gone")


def spans(it: ServiceLevel, measured: Iterable[Measurement], now: float) -> list[object]:
    """The stretches in hours since the start; `-` in front of those that were not kept."""
    zone = zone_named(it.zone or "UTC")
    assert zone
    return [
        ((each.start - ZERO) / HOUR, (each.end - ZERO) / HOUR, each.kept)
        for each in kept_spans(it, measured, ZERO + now * HOUR, zone)
    ]


def test_data_is_young_enough_until_it_is_too_old_and_again_with_the_next_refresh() -> None:
    asked = level(Probe.REFRESH, DAY)
    assert spans(asked, [found(0), found(20), found(50)], 60) == [
        (0, 44, True),
        (44, 50, False),
        (50, 60, True),
    ]


def test_data_that_was_old_when_it_was_published_is_too_old_earlier() -> None:
    asked = level(Probe.NEWEST, DAY)
    age = int(20 * HOUR)
    assert spans(asked, [found(0, age)], 10) == [(0, 4, True), (4, 10, False)]
    assert spans(asked, [found(0, int(30 * HOUR))], 10) == [(0, 10, False)]


def test_data_from_the_future_is_young() -> None:
    assert spans(level(Probe.NEWEST, HOUR), [found(0, int(-5 * HOUR))], 8) == [
        (0, 6, True),
        (6, 8, False),
    ]


def test_nothing_is_known_before_the_first_measurement_and_while_none_succeeds() -> None:
    asked = level(Probe.REFRESH, DAY)
    assert spans(asked, [], 10) == []
    assert spans(asked, [found(2), found(4, None), found(6)], 8) == [(2, 4, True), (6, 8, True)]


def test_what_is_measured_later_than_now_does_not_count() -> None:
    assert spans(level(Probe.REFRESH, DAY), [found(0), found(9)], 5) == [(0, 5, True)]


def test_a_day_is_kept_where_the_refresh_came_on_it_and_in_time() -> None:
    asked = level(Probe.BY_TIME, 6 * HOUR)
    measured = [found(5), found(24 + 6.5), found(48 + 6), found(72 + 23), found(96 + 1)]
    assert spans(asked, measured, 106) == [
        (6, 30, True),
        (30, 54, False),
        (54, 78, True),
        (78, 102, False),
        (102, 106, True),
    ]


def test_a_time_of_day_is_one_of_its_zone() -> None:
    asked = level(Probe.BY_TIME, 6 * HOUR, "+02:00")
    # Midnight there is at 22 o'clock, and six o'clock at four.
    assert spans(asked, [found(-1), found(25)], 30) == [(4, 30, True)]
    assert spans(asked, [found(-3), found(20)], 30) == [(4, 30, False)]


def test_a_time_of_day_goes_with_summer_time() -> None:
    asked = level(Probe.BY_TIME, 6 * HOUR, "Europe/Berlin")
    end = datetime(2026, 10, 26, 12, tzinfo=UTC)
    measured = [
        Measurement("a.b", "c", 1, "level", f"2026-10-{day}T02:00:00Z", 0) for day in (24, 25, 26)
    ]
    zone = zone_named(asked.zone)
    assert zone
    [kept] = kept_spans(asked, measured, end.timestamp(), zone)
    assert kept == Span(datetime(2026, 10, 24, 4, tzinfo=UTC).timestamp(), end.timestamp(), True)


def test_an_answer_speaks_for_an_hour_at_most() -> None:
    asked = level(Probe.ANSWER, 0.99)
    assert REACH == HOUR
    assert spans(asked, [found(0, 1), found(0.5, 0), found(4, 1)], 10) == [
        (0, 0.5, True),
        (0.5, 1.5, False),
        (4, 5, True),
    ]


def test_rows_are_compared_with_the_median_of_earlier_releases() -> None:
    asked = level(Probe.ROWS, 0.9)
    measured = [found(hour, rows) for hour, rows in enumerate((100, 90, 50, 200, 100))]
    assert spans(asked, measured, 6) == [(0, 2, True), (2, 3, False), (3, 6, True)]
    assert usual_rows([]) is None
    assert usual_rows([7] * 10 + [1]) == 7
    assert usual_rows([1] * 50 + [7] * 10) == 7


def test_rows_that_were_never_there_need_not_be_kept() -> None:
    asked = level(Probe.OLDEST, 10 * DAY)
    young = [found(0, int(2 * HOUR)), found(24, int(26 * HOUR))]
    assert spans(asked, young, 30) == [(0, 30, True)]


def test_rows_that_went_too_early_are_missed_until_the_rest_is_old_enough() -> None:
    asked = level(Probe.OLDEST, 2 * DAY)
    measured = [found(0, int(10 * HOUR)), found(20, int(5 * HOUR))]
    assert spans(asked, measured, 80) == [(0, 20, True), (20, 63, False), (63, 80, True)]


def test_rows_that_went_in_time_are_not_missed() -> None:
    asked = level(Probe.OLDEST, 2 * DAY)
    measured = [found(0, int(100 * HOUR)), found(20, int(48 * HOUR))]
    assert spans(asked, measured, 30) == [(0, 30, True)]


def test_failing_rows_are_counted_per_million() -> None:
    asked = level(Probe.FAILING, 0.01)
    assert spans(asked, [found(0, 10_000), found(1, 10_001)], 2) == [(0, 1, True), (1, 2, False)]


@pytest.mark.parametrize("probe", [Probe.BEGIN, Probe.END])
def test_a_day_has_no_stretches(probe: Probe) -> None:
    assert spans(level(probe, ZERO), [found(0)], 5) == []


TIMED = (Probe.REFRESH, Probe.NEWEST, Probe.BY_TIME, Probe.ANSWER, Probe.ROWS, Probe.OLDEST)


@given(
    st.sampled_from((*TIMED, Probe.FAILING)),
    st.dictionaries(st.integers(0, 500), st.none() | st.integers(0, 10**6), max_size=20),
    st.integers(0, 600),
    st.randoms(use_true_random=False),
)
def test_stretches_are_in_order_apart_and_the_same_in_any_order_of_measurements(
    probe: Probe, values: dict[int, int | None], now: int, chance: random.Random
) -> None:
    asked = level(probe, 0.5 if probe in (Probe.ANSWER, Probe.ROWS, Probe.FAILING) else HOUR)
    measured = [found(hour, value) for hour, value in values.items()]
    end = ZERO + now * HOUR
    first = kept_spans(asked, measured, end)
    chance.shuffle(measured)
    assert kept_spans(asked, measured, end) == first
    for earlier, later in pairwise(first):
        assert earlier.end <= later.start
        assert earlier.end < later.start or earlier.kept is not later.kept
    assert all(each.start < each.end <= end for each in first)
    known = [each.at for each in facts_of(measured, end)]
    assert all(each.start >= min(known) for each in first)
