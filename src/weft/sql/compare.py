"""SELECTs that compare the rows of two relations, and give one row of numbers or the rows.

Rows are compared as wholes, with nulls equal to nulls and what is no number to what is none. Only
the rows that are not on both sides are then grouped by key, so that like is compared with like.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from weft.mesh.manifest import Column
from weft.sql.dialect import Dialect
from weft.sql.types import family_of

# Types whose values no warehouse is sure to group, and those of no known family; as texts all do.
_AS_TEXT = frozenset(["", "json", "map", "object", "array"])

# Statements, whose holes take quoted names and what is made of these here. A side counts as 1 or
# -1, so that what is left of a sum is what the other side does not have.
_COUNTED = "SELECT {columns} FROM {relation}"
_TOTALS = "SELECT * FROM ({first}) AS a CROSS JOIN ({second}) AS b"
_SIDES = "SELECT {columns}, {side} AS side FROM {relation}"
_DIFFERING = (
    "SELECT {names}, sum(side) AS surplus FROM ({sides}) AS sides "
    "GROUP BY {names} HAVING sum(side) <> 0"
)
_BY_KEY = (
    "SELECT sum(CASE WHEN surplus > 0 THEN surplus ELSE 0 END) AS gone, "
    "sum(CASE WHEN surplus < 0 THEN -surplus ELSE 0 END) AS come{values} "
    "FROM ({differing}) AS differing GROUP BY {keys}"
)
_ADDED = "coalesce(sum(CASE WHEN come > gone THEN come - gone ELSE 0 END), 0)"
_REMOVED = "coalesce(sum(CASE WHEN gone > come THEN gone - come ELSE 0 END), 0)"
_CHANGED = "coalesce(sum(CASE WHEN gone < come THEN gone ELSE come END), 0)"
_ONE_TO_ONE = "gone = 1 AND come = 1"
_KEYS = "SELECT max(side) AS high, min(side) AS low FROM ({sides}) AS sides GROUP BY {names}"


@dataclass(frozen=True)
class Comparison:
    """Two relations, by their names as SQL, and the columns that both have.

    `key` are those that identify a row, none where nothing does; `columns` are all the others.
    A column whose types differ, or are not known to be the same, has no type.
    """

    first: str
    second: str
    key: tuple[Column, ...]
    columns: tuple[Column, ...]
    dialect: Dialect

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns of the key, then the others."""
        return (*self.key, *self.columns)


def totals(comparison: Comparison, first: Sequence[str], second: Sequence[str]) -> str:
    """Count rows, then the values of columns that are not null: of the first side, then the other.

    `first` and `second` are the names of each side's columns.
    """
    sides = (("a", comparison.first, first), ("b", comparison.second, second))
    counted = []
    for name, relation, columns in sides:
        counts = ["count(*)", *(f"count({comparison.dialect.quote(each)})" for each in columns)]
        named = ", ".join(f"{each} AS {name}{place}" for place, each in enumerate(counts))
        counted.append(_COUNTED.format(columns=named, relation=relation))
    return _TOTALS.format(first=counted[0], second=counted[1])


def shared_keys(comparison: Comparison) -> str:
    """Count the keys of the first side, those of the second, and those that both have."""
    count_where = comparison.dialect.snippets.count_where
    sides = _sides(comparison, comparison.key)
    keys = _KEYS.format(sides=sides, names=_names(comparison.key))
    counts = (
        f"{count_where('high = 1')} AS first",
        f"{count_where('low = -1')} AS second",
        f"{count_where('high = 1 AND low = -1')} AS shared",
    )
    return " ".join(("SELECT", ", ".join(counts), "FROM (", keys, ") AS keys"))


def differences(comparison: Comparison) -> str:
    """Count the rows that were added, removed and changed, and those whose change is clear.

    Then, of these, the changes of each column that is not in the key. A change is clear where the
    key has one row on each side; without a key nothing is a change.
    """
    differing = _differing(comparison)
    if not comparison.key:
        sums = (_summed("surplus < 0", "-surplus"), _summed("surplus > 0", "surplus"), "0", "0")
        return _selected(sums, differing)
    text = comparison.dialect.snippets.text
    places = range(len(comparison.key), len(comparison.all_columns))
    values = "".join(
        f", max(CASE WHEN surplus > 0 THEN {text(f'c{place}')} END) AS a{place}"
        f", max(CASE WHEN surplus < 0 THEN {text(f'c{place}')} END) AS b{place}"
        for place in places
    )
    grouped = _BY_KEY.format(values=values, differing=differing, keys=_names(comparison.key))
    count_where = comparison.dialect.snippets.count_where
    columns = (
        count_where(f"{_ONE_TO_ONE} AND a{place} IS DISTINCT FROM b{place}") for place in places
    )
    return _selected((_ADDED, _REMOVED, _CHANGED, count_where(_ONE_TO_ONE), *columns), grouped)


def differing_rows(comparison: Comparison, most: int) -> str:
    """Select at most so many rows that one side has more often: how much more often, and the row.

    The number is negative for rows of the second side. Rows of one key stand beside each other.
    """
    text = comparison.dialect.snippets.text
    order = [text(f"c{place}") for place in range(len(comparison.key or comparison.all_columns))]
    names = _names(comparison.all_columns)
    return " ".join(
        (
            *("SELECT surplus,", names, "FROM (", _differing(comparison), ") AS differing"),
            *("ORDER BY", ", ".join((*order, "surplus DESC")), "LIMIT", str(most)),
        )
    )


def _summed(condition: str, value: str) -> str:
    return f"coalesce(sum(CASE WHEN {condition} THEN {value} ELSE 0 END), 0)"


def _selected(values: Sequence[str], source: str) -> str:
    named = (f"{value} AS n{place}" for place, value in enumerate(values))
    return " ".join(("SELECT", ", ".join(named), "FROM (", source, ") AS source"))


def _differing(comparison: Comparison) -> str:
    columns = comparison.all_columns
    return _DIFFERING.format(names=_names(columns), sides=_sides(comparison, columns))


def _sides(comparison: Comparison, columns: Sequence[Column]) -> str:
    """Both relations, one under the other, with columns that are called by their place."""
    dialect = comparison.dialect
    named = ", ".join(
        f"{_value(each, dialect)(dialect.quote(each.name))} AS c{place}"
        for place, each in enumerate(columns)
    )
    first = _SIDES.format(columns=named, side="1", relation=comparison.first)
    second = _SIDES.format(columns=named, side="-1", relation=comparison.second)
    return f"{first} UNION ALL {second}"


def _value(column: Column, dialect: Dialect) -> Callable[[str], str]:
    if not column.type or family_of(column.type, dialect) in _AS_TEXT:
        return dialect.snippets.text
    return str


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(f"c{place}" for place, _ in enumerate(columns))
