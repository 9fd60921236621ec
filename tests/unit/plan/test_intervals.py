"""Intervals, and the ranges that a build that grows has to fill."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.mesh.growth import Growth, Interval, Range
from weft.plan.intervals import coverage, floor, merged, spanning, step, to_fill

TIME = "2026-03-31T14:45:59.5"


@pytest.mark.parametrize(
    ("interval", "start", "before", "after"),
    [
        ("hour", "2026-03-31T14:00:00", "2026-03-31T13:00:00", "2026-03-31T15:00:00"),
        ("day", "2026-03-31", "2026-03-30", "2026-04-01"),
        ("month", "2026-03-01", "2026-02-01", "2026-04-01"),
        ("year", "2026-01-01", "2025-01-01", "2027-01-01"),
    ],
)
def test_an_interval_and_its_neighbours(interval: str, start: str, before: str, after: str) -> None:
    length = Interval(interval)
    assert floor(TIME, length) == start
    assert step(TIME, length, 0) == start
    assert step(TIME, length, -1) == before
    assert step(TIME, length, 1) == after


def test_times_of_a_zone_are_taken_as_utc() -> None:
    assert floor("2026-01-01T01:30:00+02:00", Interval.DAY) == "2025-12-31"


@pytest.mark.parametrize("interval", list(Interval))
def test_where_the_calendar_ends_a_range_is_open(interval: Interval) -> None:
    assert step("0001-01-01", interval, -1) == ""
    assert step("9999-12-31T23:00:00", interval, 1) == ""
    assert to_fill(Range("", "0001-01-01"), Growth("t", interval, look_back=5)) == (Range(),)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "20260"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month must be"):
        floor(text, Interval.DAY)


@pytest.mark.parametrize(
    ("covered", "growth", "restated", "ranges"),
    [
        (None, Growth("t"), [], [("", "")]),
        (None, Growth("t", start="2026-01-05"), [("2026-01-01", "")], [("2026-01-05", "")]),
        (("", "2026-01-28"), Growth("t"), [], [("2026-01-28", "")]),
        (("", "2026-01-28"), Growth("t", look_back=3), [], [("2026-01-25", "")]),
        (("2026-01-05", "2026-01-28"), Growth("t", start="2026-01-05"), [], [("2026-01-28", "")]),
        (
            ("2026-01-05", "2026-01-28"),
            Growth("t", start="2026-01-01"),
            [],
            [("2026-01-01", "2026-01-05"), ("2026-01-28", "")],
        ),
        (
            ("2026-01-05", "2026-01-28"),
            Growth("t"),
            [],
            [("", "2026-01-05"), ("2026-01-28", "")],
        ),
        (("2026-01-05", "2026-01-28"), Growth("t", start="2026-01-27"), [], [("2026-01-28", "")]),
        (("", "2026-01-28"), Growth("t", start="2026-01-30"), [], [("2026-01-30", "")]),
        (
            ("", "2026-05-01"),
            Growth("t", Interval.MONTH),
            [("2026-01-31", "2026-02-02")],
            [("2026-01-01", "2026-03-01"), ("2026-05-01", "")],
        ),
        (
            ("", "2026-01-28"),
            Growth("t", look_back=2),
            [("2026-01-20", "2026-01-26"), ("2026-01-10", "2026-01-11")],
            [("2026-01-10", "2026-01-11"), ("2026-01-20", "")],
        ),
        (("", "2026-01-28"), Growth("t"), [("2026-01-10", "")], [("2026-01-10", "")]),
        (
            ("", "2026-01-28"),
            Growth("t", start="2026-01-01"),
            [("2025-12-01", "2025-12-31"), ("2025-12-30", "2026-01-03")],
            [("2026-01-01", "2026-01-03"), ("2026-01-28", "")],
        ),
    ],
)
def test_what_is_still_to_fill(
    covered: tuple[str, str] | None,
    growth: Growth,
    restated: list[tuple[str, str]],
    ranges: list[tuple[str, str]],
) -> None:
    there = Range(*covered) if covered else None
    asked = [Range(*each) for each in restated]
    assert to_fill(there, growth, asked) == tuple(Range(*each) for each in ranges)


DAYS = [f"2026-01-{day:02}" for day in range(1, 29)]
days = st.sampled_from(DAYS)
ends = st.one_of(st.just(""), days)


def within(time: str, ranges: tuple[Range, ...]) -> int:
    """In how many of these ranges a day lies."""
    return sum(each.since <= time and (not each.until or time < each.until) for each in ranges)


@given(
    covered=st.builds(Range, ends, days),
    growth=st.builds(Growth, st.just("t"), look_back=st.integers(0, 9), start=ends),
    restated=st.lists(st.builds(Range, ends, ends), max_size=4),
)
def test_what_is_covered_and_what_is_filled_is_all_that_is_wanted(
    covered: Range, growth: Growth, restated: list[Range]
) -> None:
    ranges = to_fill(covered, growth, restated)
    late = step(covered.until, Interval.DAY, -growth.look_back)
    for day in DAYS:
        wanted = day >= growth.start
        asked = day >= late or not within(day, (covered,)) or within(day, tuple(restated)) > 0
        assert within(day, ranges) == (1 if wanted and asked else 0)


@given(st.lists(st.builds(Range, ends, ends), max_size=6))
def test_merged_ranges_are_the_same_days_once(ranges: list[Range]) -> None:
    joined = merged(ranges)
    for day in DAYS:
        assert within(day, joined) == (within(day, tuple(ranges)) > 0)
    for one, next_one in pairwise(joined):
        assert one.until
        assert one.until < next_one.since


@pytest.mark.parametrize(
    ("growth", "latest", "before", "covered"),
    [
        (Growth("t"), "", None, None),
        (Growth("t"), "2026-01-28", None, ("", "2026-01-28")),
        (
            Growth("t", start="2026-01-05T08:00:00"),
            "2026-01-28",
            None,
            ("2026-01-05", "2026-01-28"),
        ),
        (Growth("t"), "2999-01-01", None, ("", "2026-03-01")),
        (Growth("t", Interval.MONTH), "2026-02-14 08:00:00", None, ("", "2026-02-01")),
        (Growth("t"), "", ("2026-01-05", "2026-01-28"), ("", "2026-01-28")),
        (Growth("t"), "2026-01-20", ("", "2026-01-28"), ("", "2026-01-28")),
        (Growth("t"), "2026-01-30", ("", "2026-01-28"), ("", "2026-01-30")),
        (
            Growth("t", start="2026-01-10"),
            "2026-01-30",
            ("2026-01-05", "2026-01-28"),
            ("2026-01-05", "2026-01-30"),
        ),
    ],
)
def test_what_a_build_has_in_full(
    growth: Growth,
    latest: str,
    before: tuple[str, str] | None,
    covered: tuple[str, str] | None,
) -> None:
    found = coverage(growth, latest, "2026-03-01T10:00:00+00:00", before and Range(*before))
    assert found == (covered and Range(*covered))


@pytest.mark.parametrize(
    ("first", "last", "interval", "found"),
    [
        ("2026-01-01", "2026-01-31", "day", Range("2026-01-01", "2026-02-01")),
        ("2026-01-15", "2026-01-31", "month", Range("2026-01-01", "2026-02-01")),
        ("2026-01-31", "2026-01-31", "hour", Range("2026-01-31T00:00:00", "2026-02-01T00:00:00")),
        ("", "20260131", "hour", Range("", "2026-02-01T00:00:00")),
        (
            "2026-01-31T05",
            "2026-01-31T05",
            "hour",
            Range("2026-01-31T05:00:00", "2026-01-31T06:00:00"),
        ),
        ("2026-01-31T05:30", "", "hour", Range("2026-01-31T05:00:00")),
        ("", "9999-12-31", "hour", Range()),
        ("", "9999-12-31", "day", Range()),
    ],
)
def test_both_ends_are_in_what_they_span(
    first: str, last: str, interval: str, found: Range
) -> None:
    assert spanning(first, last, Interval(interval)) == found
