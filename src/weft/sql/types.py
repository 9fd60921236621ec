"""Native types: how they are spelled, and whether they fit what a contract promises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

from weft.mesh.nearest import did_you_mean
from weft.sql.dialect import Dialect
from weft.sql.type_text import NestedText, take_apart

# What a logical type takes: families of native types.
_TAKES = {
    "string": frozenset(["string", "uuid", "json"]),
    "integer": frozenset(["integer", "decimal"]),
    "number": frozenset(["integer", "decimal", "float"]),
    "boolean": frozenset(["boolean"]),
    "date": frozenset(["date"]),
    "time": frozenset(["time"]),
    "timestamp": frozenset(["timestamp", "timestamptz"]),
    "array": frozenset(["array", "json"]),
    "object": frozenset(["object", "map", "json"]),
    "map": frozenset(["map", "json"]),
    "vector": frozenset(["array"]),
}

_CERTAIN = ("string", "boolean", "date", "time", "timestamp")
_HEAD = re.compile(r"[A-Z][A-Z0-9_]*(?: [A-Z][A-Z0-9_]*)*")
_DECIMAL = re.compile(r"\(([0-9]+)(?:,(-?[0-9]+))?\)")
_SPACES = re.compile(r"\s+")
_AROUND = re.compile(r"\s*([(),\[\]])\s*")
_NESTED = re.compile(r"\b(STRUCT|ROW|MAP|UNION|RECORD|OBJECT)[(<]")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LIST = re.compile(r"\[[0-9]*\]$")
# As a catalogue writes it: how many digits a second has is no part of a type here.
_SECONDS = re.compile(r"\([0-9]\) ?(WITH(?:OUT)? TIME ZONE)")


class Promised(Protocol):
    """The typed part of a contract's column."""

    @property
    def logical_type(self) -> str: ...
    @property
    def physical_type(self) -> str: ...
    @property
    def options(self) -> dict[str, Any]: ...


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    return _SECONDS.sub(r" \1", _AROUND.sub(r"\1", _SPACES.sub(" ", text.strip())).upper())


def canonical_type(text: str, dialect: Dialect) -> str:
    """Return the one spelling of a native type: `text` and `VARCHAR(10)` are `VARCHAR`."""
    plain = _plain(text)
    if _NESTED.search(plain):
        return _nested(text, dialect)
    head = _HEAD.match(plain)
    if not head:
        return plain
    name = dialect.types.synonyms.get(head.group(), head.group())
    rest = plain[head.end() :]
    if name == "DECIMAL":
        size = _DECIMAL.match(rest)
        if size and size.group(2) is None:
            rest = f"({size.group(1)},0){rest[size.end() :]}"
        elif not size:
            rest = dialect.types.decimal + rest
    elif rest.startswith("(") and dialect.types.families.get(name) == "string" and name != "ENUM":
        rest = rest[rest.index(")") + 1 :] if ")" in rest else ""
    elif " WITH TIME ZONE" in rest:
        name, rest = f"{name} WITH TIME ZONE", ""
    return name + rest


def _nested(text: str, dialect: Dialect) -> str:
    """Spell a type with parts; the names of fields keep their case."""
    taken = take_apart(text)
    if taken is None:
        return _plain(text)
    parts = tuple((name, canonical_type(kind, dialect)) for name, kind in taken.parts)
    return _joined(NestedText(dialect.types.synonyms.get(taken.head, taken.head), parts))


def _joined(taken: NestedText) -> str:
    if taken.is_list:
        return f"{taken.parts[0][1]}{taken.head}"
    inside = ", ".join(f"{_field(name)} {kind}" if name else kind for name, kind in taken.parts)
    return f"{taken.head}({inside})"


def _field(name: str) -> str:
    quoted = name.replace('"', '""')
    return name if _PLAIN_NAME.fullmatch(name) else f'"{quoted}"'


