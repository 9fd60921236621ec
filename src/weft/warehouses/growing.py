"""What growing is on every warehouse: what is read anew, and what no build can hold, in words.

Which rows are written, and where, is each warehouse's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from weft.mesh.growth import Brought, Growing, Growth, Interval, Range
from weft.mesh.manifest import Column
from weft.mesh.release import Build
from weft.plan.intervals import coverage, floor
from weft.sql.dialect import Dialect
from weft.sql.growing import in_ranges
from weft.sql.types import family_of
from weft.warehouses.protocol import WarehouseError

TIMES = ("date", "timestamp", "timestamptz")

# SELECTs, whose holes take one that is whole, and values.
_ALL = 'SELECT * FROM (\n{select}\n) AS "rows"'
_BROUGHT = 'SELECT {values} FROM (\n{select}\n) AS "rows"'


@dataclass(frozen=True)
class Fresh:
    """What a build that grows reads: the SELECT of the model's rows, its columns, how, and when.

    `at` is an ISO time in UTC.
    """

    select: str
    columns: tuple[Column, ...]
    growing: Growing
    at: str
    dialect: Dialect

    @property
    def growth(self) -> Growth:
        """How the model grows, as its head says."""
        return self.growing.growth

    @property
    def time(self) -> Column | None:
        """The column that it grows by, if any. Raises WarehouseError where that is no time."""
        if not self.growth.time_column:
            return None
        column = self.column(self.growth.time_column)
        if family_of(column.type, self.dialect) not in TIMES:
            problem = f"`time_column` is `{column.name}`, which is {column.type} and no time"
            raise WarehouseError(problem)
        return column

    @property
    def rows(self) -> str:
        """The SELECT of the rows that are read, with those that have no time, for all to see."""
        select = _ALL.format(select=self.select)
        if self.time is None or Range() in self.growing.ranges:
            return select
        inside = self.within(self.time, self.growing.ranges)
        return f"{select} WHERE {inside} OR {self.dialect.quote(self.time.name)} IS NULL"

    def covered(self, latest: str, before: Range | None) -> Range | None:
        """What a build has in full whose latest row is in the interval `latest`, "" without rows.

        `before` is what its base has. None where it does not grow by time.
        """
        if self.growing.brought:
            return self.growing.brought.covered
        if not self.growth.time_column:
            return None
        return coverage(self.growth, latest, self.at, before)

    def column(self, name: str) -> Column:
        """The column of a name. Raises WarehouseError when the query does not give it."""
        for column in self.columns:
            if self.dialect.fold(column.name) == self.dialect.fold(name):
                return column
        raise WarehouseError(f"the head of the model names `{name}`, which its query does not give")

    def within(self, column: Column, ranges: Sequence[Range]) -> str:
        """The condition that a time lies in one of these ranges."""
        return in_ranges(column.name, column.type, ranges, self.dialect)


def added_to(base: Build, columns: Iterable[Column], dialect: Dialect) -> tuple[str, ...]:
    """Return the columns that a base does not have. Raises WarehouseError where types differ."""
    there = {dialect.fold(each.name): each for each in base.columns}
    for column in columns:
        old = there.get(dialect.fold(column.name), column)
        if old.type != column.type:
            raise WarehouseError(
                f"`{column.name}` is {column.type} now and {old.type} in the rows that are there; "
                f"cast it to {old.type} in the query"
            )
    return tuple(each.name for each in columns if dialect.fold(each.name) not in there)


def brought_rows(
    select: str, columns: Iterable[Column], brought: Brought, dialect: Dialect
) -> tuple[tuple[Column, ...], str]:
    """Return the SELECT of rows that `select` brings from elsewhere, and its columns.

    They are those of a build, with their types, which the rows have.
    """
    kept = tuple(each for each in columns if each.name in brought.columns)
    values = ", ".join(
        f"CAST({name} AS {each.type}) AS {name}"
        for each in kept
        for name in (dialect.quote(each.name),)
    )
    return kept, _BROUGHT.format(values=values, select=select)


def refuse_keys(found: Sequence[tuple[object, ...]], growth: Growth) -> None:
    """Raise WarehouseError for a key that no row, or more than one, can be kept under.

    `found` has such keys, as texts, and behind each the number of its rows.
    """
    if not found:
        return
    *key, rows = found[0]
    names = ", ".join(growth.unique_key)
    text = ", ".join("null" if each is None else str(each) for each in key)
    if None in key:
        raise WarehouseError(f"a row has no value in its key: {names} is {text}")
    changed = growth.changed_at
    if rows == 1:
        raise WarehouseError(f"`{changed}` is null in the row whose {names} is {text}")
    advice = (
        f"and the latest `{changed}`"
        if changed
        else "and nothing says which is the latest; name a column in `changed_at`"
    )
    raise WarehouseError(f"{rows} rows have one key: {names} is {text}, {advice}")


def refuse_without_time(rows: int, time: Column) -> None:
    """Raise WarehouseError where so many rows have no time."""
    if rows:
        told = f"{rows:,} rows have" if rows > 1 else "one row has"
        raise WarehouseError(
            f"{told} no value in the `time_column` `{time.name}`, so that no interval is known; "
            f"leave out what has no time by WHERE {time.name} IS NOT NULL, or give it one"
        )


def intervals_between(
    least: str, greatest: str, time: Column, interval: Interval
) -> tuple[str, str]:
    """Return the starts of the intervals of the least and the greatest time.

    Raises WarehouseError for a time that no calendar has.
    """
    try:
        return floor(least, interval), floor(greatest, interval)
    except ValueError as error:
        raise WarehouseError(
            f"the `time_column` `{time.name}` has values from `{least}` to `{greatest}`; "
            "a model can grow by times of the years 1 to 9999"
        ) from error
