"""What is inside of a native type, and whether it keeps what a contract promises of its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from weft.mesh.nearest import did_you_mean
from weft.sql.dialect import Dialect
from weft.sql.type_text import take_apart
from weft.sql.types import Promised, canonical_type, fit_problem

ITEM = "[]"
"""What stands for a list's items where a field's name would stand."""


class Nested(Promised, Protocol):
    """The typed part of a contract's property, with what it promises of the parts inside."""

    @property
    def name(self) -> str: ...
    @property
    def properties(self) -> Sequence[Nested]: ...
    @property
    def items(self) -> Nested | None: ...


@dataclass(frozen=True)
class Misfit:
    """A promise that a type does not keep. `path` is as people write it: `items[].price`.

    `keys` lead from the contract's property to what is not kept, as keys and indexes. `missing`
    says that the part is not there at all, `unlisted` that it is and the promise has no such field.
    """

    path: str
    keys: tuple[str | int, ...]
    problem: str
    missing: bool = False
    unlisted: bool = False


def parts_of(native: str, dialect: Dialect) -> Mapping[str, str]:
    """The native types of what is inside of a type: fields by folded name, or `[]` for items.

    Empty for every other type, and where it is not known.
    """
    taken = take_apart(native)
    if taken is None or not (taken.is_list or taken.parts[0][0]):
        return {}
    return {
        ITEM if taken.is_list else dialect.fold(name): canonical_type(kind, dialect)
        for name, kind in taken.parts
    }


def outside_of(native: str, dialect: Dialect) -> str:
    """The type without what is inside of it, where that is compared part by part."""
    parts = parts_of(native, dialect)
    if not parts:
        return native
    if ITEM not in parts:
        return "fields"
    return native[native.rindex("[") :] if native.endswith("]") else "list"


def part_path(path: str, part: str) -> str:
    """Write the path of a part.

    >>> part_path("items", "[]"), part_path("items[]", "price")
    ('items[]', 'items[].price')
    """
    return f"{path}{ITEM}" if part == ITEM else f"{path}.{part}"


def misfits(promised: Nested, native: str, dialect: Dialect) -> Iterator[Misfit]:
    """Find what a column of a native type does not keep of a promise, at every depth.

    Inside of a type that does not fit, or whose inside is not known, nothing is looked for.
    """
    return _misfits(promised, native, dialect, promised.name, ())


def _misfits(
    promised: Nested, native: str, dialect: Dialect, path: str, keys: tuple[str | int, ...]
) -> Iterator[Misfit]:
    problem = fit_problem(promised, native, dialect)
    if problem:
        key = "physicalType" if promised.physical_type else "logicalType"
        yield Misfit(path, (*keys, key), problem)
        return
    inside = parts_of(native, dialect) if promised.properties or promised.items else {}
    if ITEM in inside:
        if promised.items is not None:
            item = part_path(path, ITEM)
            yield from _misfits(promised.items, inside[ITEM], dialect, item, (*keys, "items"))
        return
    if promised.properties:
        yield from _unlisted(promised, inside, dialect, path, keys)
    for number, each in enumerate(promised.properties if inside else ()):
        here, there = part_path(path, each.name), (*keys, "properties", number)
        found = inside.get(dialect.fold(each.name))
        if found is None:
            near = did_you_mean(each.name, inside, f"it is {native}")
            yield Misfit(here, (*there, "name"), near, missing=True)
        else:
            yield from _misfits(each, found, dialect, here, there)


def _unlisted(
    promised: Nested,
    inside: Mapping[str, str],
    dialect: Dialect,
    path: str,
    keys: tuple[str | int, ...],
) -> Iterator[Misfit]:
    """Fields beside those that are promised: nothing hides them from readers.

    While a promised one is missing, another may be that one under a misspelled name.
    """
    listed = {dialect.fold(each.name) for each in promised.properties}
    if listed <= inside.keys():
        for name in inside:
            if name not in listed:
                problem = "the contract lists the fields and not this one"
                yield Misfit(part_path(path, name), (*keys, "properties"), problem, unlisted=True)
