"""Native types as contracts say them, so that what is read back is what was there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weft.contract.described import described_type
from weft.mesh.manifest import Column
from weft.sql.carried import carried_type
from weft.sql.dialect import Dialect
from weft.sql.type_text import take_apart
from weft.sql.types import canonical_type, family_of, stored_type

# What a column is read as whose decimals say no size, and of which no row says one either.
_DIGITS, _PLACES = 38, 9

_LENGTH = re.compile(r"\w[\w ]*\(([0-9]+)\)")
_SIZE = re.compile(r"DECIMAL\(([0-9]+),([0-9]+)\)")

_DOCUMENTS = ("array", "object", "map")


@dataclass(frozen=True)
class Around:
    """Which dialects a type passes: its holder's, the domain's, and that of the home."""

    holder: Dialect
    own: Dialect
    home: Dialect


@dataclass(frozen=True)
class Typed:
    """The keys of a property that say a type; `note` says what is not as it was."""

    keys: dict[str, Any]
    note: str = ""


def typed(native: str, around: Around, digits: tuple[int, int] | None = None) -> Typed | None:
    """Say a native type of the holder in a contract; None where no column can have its values.

    `digits` is as in `FoundColumn`.
    """
    holder = around.holder
    canonical = canonical_type(native, holder)
    family = family_of(canonical, holder)
    if family == "string":
        return Typed({"logicalType": "string", **_length(native)})
    if canonical == "DECIMAL":
        return _unsized(digits, around.own)
    own = _kept(canonical, around)
    if own:
        note = _shortened(native, canonical, holder)
        return Typed(logical_keys(own, around.own), note)
    if family in _DOCUMENTS:
        return Typed({"logicalType": family}, f"{native} is read as JSON")
    if family == "integer":
        keys = logical_keys(around.own.types.logical["integer"], around.own)
        return Typed(keys, f"{native} is read as an integer")
    if family in ("binary", "json"):
        return None
    return Typed({"logicalType": "string"}, f"{native} is read as text")


def _unsized(digits: tuple[int, int] | None, own: Dialect) -> Typed:
    """A decimal without a size, in one that holds what is there."""
    before, behind = digits or (0, _PLACES)
    if before + behind > _DIGITS:
        why = f"has values of more than {_DIGITS} digits, or that are none: read as text"
        return Typed({"logicalType": "string"}, why)
    sized = f"DECIMAL({_DIGITS},{behind})"
    return Typed(logical_keys(sized, own), f"has no size; read as {sized}")


def column_of_keys(keys: Mapping[str, Any], dialect: Dialect) -> Column:
    """Return a column as SQL sees it whose property has these keys, its name among them."""
    native = dialect.native_type(
        keys.get("logicalType", ""), keys.get("physicalType", ""), keys.get("logicalTypeOptions")
    )
    return Column(keys["name"], native)


def logical_keys(native: str, dialect: Dialect) -> dict[str, Any]:
    """Return the keys of a property for a native type of the contract's dialect.

    The physical type stands there where the logical one alone would be read as another.
    """
    canonical = canonical_type(native, dialect)
    keys = described_type(canonical, dialect, physical=True)
    options = keys.get("logicalTypeOptions")
    if dialect.native_type(keys.get("logicalType", ""), options=options) == canonical:
        del keys["physicalType"]
    return keys


def _kept(canonical: str, around: Around) -> str:
    """The type of the domain's dialect that keeps all values on the way to its home, or ""."""
    if not _is_plain(canonical, around.holder):
        return ""
    own = carried_type(stored_type(canonical, around.holder), around.holder, around.own)
    return own if own and carried_type(own, around.own, around.home) else ""


def _is_plain(canonical: str, dialect: Dialect) -> bool:
    """Whether a contract can name a type: one that every reader knows, with all that is in it."""
    taken = take_apart(canonical)
    if taken is not None:
        kinds = (canonical_type(kind, dialect) for _, kind in taken.parts)
        return all(_is_plain(each, dialect) for each in kinds)
    family = family_of(canonical, dialect)
    size = _SIZE.fullmatch(canonical)
    if family == "decimal":
        return size is not None and int(size.group(1)) <= _DIGITS
    if family == "integer":
        return stored_type(canonical, dialect) in dialect.types.formats.values()
    if family == "binary":
        # Of bits the length would be lost, and what is beyond it.
        return canonical in dialect.types.alike
    return bool(family)


def _length(native: str) -> dict[str, Any]:
    """How long a text may be, where its type says so."""
    found = _LENGTH.fullmatch(native.strip())
    return {"logicalTypeOptions": {"maxLength": int(found.group(1))}} if found else {}


def _shortened(native: str, canonical: str, holder: Dialect) -> str:
    """What a type says beside what is kept of it: of times, how many digits a second has."""
    moment = family_of(canonical, holder) in ("time", "timestamp", "timestamptz")
    return f"{native} is read as {canonical}" if moment and "(" in native else ""
