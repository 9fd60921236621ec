"""What Weft has to know of a warehouse's SQL, as data and a few functions; found by name.

The values stand in one file per warehouse beside this one. Connections are no part of it.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

_MODULE = re.compile(r"[a-z][a-z0-9]*")


class Case(StrEnum):
    """What a warehouse does with the case of identifiers."""

    IGNORED = "ignored"
    """`"A"`, `a` and `A` are one name, shown as it was written."""

    LOWER = "lower"
    """Without quotes a name becomes lower-case; in quotes it stays as it is."""

    UPPER = "upper"
    """Without quotes a name becomes upper-case; in quotes it stays as it is."""


@dataclass(frozen=True)
class TypeNames:
    """The native types of a warehouse.

    `families` says for every native type, without its arguments, what kind of value it holds:
    string, integer, decimal, float, boolean, date, time, timestamp, timestamptz, array, object,
    map, json, uuid, binary or interval. `synonyms` maps other spellings to those.
    `logical` is the native type for reading a logical type, `formats` the one for a `format`.
    `stored_as` gives the type in which results of a type must be stored to keep their values; with
    `ARRAY` in it, lists are stored without their length.
    `decimal` is the size of a DECIMAL that names none, such as `(18,3)`, and `digits` the most that
    one can have, 0 where there is no limit. `alike` says for types that no contract names which of
    them hold the same values on every warehouse: `binary`, `json`, `uuid`; the first of each is
    the one to write.
    """

    families: Mapping[str, str]
    synonyms: Mapping[str, str]
    logical: Mapping[str, str]
    formats: Mapping[str, str]
    stored_as: Mapping[str, str]
    decimal: str
    digits: int = 0
    alike: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FunctionNames:
    """Which functions a query may call beside those that every SQL has, by lower-case name.

    `allowed` are pure or volatile, but reach nothing outside the query. `volatile` are those of
    them whose value may differ between two runs. `generators` make rows in FROM from their
    arguments alone. `returns` gives the native type of a function's result where it never
    depends on the arguments, by the function's name. `bare` gives for a function that is written
    without brackets the one that means the same and is called with them. `outputs(name, alias)`
    are the columns of a generator to which FROM gives no others; the alias is "" where there is
    none.
    """

    allowed: frozenset[str]
    volatile: frozenset[str]
    generators: frozenset[str]
    returns: Mapping[str, str]
    bare: Mapping[str, str] = field(default_factory=dict)
    outputs: Callable[[str, str], tuple[str, ...]] = lambda name, alias: (name,)


@dataclass(frozen=True)
class Snippets:
    """Pieces of SQL that differ between warehouses; arguments are SQL already.

    `count_where(condition)` counts rows. `matches(value, pattern)` searches a regular expression.
    `length(value)` is in characters, `items(value)` of a list. `repeats(value)` is true for a
    list that holds an item twice. `text(value)` and `double(value)` cast. `remainder(value, by)`
    is of a division by a whole number.
    """

    count_where: Callable[[str], str]
    matches: Callable[[str, str], str]
    length: Callable[[str], str]
    items: Callable[[str], str]
    repeats: Callable[[str], str]
    text: Callable[[str], str]
    double: Callable[[str], str]
    remainder: Callable[[str, str], str] = lambda value, by: f"{value} % {by}"


@dataclass(frozen=True)
class Arithmetic:
    """The types of results, as functions of the arguments' native types; "" when not certain.

    `literal(text)` is of a number as written, `of(operator, left, right)` of `+ - * / // % ||`,
    `call(name, argument)` of a function that is called with a first argument of that type,
    `computed(type)` of a value that is negated or taken from another row.
    """

    literal: Callable[[str], str]
    of: Callable[[str, str, str], str]
    call: Callable[[str, str], str]
    computed: Callable[[str], str] = lambda native: native


@dataclass(frozen=True)
class Dialect:
    """The SQL of one warehouse. `sqlglot` is the name under which sqlglot knows it.

    `strict` says that it goes by the standard: integers divide into integers, nothing is divided
    by zero, text has the order of a language, and no value becomes text by itself. `longest_name`
    is the most bytes that a name keeps, 0 where there is no limit. `lacks` are constructs that
    sqlglot passes on and the warehouse does not know, as `weft.sql.constructs` names them.
    `relation(schema, name)` writes the name by which statements read a relation: `builds` and a
    build's key, or `sources` and a source's.
    """

    name: str
    sqlglot: str
    case: Case
    quote: Callable[[str], str]
    string: Callable[[str], str]
    relation: Callable[[str, str], str]
    types: TypeNames
    functions: FunctionNames
    snippets: Snippets
    arithmetic: Arithmetic
    strict: bool = False
    longest_name: int = 0
    lacks: frozenset[str] = frozenset()

    def literal(self, value: str | bool | int | float | Decimal | None) -> str:
        """Write a value as SQL. Raises TypeError for a value of any other type."""
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, str):
            return self.string(value)
        if isinstance(value, Decimal) and value.is_finite():
            return format(value, "f")
        if isinstance(value, float) and value - value == 0:
            return repr(value)
        if isinstance(value, int):
            return str(value)
        if isinstance(value, (float, Decimal)):
            return self.snippets.double(self.string(str(value)))
        raise TypeError(f"a {type(value).__name__} is no SQL value")

    def fold(self, identifier: str, quoted: bool = False) -> str:
        """Return what identifiers that mean the same have in common."""
        if self.case is Case.IGNORED:
            return identifier.lower()
        if quoted:
            return identifier
        return identifier.lower() if self.case is Case.LOWER else identifier.upper()

    def spelled(self, identifier: str, quoted: bool = False) -> str:
        """Return the name that a column has when a query calls it so."""
        return identifier if self.case is Case.IGNORED else self.fold(identifier, quoted)

    def native_type(
        self, logical_type: str, physical_type: str = "", options: Mapping[str, Any] | None = None
    ) -> str:
        """Return the native type in which data of a contract's type is read.

        `physical_type` wins when it is given; "" when nothing says a type.
        """
        if physical_type:
            return physical_type
        options = options or {}
        if logical_type == "timestamp" and options.get("timezone"):
            return self.types.formats["timezone"]
        wanted = options.get("format")
        if logical_type in ("integer", "number") and isinstance(wanted, str):
            return self.types.formats.get(wanted, self.types.logical[logical_type])
        return self.types.logical.get(logical_type, "")


@lru_cache(maxsize=64)
def dialect_named(name: str) -> Dialect:
    """Find a dialect by its name. Raises KeyError when there is none."""
    found: object = None
    if _MODULE.fullmatch(name):
        module = f"{__package__}.{name}"
        try:
            found = getattr(importlib.import_module(module), "DIALECT", None)
        except ModuleNotFoundError as missing:
            if missing.name != module:
                raise
    if not isinstance(found, Dialect):
        raise KeyError(name)
    return found


def is_dialect(name: str) -> bool:
    """Whether there is a dialect of this name."""
    try:
        dialect_named(name)
    except KeyError:
        return False
    return True


def dialect_names() -> tuple[str, ...]:
    """Return the names of all dialects, sorted."""
    package = importlib.import_module(__package__)
    return tuple(
        sorted(
            module.name
            for module in pkgutil.iter_modules(package.__path__)
            if hasattr(importlib.import_module(f"{__package__}.{module.name}"), "DIALECT")
        )
    )
