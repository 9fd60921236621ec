"""What a build that grows writes, as statements; one recipe for each way of growing.

Nothing here runs a statement or knows of files: `growing.py` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from weft.mesh.manifest import Column
from weft.sql.duckdb import DIALECT, quote
from weft.warehouses.growing import Fresh
from weft.warehouses.merging import names

NEW = "weft_new"
"""The temporary table of what the query gives, one row for each key."""

# Statements, whose holes take quoted names, conditions, and SELECTs that are whole.
_JOINED = (
    'WITH "joined" AS MATERIALIZED (\n{new}\nUNION ALL BY NAME\n{old}\n) SELECT * FROM "joined"'
)
_TABLE = "CREATE OR REPLACE TEMP TABLE {name} AS\n{select}"
_LATEST = "{select} QUALIFY rank() OVER (PARTITION BY {key} ORDER BY {later} DESC NULLS LAST) = 1"


@dataclass(frozen=True)
class Recipe:
    """The statements of one way of growing, in the order in which they run.

    `prepared(base)` make the temporary `tables`, from the model's rows and a SELECT of all rows of
    the base with their `file_column`. `refused` gives a key with a null or of several rows, and
    how many. `touched` gives the files of the base that do not stay as they are. What takes their
    place is `new`, and what `stays(old)` gives of a SELECT of their rows; it is sorted by `order`.
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


def file_column(fresh: Fresh) -> str:
    """Return the name of the column that says which file of the base a row is in; it is free."""
    taken = {DIALECT.fold(each.name) for each in fresh.columns}
    name = "weft_file"
    while name in taken:
        name += "_"
    return name


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
        NEW, _LATEST.format(select=fresh.rows, key=names(DIALECT, growth.unique_key), later=later)
    )
