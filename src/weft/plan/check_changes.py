"""Compare the checks of one object: what is promised more, less, or otherwise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any

from weft.contract.checks import expected_text
from weft.mesh.check import Check, CheckKind
from weft.mesh.contract import Operator
from weft.mesh.manifest import CheckQuery
from weft.plan.plan import ChangeAction, FieldChange

_AUDITED = "audited, no rebuild"
_LOOSENED = "loosened, audited again"

# What readers may have counted on, and what they get without the check.
_GONE = {
    CheckKind.REQUIRED: "loosened, may be empty now",
    CheckKind.UNIQUE: "loosened, may repeat now",
    CheckKind.ENUM: "loosened, may be anything now",
    CheckKind.OPTION: "loosened, no longer checked",
}


# The arguments that people write and that a label does not name in full.
_WRITTEN = ("values", "pattern", "missing", "query", "to", "to_columns")


def _at_least(new: Any, old: Any) -> bool:
    return bool(new >= old)


def _at_most(new: Any, old: Any) -> bool:
    return bool(new <= old)


# How another bound compares with the one before it where everything that passed still passes.
_LOOSER_OPTIONS: dict[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), _at_least),
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), _at_most),
}
_LOOSER_BOUNDS: dict[Operator, Callable[[Any, Any], bool]] = {
    **dict.fromkeys((Operator.LESS, Operator.LESS_OR_EQUAL), _at_least),
    **dict.fromkeys((Operator.GREATER, Operator.GREATER_OR_EQUAL), _at_most),
    Operator.BETWEEN: lambda new, old: bool(new[0] <= old[0] and old[1] <= new[1]),
    Operator.NOT_BETWEEN: lambda new, old: bool(old[0] <= new[0] and new[1] <= old[1]),
}


def check_fields(
    old: Iterable[CheckQuery], new: Iterable[CheckQuery], gone: Collection[str] = ()
) -> list[FieldChange]:
    """The checks that differ, by id: new and changed ones first; where they stand is no matter.

    Checks of columns that are `gone` loosen nothing.
    """
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
            lost = not set(gone).isdisjoint(check.columns)
            note = "goes with its column" if lost else _GONE.get(check.kind, "no longer checked")
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
        "; ".join(
            f"{name} {_text(check.arguments[name])}"
            for name in _WRITTEN
            if check.arguments.get(name)
        ),
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
    return bool(before and before < after) or _has_looser_bound(old, new)


def _has_looser_bound(old: Check, new: Check) -> bool:
    """Whether nothing but a bound differs, and it is further away."""
    if old.kind is CheckKind.OPTION:
        before, after = (each.arguments["value"] for each in (old, new))
        is_looser = _LOOSER_OPTIONS.get(new.arguments["option"])
        as_before = replace(new, arguments={**new.arguments, "value": before})
    else:
        before, after = old.threshold, new.threshold
        is_looser = _LOOSER_BOUNDS.get(new.operator) if new.operator else None
        as_before = replace(new, threshold=before)
    if is_looser is None or replace(as_before, label=old.label, where=old.where) != old:
        return False
    return _is_comparable(before, after) and is_looser(after, before)


def _is_comparable(before: Any, after: Any) -> bool:
    """Whether two bounds have an order: nobody checks them where a contract names no type."""
    kinds = ((int, float), str, list)
    return any(isinstance(before, kind) and isinstance(after, kind) for kind in kinds)
