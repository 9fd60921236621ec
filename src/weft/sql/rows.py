"""Write rows of plain values as a SELECT, each value in the type that its column has elsewhere.

A *shape* is a SELECT that has the columns; its types are found by the warehouse, not here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError

from weft.sql.dialect import Dialect

# Statements, whose holes take quoted names, literals, and statements made of these.
_NOBODY = "SELECT {names} FROM ( {shape} ) AS q WHERE 1 = 0"
_BLANK = "SELECT s.* FROM (SELECT 1 AS one) AS o LEFT JOIN ( {nobody} ) AS s ON 1 = 1"
_ROW = "SELECT {values} , {number} AS {place} FROM t"
_NUMBERED = "WITH t AS ( {blank} ) {rows}"
_ORDERED = "SELECT {names} FROM ( {numbered} ) AS r ORDER BY {place}"


def null_shape(types: Mapping[str, str], dialect: Dialect) -> str:
    """Return the shape of columns whose native types are known; "" is a type that is not."""
    nulls = [
        f"{_null(native, dialect.sqlglot)} AS {dialect.quote(name)}"
        for name, native in types.items()
    ]
    return f"SELECT {', '.join(nulls)}"


def typed_rows(
    shape: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], dialect: Dialect
) -> str:
    """Return a SELECT of these rows, in order, in the types of `shape`; what is left out is null.

    A text in quotes has no type of its own, so beside a typed null it takes that null's type.
    """
    names = [dialect.quote(each) for each in columns]
    listed = ", ".join(names)
    nobody = _NOBODY.format(names=listed, shape=shape)
    if not rows:
        return nobody
    # Longer than any other name, so it is none of them.
    place = dialect.quote(max(columns, key=len) + "_")
    selects = [
        _ROW.format(values=_values(row, columns, names, dialect), number=number, place=place)
        for number, row in enumerate(rows)
    ]
    numbered = _NUMBERED.format(
        blank=_BLANK.format(nobody=nobody), rows=" UNION ALL ".join(selects)
    )
    return _ORDERED.format(names=listed, numbered=numbered, place=place)


def logical_type_of(values: Sequence[Any]) -> str:
    """Return the logical type that holds all of these values; "" where there is none."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return "number"
    return _LOGICAL.get(kinds.pop(), "") if len(kinds) == 1 else ""


_LOGICAL = {bool: "boolean", int: "integer", float: "number", str: "string"}


def _values(
    row: Mapping[str, Any], columns: Sequence[str], names: Sequence[str], dialect: Dialect
) -> str:
    found = []
    for column, name in zip(columns, names, strict=True):
        value = row.get(column)
        if value is None:
            found.append(f"t.{name} AS {name}")
        else:
            found.append(f"coalesce(t.{name}, {dialect.string(_text(value))}) AS {name}")
    return ", ".join(found)


def _text(value: Any) -> str:
    """Return a value as a warehouse reads it from text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@lru_cache(maxsize=4096)
def _null(native: str, grammar: str) -> str:
    """Return a null of a type. A text that is no type is never written: it may be anything."""
    if not native:
        return "NULL"
    try:
        kind = exp.DataType.build(native, dialect=grammar)
    except SqlglotError:
        return "NULL"
    return f"CAST(NULL AS {kind.sql(dialect=grammar)})"
