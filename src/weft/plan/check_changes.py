"""Compare the checks of one object: what is promised more, less, or otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from weft.contract.checks import expected_text
from weft.mesh.check import Check, CheckKind
from weft.mesh.manifest import CheckQuery
from weft.plan.plan import ChangeAction, FieldChange

_AUDITED = "audited, no rebuild"
_LOOSENED = "loosened, audited again"

# What readers may have counted on, and what they get without the check.
_GONE = {
    CheckKind.REQUIRED: "loosened, may be empty now",
    CheckKind.UNIQUE: "loosened, may repeat now",
    CheckKind.ENUM: "loosened, may be anything now",
}


def check_fields(old: Iterable[CheckQuery], new: Iterable[CheckQuery]) -> list[FieldChange]:
    """The checks that differ, by id: new and changed ones first; where they stand is no matter."""
    before = {each.check.id: each.check for each in old}
    after = {each.check.id: each.check for each in new}
    fields: list[FieldChange] = []
    for name, check in after.items():
        if name not in before:
            fields.append(FieldChange(ChangeAction.CREATE, f"check {check.label}", note=_AUDITED))
        else:
            fields += _changed(before[name], check)
    for name, check in before.items():
        if name not in after:
            note = _GONE.get(check.kind, "no longer checked")
            fields.append(FieldChange(ChangeAction.DELETE, f"check {check.label}", note=note))
    return fields


def _changed(old: Check, new: Check) -> Iterable[FieldChange]:
    pairs = zip(_terms(old), _terms(new), strict=True)
    differing = [(before, after) for before, after in pairs if before != after]
    if differing:
        before, after = (", ".join(filter(None, texts)) for texts in zip(*differing, strict=True))
        note = _LOOSENED if _is_looser(old, new) else _AUDITED
        yield FieldChange(ChangeAction.UPDATE, f"check {new.label}", before, after, note)


def _terms(check: Check) -> tuple[str, ...]:
    """All that a check says, as people write it."""
    return (
        check.label,
        expected_text(check),
        "; ".join(f"{name} {_text(value)}" for name, value in check.arguments.items()),
        "blocks publishing" if check.blocks else "blocks nothing",
        check.severity,
        f"tells {check.notify}" if check.notify else "",
    )


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _is_looser(old: Check, new: Check) -> bool:
    if old.blocks and not new.blocks:
        return True
    before, after = (set(map(str, each.arguments.get("values", ()))) for each in (old, new))
    return bool(before) and before < after
