"""Compare two versions of a port: every change of the contract, and what it means to whom.

Both sides are compiled, so that types and checks are compared as readers find them and not as they
are spelled. `weft.contract.change_kinds` says what each kind of change means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from weft.contract.change_kinds import change
from weft.contract.check_compatibility import check_changes, renamed_check
from weft.contract.column_compatibility import column_changes
from weft.contract.document import Element, object_named, primary_key
from weft.contract.renames import renamed
from weft.contract.term_compatibility import same_terms, term_changes
from weft.mesh.change import ChangeAction, ContractChange
from weft.mesh.contract import Status
from weft.mesh.manifest import PortObject, PortVersion
from weft.sql.dialect import Dialect

CREATE, UPDATE, DELETE = ChangeAction.CREATE, ChangeAction.UPDATE, ChangeAction.DELETE


def contract_changes(
    old: PortVersion, new: PortVersion, dialect: Dialect
) -> tuple[ContractChange, ...]:
    """All changes from one version of a port to another, of the same major or not.

    Nothing differs between a version and itself, but for the version's number, which is no change
    of what is promised. What is only spelled otherwise is one change.
    """
    found = tuple(_changes(old, new, dialect))
    if not found and not same_terms(old.contract, new.contract):
        return (change("details-changed", UPDATE, "the contract's text", note="means the same"),)
    several = len({each.name for each in (*old.objects, *new.objects)}) > 1
    return tuple(map(_with_object, found)) if several else found


def _with_object(found: ContractChange) -> ContractChange:
    """A change that says in which object it is, so that no two changes have one title."""
    if not found.object or found.what == f"object {found.object}":
        return found
    return replace(found, what=f"{found.what} of {found.object}")


def _changes(old: PortVersion, new: PortVersion, dialect: Dialect) -> Iterator[ContractChange]:
    if old.status is not new.status:
        kind = _status_kind(old.status, new.status)
        yield change(kind, UPDATE, "status", old.status, new.status)
    before = {each.name: each for each in old.objects}
    after = {each.name: each for each in new.objects}
    for name in sorted({*before, *after}):
        if name not in after:
            yield replace(change("object-removed", DELETE, f"object {name}"), object=name)
        elif name not in before:
            yield replace(change("object-added", CREATE, f"object {name}"), object=name)
        elif before[name] != after[name] or old.contract != new.contract:
            documents = (object_named(old.contract, name), object_named(new.contract, name))
            yield from _object_changes((before[name], after[name]), documents, dialect)
    if old.contract != new.contract:
        yield from term_changes(old.contract, new.contract)


def _status_kind(old: Status, new: Status) -> str:
    if old.published != new.published:
        return "status-published" if new.published else "status-withdrawn"
    if not new.published:
        return "details-changed"
    return "status-deprecated" if new is Status.DEPRECATED else "status-reactivated"


def _object_changes(
    objects: tuple[PortObject, PortObject],
    documents: tuple[Element, Element],
    dialect: Dialect,
) -> Iterator[ContractChange]:
    old, new = objects
    called = renamed(documents[1])
    for each in column_changes(old, new, called, dialect):
        yield replace(each, object=old.name)
    before, after = _names(old), _names(new)
    had = {name: was for name, was in called.items() if was in before and name not in before}
    now = {was: name for name, was in had.items()}
    gone = {name for name in before if now.get(name, name) not in after}
    key = tuple(now.get(each, each) for each in primary_key(documents[0]))
    keys = (key, primary_key(documents[1]))
    checks = (replace(each, check=renamed_check(each.check, now)) for each in old.checks)
    for each in check_changes(checks if now else old.checks, new.checks, keys, gone):
        columns = tuple(had.get(name, name) for name in each.columns)
        yield replace(each, object=old.name, columns=columns)


def _names(obj: PortObject) -> set[str]:
    return {each.name for each in obj.columns}
