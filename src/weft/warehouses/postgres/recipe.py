"""What a build that grows writes, as statements; one recipe for each way of growing.

Nothing here runs a statement: `growing.py` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from weft.mesh.manifest import Column
from weft.sql.postgres import DIALECT
from weft.warehouses.growing import Fresh
from weft.warehouses.merging import names
from weft.warehouses.postgres.layers import Layers, Stack

# Statements, whose holes take quoted names, conditions, and SELECTs that are whole.
_TABLE = "CREATE TABLE {name} AS\n{select}"
_SCRATCH = "CREATE UNLOGGED TABLE {name} AS\n{select}"
_KEYS = "SELECT {key} FROM {table}"
_LATEST = (
    "SELECT {columns} FROM (\nSELECT *, rank() OVER (PARTITION BY {key}"
    " ORDER BY {later} DESC NULLS LAST) AS weft_place FROM (\n{rows}\n) AS a\n) AS b"
    " WHERE weft_place = 1"
)


@dataclass(frozen=True)
class Tables:
    """The quoted names of what a build makes: its rows, its keys, and what is there for a while."""

    rows: str
    keys: str
    scratch: Callable[[str], str]


@dataclass(frozen=True)
class Ground:
    """What a recipe has to work with: what is read, where it goes, and what is there.

    `base` has the columns of the build that is made.
    """

    fresh: Fresh
    tables: Tables
    base: Stack


@dataclass(frozen=True)
class Recipe:
    """The statements of one way of growing, in the order in which they run.

    `read` reads the model's rows, and `refused` gives a key with a null or of several rows, and
    how many. After `prepared` the table of rows has all that is new, and `gone` counts the rows of
    the base that no longer count. `moved(layers)` adds the rows of such layers, which join it,
    and `keys(layers)` gives the keys whose rows of others no longer count, "" where ranges say
    it. `index` is made at the end, and `scratch` goes.
    """

    columns: tuple[Column, ...]
    like: Layers
    read: str
    gone: str
    moved: Callable[[Stack], tuple[str, ...]]
    keys: Callable[[Stack], str] = lambda joining: ""
    prepared: tuple[str, ...] = ()
    refused: str = ""
    index: str = ""
    scratch: tuple[str, ...] = ()


def table(name: str, select: str) -> str:
    """Return the statement that keeps the rows of a SELECT."""
    return _TABLE.format(name=name, select=select)


def scratch(name: str, select: str) -> str:
    """Return the statement that keeps the rows of a SELECT for a while."""
    return _SCRATCH.format(name=name, select=select)


def latest(fresh: Fresh) -> str:
    """Return the SELECT of each key's row that `changed_at` says is latest, or of several."""
    growth = fresh.growth
    if not growth.changed_at:
        return fresh.rows
    return _LATEST.format(
        columns=names(DIALECT, [each.name for each in fresh.columns]),
        key=names(DIALECT, growth.unique_key),
        later=DIALECT.quote(growth.changed_at),
        rows=fresh.rows,
    )


def all_keys(own: str, key: tuple[str, ...], joining: Stack) -> str:
    """Return the SELECT of the keys that a relation has, and of those in joining layers."""
    others = (joining.relations[layer.keys] for layer in joining.layers if layer.keys)
    listed = names(DIALECT, key)
    return "\nUNION\n".join(_KEYS.format(key=listed, table=each) for each in (own, *others))
