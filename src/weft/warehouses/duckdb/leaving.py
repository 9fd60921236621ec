"""In what form values leave the engine: what an Arrow reader could not take whole goes as text.

Numbers, truths and texts leave as they are. Integers of any size, and all that holds other
values, leave as JSON, which the stream marks as such; anything else as the engine writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weft.sql.duckdb import quote

_AS_IT_IS = frozenset(
    [
        "boolean",
        "tinyint",
        "smallint",
        "integer",
        "bigint",
        "utinyint",
        "usmallint",
        "uinteger",
        "ubigint",
        "float",
        "double",
        "decimal",
        "varchar",
    ]
)
_WIDE = frozenset(["hugeint", "uhugeint", "bignum"])
_HOLDING = frozenset(["list", "array", "struct", "tuple", "map", "union"])

# A text by its id, but one that would be taken for a part of the JSON that it stands in.
_DOCUMENT = "JSON"


def leaving(select: str, columns: Sequence[str], types: Sequence[Any]) -> str:
    """Return a SELECT of the same rows whose values can leave; `types` are the engine's."""
    places = [quote(str(place)) for place in range(len(columns))]
    values = [_value(place, kind) for place, kind in zip(places, types, strict=True)]
    if values == places:
        return select
    named = [f"{value} AS {quote(column)}" for value, column in zip(values, columns, strict=True)]
    listed = ", ".join(places)
    return " ".join(("SELECT", ", ".join(named), "FROM (\n", select, "\n) AS rows (", listed, ")"))


def _value(place: str, kind: Any) -> str:
    if kind.id in _WIDE:
        return f"to_json({place})"
    if kind.id in _HOLDING:
        return f"to_json(CAST({place} AS {_inside(kind)}))"
    return place if _as_it_is(kind) else f"CAST({place} AS VARCHAR)"


def _as_it_is(kind: Any) -> bool:
    return kind.id in _AS_IT_IS and str(kind) != _DOCUMENT


def _inside(kind: Any) -> str:
    """Return the type to which a value is cast where it becomes a part of JSON.

    A decimal would lose its last zeros there, or more, so it is a text too.
    """
    if kind.id in _WIDE or (_as_it_is(kind) and kind.id != "decimal"):
        return str(kind)
    if kind.id not in _HOLDING or not kind.children:
        return "VARCHAR"
    match kind.id, kind.children:
        case "list" | "array", [(_, item), *_]:
            return f"{_inside(item)}[]"
        case "map", [_, (_, value)]:
            return f"MAP(VARCHAR, {_inside(value)})"
        case "union", [_, *members]:
            return f"UNION({_fields(members)})"
        case _, fields:
            return f"STRUCT({_fields(fields)})"


def _fields(fields: Sequence[tuple[str, Any]]) -> str:
    """List fields by name; one without a name is called by its place, as `f1`."""
    return ", ".join(
        f"{quote(name or f'f{number}')} {_inside(kind)}"
        for number, (name, kind) in enumerate(fields, 1)
    )
