"""Texts of files as values of a type: exactly what was written, or refused.

The engine's own cast rounds `7.6` to an integer and cuts the time off a date; nobody would see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from weft.mesh.manifest import Column
from weft.sql.duckdb import quote, string
from weft.warehouses.protocol import WarehouseError

_LONGEST_SHOWN = 60

_DAY = "[0-9]{4,}[-/][0-9]{1,2}[-/][0-9]{1,2}"
_MIDNIGHT = r"([ T]0{1,2}:00(:00(\.0*)?)?)?"
_ZONE = "( ?([+-][0-9]{2}(:?[0-9]{2}){0,2}|[A-Za-z][A-Za-z0-9_/+-]*))?"
# As programs write small and large numbers; so few digits survive a comparison of doubles.
_EXPONENT = r"[+-]?[0-9](\.[0-9]{1,14})?[eE][+-]?[0-9]{1,2}"


def _clock(digits: int) -> str:
    """The pattern of a time of day with so many digits behind the seconds."""
    return rf"[0-9]{{1,2}}:[0-9]{{1,2}}(:[0-9]{{1,2}}(\.[0-9]{{0,{digits}}}0*)?)?"


def _moment(digits: int) -> str:
    return f"{_DAY}([ T]{_clock(digits)})?"


def _number(digits: int) -> str:
    """The pattern of a number with so many digits behind the point, but for zeros."""
    return rf"[+-]?[0-9]*(\.[0-9]{{0,{digits}}}0*)?"


_SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_UNSIGNED = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
_FLOATS = ("FLOAT", "DOUBLE")

# What a text of a type may look like where it is not how the engine itself writes the value.
_PATTERNS = {
    **dict.fromkeys((*_SIGNED, *_UNSIGNED), _number(0)),
    **dict.fromkeys(_FLOATS, "(?i)[+-]?(inf|infinity|nan)"),
    "BOOLEAN": ".*",
    "DATE": _DAY + _MIDNIGHT,
    "TIME": _clock(6),
    "TIMESTAMP": _moment(6),
    "TIMESTAMP_S": _moment(0),
    "TIMESTAMP_MS": _moment(3),
    "TIMESTAMP_NS": _moment(9),
    "TIMESTAMP WITH TIME ZONE": _moment(6) + _ZONE,
}

# Statements, whose holes take quoted names, literals, types of the tables above, and tables.
_TRIED = "{column} AS t{number}, TRY_CAST({column} AS {type}) AS v{number}"
_CHECKED = (
    "CASE WHEN t{number} IS NULL OR {kept} THEN v{number} ELSE error(concat({begin},"
    " left(t{number}, {longest}), {end}, chr(10), chr(10), 'file = ', file)) END AS {name}"
)
_READ = "SELECT {checked} FROM (SELECT {tried}, {file} AS file FROM {table}) AS s"


@dataclass(frozen=True)
class _Exact:
    """A type that a text is turned into, and what else than its own spelling it keeps whole."""

    name: str
    pattern: str

    def kept(self, text: str, value: str) -> str:
        """The condition that a text is kept whole by its value; false when there is no value."""
        matched = f"regexp_full_match({text}, {string(f' *({self.pattern}) *')})"
        if self.name in _FLOATS:
            # The engine reads `1_000`, as it does in SQL; for other numbers that is refused.
            finite = f"isfinite({value}) AND NOT contains({text}, '_')"
            return f"({finite}) OR ({value} IS NOT NULL AND {matched})"
        whole = f"CAST({value} AS VARCHAR) = {text} OR ({value} IS NOT NULL AND {matched})"
        if self.name.startswith("DECIMAL"):
            small = f"regexp_full_match({text}, {string(_EXPONENT)})"
            return f"{whole} OR ({small} AND CAST({value} AS DOUBLE) = TRY_CAST({text} AS DOUBLE))"
        return whole


def read_as(column: Column) -> str:
    """Return the type in which the engine is to read a column for `exactly`."""
    return "VARCHAR" if _exact(column.type) else column.type or "VARCHAR"


def exactly(columns: Sequence[Column], table: str, file: str) -> str:
    """Return a SELECT of the columns in their types over a table that has them as `read_as` says.

    Where a text is no value of its column's type, or would be changed by becoming one, it stops
    with an error that names column, value and file. `file` is the name of the table's column that
    holds the name of the file.
    """
    tried, checked = [], []
    for number, column in enumerate(columns):
        name, exact = quote(column.name), _exact(column.type)
        if exact is None:
            tried.append(f"{name} AS v{number}")
            checked.append(f"v{number} AS {name}")
            continue
        tried.append(_TRIED.format(column=name, number=number, type=exact.name))
        checked.append(
            _CHECKED.format(
                number=number,
                kept=exact.kept(f"t{number}", f"v{number}"),
                begin=string(f"column `{column.name}` has `"),
                longest=_LONGEST_SHOWN,
                end=string(f"`, which {exact.name} cannot hold exactly"),
                name=name,
            )
        )
    return _READ.format(
        checked=", ".join(checked), tried=", ".join(tried), file=quote(file), table=table
    )


@lru_cache(maxsize=4096)
def _exact(native: str) -> _Exact | None:
    """What is known of a type, by the engine's own name; None for one that is left to the engine.

    Raises WarehouseError where there is no such type.
    """
    import duckdb

    if not native:
        return None
    try:
        found = duckdb.sqltype(native)
    except duckdb.Error as error:
        raise WarehouseError(f"`{native}` is no type") from error
    name = str(found)
    if found.id == "decimal":
        [_, (_, digits)] = found.children
        return _Exact(name, _number(int(str(digits))))
    return _Exact(name, _PATTERNS[name]) if name in _PATTERNS else None
