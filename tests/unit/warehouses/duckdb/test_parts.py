"""What is known of the files that a build that grows is made of."""

from __future__ import annotations

import pytest

from weft.mesh.growth import Interval, Part, Range
from weft.mesh.manifest import Column
from weft.warehouses.duckdb.parts import (
    Written,
    intervals_of,
    overlapping,
    refuse_timeless,
    written,
)
from weft.warehouses.protocol import WarehouseError

DAY = Column('the "day"', "DATE")


def file(least: str, greatest: str, nulls: int = 0) -> Written:
    statistics = {'"the ""day"""': {"min": least, "max": greatest, "null_count": str(nulls)}}
    [found] = written([("a.parquet", 5, 100, 10, statistics, None)])
    return found


def test_files_without_rows_are_left_out() -> None:
    assert written([("a.parquet", 0, 100, 10, {}, None)]) == []


@pytest.mark.parametrize(
    ("least", "greatest", "interval", "found"),
    [
        ("2026-01-05", "2026-01-07", "day", ("2026-01-05", "2026-01-08", "2026-01-07")),
        ("2026-01-05", "2026-01-07", "year", ("2026-01-01", "2027-01-01", "2026-01-01")),
        (
            "2026-01-05 23:59:59.999999999",
            "2026-01-06 00:00:00+00",
            "day",
            ("2026-01-05", "2026-01-07", "2026-01-06"),
        ),
        ("9999-12-31", "9999-12-31", "day", ("9999-12-31", "", "9999-12-31")),
    ],
)
def test_the_intervals_of_a_file(
    least: str, greatest: str, interval: str, found: tuple[str, str, str]
) -> None:
    since, until, last = found
    expected = (Range(since, until), last)
    assert intervals_of(file(least, greatest), DAY, Interval(interval)) == expected


@pytest.mark.parametrize("text", ["infinity", "-infinity", "0044-03-15 (BC)", "12026-01-01"])
def test_times_of_no_calendar_are_refused(text: str) -> None:
    with pytest.raises(WarehouseError, match=r"has values from .* to .*years 1 to 9999"):
        intervals_of(file(text, "2026-01-01"), DAY, Interval.DAY)
    with pytest.raises(WarehouseError):
        intervals_of(file("2026-01-01", text), DAY, Interval.DAY)


def test_rows_without_a_time_are_counted() -> None:
    refuse_timeless([file("2026-01-01", "2026-01-01")], DAY)
    with pytest.raises(
        WarehouseError, match=r"^1,500 rows have no value in the `time_column` `the"
    ):
        refuse_timeless([file("", "", 700), file("", "", 800)], DAY)


@pytest.mark.parametrize(
    ("ranges", "touched"),
    [
        ([], ""),
        ([Range()], "abc"),
        ([Range("2026-01-10")], "c"),
        ([Range("2026-01-09")], "bc"),
        ([Range("", "2026-01-05")], "ac"),
        ([Range("", "2026-01-06")], "abc"),
        ([Range("2026-01-12", "2026-01-13")], "c"),
    ],
)
def test_which_parts_may_have_rows_in_ranges(ranges: list[Range], touched: str) -> None:
    parts = [
        Part("a", 1, 1, 1, Range("2026-01-01", "2026-01-05")),
        Part("b", 1, 1, 1, Range("2026-01-05", "2026-01-10")),
        Part("c", 1, 1, 1, Range()),
    ]
    assert "".join(part.file for part in overlapping(parts, ranges)) == touched
