"""Compare the columns that two versions of an object show, and what is inside of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from weft.mesh.check import Promise
from weft.mesh.manifest import Column, PortObject
from weft.plan.plan import WIDER, ChangeAction, ChangeClass, FieldChange
from weft.sql.dialect import Dialect
from weft.sql.nested import ITEM, outside_of, part_path, parts_of
from weft.sql.types import canonical_type
from weft.sql.widening import is_wider

CREATE, UPDATE, DELETE = ChangeAction.CREATE, ChangeAction.UPDATE, ChangeAction.DELETE
ADDITIVE, BREAKING = ChangeClass.ADDITIVE, ChangeClass.BREAKING


@dataclass(frozen=True)
class _Shown:
    """A column, or a part of one, as readers find it.

    `sure` is the native type that the contract leaves no choice of, `given` the one that the model
    gives, each "" where it is not known; `promise` has the contract's words.
    """

    promise: Promise
    sure: str
    given: str

    @property
    def known(self) -> str:
        """The native type that readers get."""
        return self.given or (self.sure if self.promise.physical_type else "")

    def __str__(self) -> str:
        return self.given or self.sure or self.promise.logical_type


def column_fields(old: PortObject, new: PortObject, dialect: Dialect) -> Iterator[FieldChange]:
    """The columns that differ. Removed or retyped ones break; added and wider ones do not.

    What is inside of a column is compared in the same way. A new order is only a new order.
    """
    before, after = (_columns(each, dialect) for each in (old, new))
    yield from _compared("", before, after, dialect)
    if [name for name in before if name in after] != [name for name in after if name in before]:
        yield FieldChange(UPDATE, "order of columns", note="reordered", category=ChangeClass.VIEW)


def _columns(obj: PortObject, dialect: Dialect) -> dict[str, _Shown]:
    promises = {each.name: each for each in obj.promises}
    given = {each.name: each.type for each in obj.given}
    return {
        each.name: _shown(
            promises.get(each.name, Promise(each.name)), each, given.get(each.name, ""), dialect
        )
        for each in obj.columns
    }


def _shown(promise: Promise, column: Column, given: str, dialect: Dialect) -> _Shown:
    sure = column.type
    if not sure and promise.options.get("timezone") is not None:
        sure = dialect.native_type(promise.logical_type, "", promise.options)
    return _Shown(promise, canonical_type(sure, dialect), canonical_type(given, dialect))


def _compared(
    path: str, before: Mapping[str, _Shown], after: Mapping[str, _Shown], dialect: Dialect
) -> Iterator[FieldChange]:
    for name, old in before.items():
        if name not in after:
            gone = f"column {_path(path, name, old)}"
            yield FieldChange(DELETE, gone, note="removed", category=BREAKING)
    for name, new in after.items():
        here = _path(path, name, new)
        if name not in before:
            note = str(new) or "added"
            yield FieldChange(CREATE, f"column {here}", note=note, category=ADDITIVE)
            continue
        old = before[name]
        both_known = bool(old.known and new.known)
        old_parts, new_parts = (_parts(each, both_known, dialect) for each in (old, new))
        retyped = _retyped(f"column {here}", old, new, dialect)
        if retyped is not None:
            yield retyped
        else:
            yield from _compared(here, old_parts, new_parts, dialect)


def _path(path: str, name: str, shown: _Shown) -> str:
    part = name if name == ITEM else shown.promise.name
    return part_path(path, part) if path else part


def _parts(shown: _Shown, both_known: bool, dialect: Dialect) -> dict[str, _Shown]:
    """What is inside: what is promised; else, where both types are known, all that it has."""
    promise = shown.promise
    promised = {dialect.fold(each.name): each for each in promise.properties}
    if promise.items is not None:
        promised[ITEM] = promise.items
    sure, given = (parts_of(each, dialect) for each in (shown.sure, shown.given))
    names = promised or (parts_of(shown.known, dialect) if both_known else ())
    return {
        name: _shown(
            promised.get(name, Promise(name)),
            Column(name, _physical(promised.get(name)) or sure.get(name, "")),
            given.get(name, ""),
            dialect,
        )
        for name in names
    }


def _physical(promise: Promise | None) -> str:
    return promise.physical_type if promise is not None else ""


def _retyped(what: str, old: _Shown, new: _Shown, dialect: Dialect) -> FieldChange | None:
    """Another type breaks; a wider one does not, nor to promise exactly one of those allowed."""
    logical, wanted = old.promise.logical_type, new.promise.logical_type
    before, after = (outside_of(each.known, dialect) for each in (old, new))
    if before and after and before != after:
        allowed = logical == wanted and not old.promise.physical_type
        if allowed and is_wider(new.known, old.known, dialect):
            return FieldChange(UPDATE, what, old.known, new.known, WIDER, ADDITIVE)
        return FieldChange(UPDATE, what, old.known, new.known, "other type", BREAKING)
    if logical != wanted:
        texts = (str(old), str(new)) if str(old) != str(new) else (logical, wanted)
        return _repromised(what, *texts, milder=not logical)
    if outside_of(old.sure, dialect) != outside_of(new.sure, dialect):
        return _repromised(what, old.sure or logical, new.sure or wanted, milder=not old.sure)
    return None


def _repromised(what: str, old: str, new: str, *, milder: bool) -> FieldChange:
    if milder:
        return FieldChange(UPDATE, what, old, new, "exactly this type now", ADDITIVE)
    return FieldChange(UPDATE, what, old, new, "other type", BREAKING)
