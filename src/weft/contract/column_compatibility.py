"""Compare the columns that two versions of an object show, and what is inside of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from weft.contract.change_kinds import KINDS, change
from weft.mesh.change import ChangeAction, ContractChange
from weft.mesh.check import Promise
from weft.mesh.manifest import Column, PortObject
from weft.mesh.nearest import nearest
from weft.sql.dialect import Dialect
from weft.sql.nested import ITEM, outside_of, part_path, parts_of
from weft.sql.types import canonical_type
from weft.sql.widening import is_wider

CREATE, UPDATE, DELETE = ChangeAction.CREATE, ChangeAction.UPDATE, ChangeAction.DELETE

# What a plan says in short.
_NOTES = {
    "type-widened": "wider",
    "field-type-widened": "wider",
    "type-narrowed": "narrower",
    "field-type-narrowed": "narrower",
    "type-changed": "other type",
    "field-type-changed": "other type",
    "type-promised": "exactly this type now",
    "field-type-promised": "exactly this type now",
}
_ZONED = " WITH TIME ZONE"


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


def column_changes(
    old: PortObject, new: PortObject, renamed: Mapping[str, str], dialect: Dialect
) -> Iterator[ContractChange]:
    """The columns that differ, and what is inside of them.

    `renamed` gives names of new columns with those that the contract says they had before.
    """
    if (old.columns, old.promises, old.given) == (new.columns, new.promises, new.given):
        return
    before, after = (_columns(each, dialect) for each in (old, new))
    had = {name: was for name, was in renamed.items() if was in before and name not in before}
    for name, was in had.items():
        yield replace(change("column-renamed", UPDATE, f"column {was}", was, name), columns=(was,))
    now = {was: name for name, was in had.items()}
    before = {now.get(name, name): shown for name, shown in before.items()}
    yield from _removed(before, after)
    for name, shown in after.items():
        if name not in before:
            yield _added(name, shown, renamed.get(name, ""))
        elif before[name] != shown:
            for each in _differing(name, before[name], shown, dialect):
                yield replace(each, columns=(had.get(name, name),))
    if [name for name in before if name in after] != [name for name in after if name in before]:
        yield change("columns-reordered", UPDATE, "order of columns")


def _removed(before: Mapping[str, _Shown], after: Mapping[str, _Shown]) -> Iterator[ContractChange]:
    for name, shown in before.items():
        if name not in after:
            note = _perhaps_renamed(name, shown, before, after)
            gone = change("column-removed", DELETE, f"column {name}", note=note)
            yield replace(gone, columns=(name,))


def _added(name: str, shown: _Shown, renamed_from: str) -> ContractChange:
    note = str(shown) or "added"
    if renamed_from:
        note += f"; it cannot be {renamed_from} renamed, which was not published"
    return replace(change("column-added", CREATE, f"column {name}", note=note), columns=(name,))


def _perhaps_renamed(
    name: str, gone: _Shown, before: Mapping[str, _Shown], after: Mapping[str, _Shown]
) -> str:
    """Propose to call a column renamed where one like it came, with its name or at its place."""
    came = [each for each in after if each not in before and str(after[each]) == str(gone)]
    place = list(before).index(name)
    there = [each for each in came if list(after).index(each) == place]
    found = nearest(name, came) or (there[0] if there else "")
    return f"removed; if {found} is it, write `renamed_from: {name}` there" if found else ""


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


def _differing(
    path: str, old: _Shown, new: _Shown, dialect: Dialect, *, inside: bool = False
) -> Iterator[ContractChange]:
    """How one column, or one part of one, differs, and its own parts."""
    retyped = _retyped(old, new, dialect)
    if retyped is not None:
        kind, before_it, after_it = retyped
        kind = f"field-{kind}" if inside and f"field-{kind}" in KINDS else kind
        yield change(kind, UPDATE, f"column {path}", before_it, after_it, _NOTES.get(kind, ""))
        return
    both_known = bool(old.known and new.known)
    before, after = (_parts(each, both_known, dialect) for each in (old, new))
    for name, part in before.items():
        if name not in after:
            gone = f"column {_path(path, name, part)}"
            yield change("field-removed", DELETE, gone)
    for name, part in after.items():
        here = _path(path, name, part)
        if name not in before:
            note = str(part) or "added"
            yield change("field-added", CREATE, f"column {here}", note=note)
        else:
            yield from _differing(here, before[name], part, dialect, inside=True)


def _path(path: str, name: str, shown: _Shown) -> str:
    return part_path(path, name if name == ITEM else shown.promise.name)


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


def _retyped(old: _Shown, new: _Shown, dialect: Dialect) -> tuple[str, str, str] | None:
    """The kind of a change of type, with both types.

    Another type breaks; a wider one does not, nor to promise exactly one of those allowed.
    """
    logical, wanted = old.promise.logical_type, new.promise.logical_type
    before, after = (outside_of(each.known, dialect) for each in (old, new))
    if before and after and before != after:
        allowed = logical == wanted and not old.promise.physical_type
        is_wide = allowed and is_wider(new.known, old.known, dialect)
        kind = "type-widened" if is_wide else _otherwise(old.known, new.known, dialect)
        return kind, old.known, new.known
    if logical != wanted:
        texts = (str(old), str(new)) if str(old) != str(new) else (logical, wanted)
        return ("type-changed" if logical else "type-promised", *texts)
    if outside_of(old.sure, dialect) != outside_of(new.sure, dialect):
        return _repromised(old, new, dialect), old.sure or logical, new.sure or wanted
    return None


def _repromised(old: _Shown, new: _Shown, dialect: Dialect) -> str:
    if not old.sure:
        return "type-promised"
    return _otherwise(old.sure, new.sure, dialect) if new.sure else "type-freed"


def _otherwise(old: str, new: str, dialect: Dialect) -> str:
    """The kind of a change to a type that is no wider one."""
    zoned = [canonical_type(each, dialect).endswith(_ZONED) for each in (old, new)]
    families = [canonical_type(each, dialect).removesuffix(_ZONED) for each in (old, new)]
    if families[0] == families[1] and zoned[0] != zoned[1]:
        return "time-zone-added" if zoned[1] else "time-zone-removed"
    return "type-narrowed" if is_wider(old, new, dialect) else "type-changed"
