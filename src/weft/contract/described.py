"""What a contract says of a column, given its native type: the way back from types to promises."""

from __future__ import annotations

from typing import Any

from weft.sql.dialect import Dialect
from weft.sql.type_text import take_apart
from weft.sql.types import canonical_type, family_of

_LOGICAL = {
    "string": "string",
    "uuid": "string",
    "integer": "integer",
    "float": "number",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "array": "array",
    "object": "object",
    "map": "object",
    "json": "object",
}


def described_type(native: str, dialect: Dialect, *, physical: bool = False) -> dict[str, Any]:
    """The keys of an ODCS property that promise values of a native type, and what is inside of it.

    With `physical`, and where no logical type takes such values, `physicalType` is among them.
    Nothing is said of a type that is not known ("").
    """
    if not native:
        return {}
    family = family_of(native, dialect)
    logical = _logical(native, family, dialect)
    found: dict[str, Any] = {"logicalType": logical} if logical else {}
    if physical or not logical:
        found["physicalType"] = native
    if family == "timestamptz":
        found["logicalTypeOptions"] = {"timezone": True}
    return found | _inside(native, logical, dialect)


def _logical(native: str, family: str, dialect: Dialect) -> str:
    if family == "decimal":
        return "integer" if canonical_type(native, dialect).endswith(",0)") else "number"
    return _LOGICAL.get(family, "")


def _inside(native: str, logical: str, dialect: Dialect) -> dict[str, Any]:
    """What is promised of the items of a list, or of the fields of an object."""
    taken = take_apart(native)
    if taken is None:
        return {}
    if taken.is_list and logical == "array":
        return {"items": described_type(taken.parts[0][1], dialect)}
    if logical == "object" and taken.parts[0][0]:
        fields = [{"name": name, **described_type(kind, dialect)} for name, kind in taken.parts]
        return {"properties": fields}
    return {}
