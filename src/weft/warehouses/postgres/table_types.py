"""In which types the columns of somebody else's table are read: exactly, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from weft.mesh.manifest import Column
from weft.sql.postgres import DIALECT, quote, string
from weft.sql.types import canonical_type, family_of
from weft.warehouses.declared import declared_type
from weft.warehouses.postgres.leaving import Leaving
from weft.warehouses.protocol import WarehouseError

# The most digits of a decimal that Arrow readers take.
_DIGITS = 38

_NUMBERS = ("integer", "decimal", "float")
_MOMENTS = ("date", "timestamp", "timestamptz")

# What a family of types is read of. Any plain value can be read as the text of it, which is also
# what is left of types that somebody made.
_TAKES = {
    "integer": ("integer", "decimal"),
    "decimal": ("integer", "decimal"),
    "float": _NUMBERS,
    "string": ("string", *_NUMBERS, "boolean", *_MOMENTS, "time", "uuid", "json", "interval", ""),
    "boolean": ("boolean",),
    "date": ("date",),
    "timestamp": _MOMENTS,
    "timestamptz": ("timestamptz",),
    "uuid": ("uuid",),
    "binary": ("binary",),
    "json": ("json", "array", "object"),
    "interval": ("interval",),
}
# These fit only what is spelled as they are: an item or a zone would become another.
_SPELLED = ("array", "time")
_LEAVING_AS_THEY_ARE = (
    *("integer", "float", "string", "boolean", "time", "binary", *_MOMENTS),
    "array",
)


@dataclass(frozen=True)
class ReadColumn:
    """How one column is read: its name, the type that it then has, and the value as SQL."""

    name: str
    native: str
    value: str

    @property
    def leaving(self) -> Leaving:
        """How the value leaves the server."""
        family = family_of(self.native, DIALECT)
        if family == "decimal":
            return Leaving(f"CAST({self.value} AS text)", decimal=_size(self.native))
        if family in _LEAVING_AS_THEY_ARE:
            return Leaving(self.value)
        return Leaving(f"CAST({self.value} AS text)")


def reading_of(column: Column, stored: str) -> ReadColumn:
    """Return how a column is read that the server has in the type `stored`.

    Raises WarehouseError where that does not fit the type that is asked for.
    """
    native = _wanted(column, stored)
    have, want = family_of(stored, DIALECT), family_of(native, DIALECT)
    if want in _SPELLED:
        fits = canonical_type(stored, DIALECT) == native
    else:
        fits = have in _TAKES.get(want, ())
    if not fits:
        raise WarehouseError(
            f"column `{column.name}` is {stored}, which does not fit {native.lower()}", denied=True
        )
    if want == "decimal" and not 0 < _size(native)[0] <= _DIGITS:
        raise WarehouseError(
            f"column `{column.name}` is {stored} and needs a physicalType that says how many "
            f"digits it has, at most {_DIGITS}",
            denied=True,
        )
    return ReadColumn(column.name, native, _value(quote(column.name), have, native))


def _wanted(column: Column, stored: str) -> str:
    """The type in which a column is read: the one asked for, else one that is like its own."""
    if column.type:
        return canonical_type(declared_type(column.type, DIALECT), DIALECT)
    family = family_of(stored, DIALECT)
    if family in ("array", "object"):
        return "JSONB"
    if family not in (*_TAKES, "time") or family in ("string", "interval"):
        return "TEXT"
    return canonical_type(stored, DIALECT)


def _value(name: str, have: str, native: str) -> str:
    want = family_of(native, DIALECT)
    if want == "json" and have != "json":
        return f"to_jsonb({name})"
    cast = f"CAST({name} AS {native})"
    if have == "decimal" and want in ("integer", "decimal"):
        return _or_fail(f"{name} = {cast}", cast, name, native)
    if have in _MOMENTS and want in _MOMENTS:
        return _or_fail(f"isfinite({name})", cast, name, native)
    return cast


def _or_fail(condition: str, cast: str, name: str, native: str) -> str:
    """A value that is read under a condition; else its text is no value of the type, which fails.

    Null is no condition that holds, and no text, so that it stays what it is.
    """
    text = f"CAST({name} AS text) || {string(f' in column {name}, exactly')}"
    return f"CASE WHEN {condition} THEN {cast} ELSE CAST({text} AS {native}) END"


def _size(native: str) -> tuple[int, int]:
    """The digits of a decimal, and those behind the point; zeros where it does not say them."""
    _, bracket, rest = native.partition("(")
    digits, _, behind = rest.rstrip(")").partition(",")
    return (int(digits), int(behind or 0)) if bracket else (0, 0)
