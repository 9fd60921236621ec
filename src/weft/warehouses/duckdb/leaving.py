"""In what form values leave the engine: what an Arrow reader could not take whole goes as text.

Numbers, truths and texts leave as they are. Integers of any size, and all that holds other
values, leave as JSON, which the stream marks as such; timestamps as ISO 8601 writes them, where it
can; anything else as the engine writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weft.sql.duckdb import quote, string

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
# An integer with room for all digits of a decimal.
_WHOLE = "HUGEINT"
_HOLDING = frozenset(["list", "array", "struct", "tuple", "map", "union"])
_TIMESTAMPS = frozenset(["timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"])
# Sessions run in UTC, so that these end in +00.
_ZONED = frozenset(["timestamp with time zone", "timestamptz_ns"])

# What the engine writes of the years 1 to 9999; other years and infinity do not match.
_ORDINARY = r"^(....-..-..) (..:.*)$", r"\1T\2"
_ORDINARY_ZONED = r"^(....-..-..) (..:.*)\+00$", r"\1T\2Z"

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
        return f"to_json(CAST({_dated(place, kind)} AS {_inside(kind)}))"
    if _has_timestamps(kind):
        return _iso(place, kind)
    return place if _as_it_is(kind) else f"CAST({place} AS VARCHAR)"


def _has_timestamps(kind: Any) -> bool:
    """Whether timestamps leave a value as ISO texts; members of a union do not."""
    if kind.id not in _HOLDING:
        return kind.id in _TIMESTAMPS or kind.id in _ZONED
    if kind.id == "union":
        return False
    # The second child of an array is its length.
    held = kind.children[:1] if kind.id == "array" else kind.children
    return any(_has_timestamps(child) for _, child in held)


def _dated(value: str, kind: Any, depth: int = 0) -> str:
    """Return an expression for a value in which all timestamps are texts.

    Fields lose their names on the way; the type that the value is cast to gives them back.
    """
    if not _has_timestamps(kind):
        return value
    if kind.id not in _HOLDING:
        return _iso(value, kind)
    each = quote(f"v{depth}")
    match kind.id, kind.children:
        case "list" | "array", [(_, item), *_]:
            return f"list_transform({value}, lambda {each}: {_dated(each, item, depth + 1)})"
        case "map", entry:
            row = _row(each, entry, depth + 1)
            return f"map_from_entries(list_transform(map_entries({value}), lambda {each}: {row}))"
        case _, fields:
            return f"CASE WHEN {value} IS NOT NULL THEN {_row(value, fields, depth)} END"


def _row(value: str, fields: Sequence[tuple[str, Any]], depth: int) -> str:
    parts = [
        _dated(f"struct_extract_at({value}, {place})", kind, depth)
        for place, (_, kind) in enumerate(fields, 1)
    ]
    return f"row({', '.join(parts)})"


def _iso(value: str, kind: Any) -> str:
    pattern, iso = _ORDINARY_ZONED if kind.id in _ZONED else _ORDINARY
    return f"regexp_replace(CAST({value} AS VARCHAR), {string(pattern)}, {string(iso)})"


def _is_whole(kind: Any) -> bool:
    """Whether this is a decimal without digits behind the point."""
    return kind.id == "decimal" and not dict(kind.children)["scale"]


def _as_it_is(kind: Any) -> bool:
    return kind.id in _AS_IT_IS and str(kind) != _DOCUMENT


def _inside(kind: Any) -> str:
    """Return the type to which a value is cast where it becomes a part of JSON.

    A decimal would lose its last zeros there, or more, so it is a text too, unless it has no
    digits behind the point.
    """
    if _is_whole(kind):
        return _WHOLE
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
