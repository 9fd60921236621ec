"""The files of builds that grow: how they are written, and what is known of each afterwards.

They are sorted, so that what grows at one end leaves all other files as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weft.mesh.growth import Interval, Part, Range
from weft.mesh.manifest import Column
from weft.plan.intervals import step
from weft.sql.duckdb import quote, string
from weft.warehouses.growing import intervals_between, refuse_without_time

ROW_GROUPS = 8
SMALL_ROWS = 500_000
"""A part of fewer rows is small: half of what fits into the row groups of one file."""

_OPTIONS = f"(FORMAT parquet, ROW_GROUPS_PER_FILE {ROW_GROUPS}, RETURN_STATS true)"


@dataclass(frozen=True)
class Written:
    """A file that the engine wrote, with rows and bytes; `statistics` are by quoted column."""

    path: str
    rows: int
    bytes: int
    statistics: Mapping[str, Mapping[str, str]]

    def nulls(self, column: Column) -> int:
        """How many rows have no value in a column."""
        return int(self.statistics[quote(column.name)]["null_count"])

    def bounds(self, column: Column) -> tuple[str, str]:
        """The least and the greatest value of a column that has values, as texts."""
        found = self.statistics[quote(column.name)]
        return found["min"], found["max"]


def parts_copy(select: str, order: Sequence[str], folder: str) -> str:
    """Return the statement that writes the rows of a SELECT as parts into a folder of their own."""
    by = ", ".join(map(quote, order))
    return " ".join(
        (
            "COPY (SELECT * FROM (\n",
            select,
            '\n) AS "all" ORDER BY',
            by,
            ") TO",
            string(folder),
            _OPTIONS,
        )
    )


def written(answer: Iterable[tuple[Any, ...]]) -> list[Written]:
    """Read what the engine says of the files that it wrote; those without rows are left out."""
    return [
        Written(path, rows, size, statistics)
        for path, rows, size, _, statistics, *_ in answer
        if rows
    ]


def refuse_timeless(files: Iterable[Written], time: Column) -> None:
    """Raise WarehouseError where rows have no time."""
    refuse_without_time(sum(each.nulls(time) for each in files), time)


def intervals_of(file: Written, time: Column, interval: Interval) -> tuple[Range, str]:
    """Return the range of all intervals that rows of a file are from, and the start of the last.

    Raises WarehouseError for a time that no calendar has.
    """
    first, last = intervals_between(*file.bounds(time), time, interval)
    return Range(first, step(last, interval, 1)), last


def overlapping(parts: Iterable[Part], ranges: Sequence[Range]) -> list[Part]:
    """Return the parts that may have rows in these ranges."""
    return [part for part in parts if any(_overlap(part.range, each) for each in ranges)]


def _overlap(one: Range, other: Range) -> bool:
    return (not one.until or other.since < one.until) and (
        not other.until or one.since < other.until
    )
