"""What a build that grows writes, as statements; one recipe for each way of growing.

Nothing here runs a statement or knows of files: `growing.py` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from weft.mesh.growth import Growing, Growth, Range
from weft.mesh.manifest import Column
from weft.sql.duckdb import DIALECT, quote
from weft.sql.growing import in_ranges
from weft.sql.types import family_of
from weft.warehouses.protocol import WarehouseError

FILE = "weft_file"
"""The column that says which file of the base a row is in."""

NEW = "weft_new"
"""The temporary table of what the query gives, one row for each key."""

_TIMES = ("date", "timestamp", "timestamptz")

# Statements, whose holes take quoted names, conditions, and SELECTs that are whole.
_ALL = 'SELECT * FROM (\n{select}\n) AS "rows"'
_JOINED = (
    'WITH "joined" AS MATERIALIZED (\n{new}\nUNION ALL BY NAME\n{old}\n) SELECT * FROM "joined"'
)
_TABLE = "CREATE OR REPLACE TEMP TABLE {name} AS\n{select}"
_LATEST = "{select} QUALIFY rank() OVER (PARTITION BY {key} ORDER BY {later} DESC NULLS LAST) = 1"
_REFUSED = "SELECT {texts}, count(*) FROM weft_new GROUP BY {key} HAVING {wrong} LIMIT 1"


@dataclass(frozen=True)
class Fresh:
    """What a recipe is for: the SELECT of the model's rows, its columns, how they grow, and when.

    `at` is an ISO time in UTC.
    """

    select: str
    columns: tuple[Column, ...]
    growing: Growing
    at: str

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
        if family_of(column.type, DIALECT) not in _TIMES:
            problem = f"`time_column` is `{column.name}`, which is {column.type} and no time"
            raise WarehouseError(problem)
        return column

    @property
    def rows(self) -> str:
        """The SELECT of the rows that are read, with those that have no time, for all to see."""
        select = _ALL.format(select=self.select)
        if self.time is None or Range() in self.growing.ranges:
            return select
        inside = within(self.time, self.growing.ranges)
        return f"{select} WHERE {inside} OR {quote(self.time.name)} IS NULL"

    def column(self, name: str) -> Column:
        """The column of a name. Raises WarehouseError when the query does not give it."""
        for column in self.columns:
            if DIALECT.fold(column.name) == DIALECT.fold(name):
                return column
        raise WarehouseError(f"the head of the model names `{name}`, which its query does not give")


@dataclass(frozen=True)
class Recipe:
    """The statements of one way of growing, in the order in which they run.

    `prepared(base)` make the temporary `tables`, from the model's rows and a SELECT of all rows of
    the base with their FILE. `refused` gives a key with a null or of several rows, and how many.
    `touched` gives the files of the base that do not stay as they are. What takes their place is
    `new`, and what `stays(old)` gives of a SELECT of their rows; it is sorted by `order`.
    """

    columns: tuple[Column, ...]
    order: tuple[str, ...]
    new: str
    stays: Callable[[str], str]
    prepared: Callable[[str], tuple[str, ...]] = lambda base: ()
    tables: tuple[str, ...] = ()
    refused: str = ""
    touched: str = ""

    def written(self, old: str) -> str:
        """Return the SELECT of all rows to write; `old` is "" where no file is touched.

        Both are put together before they are sorted: the engine, which sorts one relation of any
        size in the memory that it has, does not always do so with a union.
        """
        return _JOINED.format(new=self.new, old=self.stays(old)) if old else self.new


def within(column: Column, ranges: Sequence[Range]) -> str:
    """Return the condition that a time lies in one of these ranges."""
    return in_ranges(column.name, column.type, ranges, DIALECT)


def temporary(name: str, select: str) -> str:
    """Return the statement that keeps the rows of a SELECT in a temporary table."""
    return _TABLE.format(name=name, select=select)


def new_rows(fresh: Fresh) -> str:
    """Return the statement that makes NEW: of each key the row that `changed_at` says is latest."""
    growth = fresh.growth
    if not growth.changed_at:
        return temporary(NEW, fresh.rows)
    later = quote(fresh.column(growth.changed_at).name)
    return temporary(
        NEW, _LATEST.format(select=fresh.rows, key=names(growth.unique_key), later=later)
    )


def refused(growth: Growth, *, timed: bool = False) -> str:
    """Return a SELECT of a key that its row or rows cannot be kept under; `timed` asks for a time.

    It gives the parts of the key as texts, and the number of rows.
    """
    wrong = ["count(*) > 1", *(f"{quote(name)} IS NULL" for name in growth.unique_key)]
    if timed:
        wrong.append(f"count({quote(growth.changed_at)}) < count(*)")
    return _REFUSED.format(
        texts=", ".join(f"CAST({quote(name)} AS VARCHAR)" for name in growth.unique_key),
        key=names(growth.unique_key),
        wrong=" OR ".join(wrong),
    )


def names(columns: Sequence[str], table: str = "") -> str:
    """Return a list of quoted column names, of a table where one is named."""
    prefix = f"{table}." if table else ""
    return ", ".join(f"{prefix}{quote(name)}" for name in columns)


def same(columns: Sequence[str]) -> str:
    """Return the condition that `b` and `n` have the same key."""
    return " AND ".join(f"b.{quote(name)} = n.{quote(name)}" for name in columns)


def alive(growth: Growth, table: str) -> str:
    """Return the condition that a row does not end its key."""
    return f"{table}.{quote(growth.deleted)} IS NOT TRUE" if growth.deleted else "TRUE"
