"""Which parts of a column readers find in another type than before, at every depth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from weft.sql.dialect import Dialect
from weft.sql.nested import ITEM, Nested, outside_of, part_path, parts_of
from weft.sql.types import canonical_type
from weft.sql.widening import is_wider


@dataclass(frozen=True)
class Retyped:
    """A part whose type is neither the same nor wider; `new` is "" where the part is gone."""

    path: str
    new: str
    old: str


def retyped(promised: Nested, new: str, old: str, dialect: Dialect) -> Iterator[Retyped]:
    """Compare the native types of a column with what its readers had; an unknown one is no change.

    Where fields are promised only those count; else all that were there do.
    """
    if new and old:
        yield from _retyped(promised, new, old, dialect, promised.name)


def _retyped(
    promised: Nested | None, new: str, old: str, dialect: Dialect, path: str
) -> Iterator[Retyped]:
    before, after = canonical_type(old, dialect), canonical_type(new, dialect)
    if before == after or is_wider(after, before, dialect):
        return
    if outside_of(before, dialect) != outside_of(after, dialect):
        yield Retyped(path, new, old)
        return
    here = parts_of(after, dialect)
    wanted = _promised_parts(promised, dialect)
    for name, kind in parts_of(before, dialect).items():
        inside = part_path(path, name)
        if wanted and name not in wanted:
            continue
        if name in here:
            yield from _retyped(wanted.get(name), here[name], kind, dialect, inside)
        else:
            yield Retyped(inside, "", kind)


def _promised_parts(promised: Nested | None, dialect: Dialect) -> dict[str, Nested]:
    if promised is None:
        return {}
    if promised.items is not None:
        return {ITEM: promised.items}
    return {dialect.fold(each.name): each for each in promised.properties}