def stored_type(native: str, dialect: Dialect) -> str:
    """Return the canonical type in which results of a native type are stored, inside and out."""
    types = dialect.types
    if native in types.families:
        return types.stored_as.get(native, native)
    canonical = canonical_type(native, dialect)
    taken = take_apart(canonical)
    if taken is None:
        head = _HEAD.match(canonical)
        return types.stored_as.get(head.group(), canonical) if head else canonical
    parts = tuple((name, stored_type(kind, dialect)) for name, kind in taken.parts)
    sized = taken.is_list and "ARRAY" not in types.stored_as
    return _joined(NestedText(taken.head if sized or not taken.is_list else "[]", parts))


def translated_type(native: str, source: Dialect, target: Dialect) -> str:
    """Return the target's type that holds exactly the values of a source type; "" when none does.

    Types are met by what contracts call them: `string`, `timestamp`, `i32`, `f64` and so on.
    """
    canonical = canonical_type(native, source)
    if canonical.endswith("[]"):
        items = translated_type(canonical[:-2], source, target)
        return f"{items}[]" if items else ""
    if canonical.startswith("DECIMAL("):
        return canonical if _has_room(canonical, target) else ""
    formats = [name for name, each in source.types.formats.items() if each == canonical]
    if formats:
        # A type that stands for several of them holds the values of the widest.
        signed = [name for name in formats if not name.startswith("u")]
        return target.types.formats[(signed or formats)[-1]]
    for name in _CERTAIN:
        if source.types.logical[name] == canonical:
            return target.types.logical[name]
    same = source.types.families.get(canonical, "")
    own = target.types.families.get(canonical, "") == same
    return canonical if own and same in ("uuid", "interval") else ""


def _has_room(decimal: str, target: Dialect) -> bool:
    """Whether a dialect has decimals of this size."""
    size = _DECIMAL.search(decimal)
    if size is None or not target.types.digits:
        return True
    digits, behind = int(size.group(1)), int(size.group(2) or 0)
    return digits <= target.types.digits and 0 <= behind <= digits


def family_of(native: str, dialect: Dialect) -> str:
    """Return the family of a native type, "" when it is not known."""
    canonical = canonical_type(native, dialect)
    if _LIST.search(canonical):
        return "array"
    head = _HEAD.match(canonical)
    return dialect.types.families.get(head.group(), "") if head else ""


def nearest_type(name: str, dialect: Dialect) -> str:
    """Say which type of the dialect was probably meant, as a note."""
    known = [each.lower() for each in (*dialect.types.families, *dialect.types.synonyms)]
    word = name.partition("(")[0].strip()
    return did_you_mean(word, known, f"{dialect.name} has no such type")


def fit_problem(promised: Promised, native: str, dialect: Dialect) -> str:
    """Say why a column of a native type does not keep what a contract promises; "" when it does.

    An unknown type ("") fits. A physical type must be the same but for its spelling, and one that
    results can be stored in. A number takes integers too: every integer is a number.
    """
    if promised.physical_type:
        given = native or stored_type(promised.physical_type, dialect)
        wanted = canonical_type(promised.physical_type, dialect)
        fits = canonical_type(given, dialect) == wanted
        return "" if fits else f"{promised.physical_type} is promised, it is {given}"
    if not native:
        return ""
    takes = _TAKES.get(promised.logical_type)
    family = family_of(native, dialect)
    if takes is None or not family:
        return ""
    if family not in takes or _is_fractional(promised.logical_type, native, dialect):
        return f"{promised.logical_type} is promised, it is {native}"
    return _zone_problem(promised.options, family)


def _is_fractional(logical_type: str, native: str, dialect: Dialect) -> bool:
    """Whether an integer is promised and this is a decimal with digits behind the point."""
    canonical = canonical_type(native, dialect)
    if logical_type != "integer" or not canonical.startswith("DECIMAL"):
        return False
    size = _DECIMAL.search(canonical)
    return size is None or size.group(2) not in (None, "0")


def _zone_problem(options: Mapping[str, Any], family: str) -> str:
    wanted = options.get("timezone")
    if family not in ("timestamp", "timestamptz") or wanted is None:
        return ""
    if bool(wanted) == (family == "timestamptz"):
        return ""
    return (
        "a time zone is promised, it has none" if wanted else "no time zone is promised, it has one"
    )
