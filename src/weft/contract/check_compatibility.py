"""Compare the checks of two versions of an object: what is promised more, less, or otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from weft.contract.change_kinds import change
from weft.contract.checks import expected_text, slug
from weft.mesh.change import ChangeAction, ContractChange
from weft.mesh.check import Check, CheckKind
from weft.mesh.contract import Operator
from weft.mesh.manifest import CheckQuery

_RANGES = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_LENGTHS = ("minLength", "maxLength", "minItems", "maxItems", "uniqueItems")

# What a check is about, as the kinds of changes begin.
_ABOUT = {
    CheckKind.REQUIRED: "required",
    CheckKind.UNIQUE: "unique",
    CheckKind.ENUM: "enum",
    CheckKind.RELATIONSHIP: "relationship",
}
_ABOUT_OPTIONS = {
    **dict.fromkeys(_RANGES, "range"),
    **dict.fromkeys(_LENGTHS, "length"),
    "pattern": "pattern",
    "format": "format",
}
# What readers may have counted on, and what they get without the check.
_GONE = {
    CheckKind.REQUIRED: "may be empty now",
    CheckKind.UNIQUE: "may repeat now",
    CheckKind.ENUM: "may be anything now",
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


def renamed_check(check: Check, names: Mapping[str, str]) -> Check:
    """A check as it is called once columns have other names: `names` gives each its new one."""
    renamed = [each for each in check.columns if each in names]
    if not renamed:
        return check
    columns = tuple(names.get(each, each) for each in check.columns)
    check = replace(check, columns=columns)
    for was in renamed:
        check = replace(
            check,
            id=_with_name(check.id, slug(was), slug(names[was]), r"[^_]"),
            label=_with_name(check.label, was, names[was], r"\w"),
        )
    return check


def _with_name(text: str, was: str, name: str, inside: str) -> str:
    """A text with another name where a name stands whole, next to nothing that is `inside` one."""
    return re.sub(f"(?<!{inside}){re.escape(was)}(?!{inside})", lambda _: name, text)


def check_changes(
    old: Iterable[CheckQuery],
    new: Iterable[CheckQuery],
    keys: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
    gone: Collection[str] = (),
) -> Iterator[ContractChange]:
    """The checks that differ, by id: new and changed ones first; where they stand is no matter.

    `keys` are the primary keys before and after. Checks of columns that are `gone` promise nothing
    less.
    """
    before = {each.check.id: each.check for each in old}
    after = {each.check.id: each.check for each in new}
    for name, check in after.items():
        if name not in before:
            yield _told(f"{_about(check, keys[1])}-added", ChangeAction.CREATE, check)
        elif before[name] != check and _terms(before[name]) != _terms(check):
            yield _changed(before[name], check)
    for name, check in before.items():
        if name not in after and set(gone).isdisjoint(check.columns):
            kind = f"{_about(check, keys[0])}-removed"
            found = _told(kind, ChangeAction.DELETE, check)
            note = _GONE.get(check.kind)
            yield replace(found, note=f"{found.note}, {note}" if note else found.note)


def _about(check: Check, key: tuple[str, ...]) -> str:
    if check.kind is CheckKind.UNIQUE and check.columns == key:
        return "primary-key"
    if check.kind is CheckKind.OPTION:
        return _ABOUT_OPTIONS[check.arguments["option"]]
    return _ABOUT.get(check.kind, "rule")


def _told(kind: str, action: ChangeAction, check: Check) -> ContractChange:
    return replace(change(kind, action, f"check {check.label}"), columns=check.columns)


def _changed(old: Check, new: Check) -> ContractChange:
    pairs = zip(_terms(old), _terms(new), strict=True)
    differing = [(before, after) for before, after in pairs if before != after]
    before, after = (", ".join(filter(None, texts)) for texts in zip(*differing, strict=True))
    found = _told(_kind(old, new), ChangeAction.UPDATE, new)
    return replace(found, old=before, new=after)


def _kind(old: Check, new: Check) -> str:
    """The kind of a change: of what blocks first, then of what is asked, then of words alone."""
    if old.blocks != new.blocks:
        return "rule-blocks" if new.blocks else "rule-blocks-no-more"
    if _asked(old) == _asked(new):
        return "rule-described"
    about = _about(new, ())
    if about == "enum":
        return _enum_kind(old, new)
    if about in ("range", "length", "rule"):
        if _has_looser_bound(old, new):
            return f"{about}-loosened"
        if _has_looser_bound(new, old):
            return f"{about}-tightened"
        # Bounds that cannot be compared may let more pass.
        return "rule-changed" if about == "rule" else f"{about}-loosened"
    return f"{about}-changed" if about in ("pattern", "format", "relationship") else "rule-changed"


def _enum_kind(old: Check, new: Check) -> str:
    before, after = (set(map(str, each.arguments["values"])) for each in (old, new))
    if before < after:
        return "enum-value-added"
    return "enum-value-removed" if after < before else "enum-changed"


def _asked(check: Check) -> tuple[object, ...]:
    """What a check measures and wants, without the words about it."""
    written = [check.arguments.get(name) for name in (*_WRITTEN, "option", "value")]
    return (*written, check.columns, check.operator, check.threshold, check.unit)


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


def _has_looser_bound(old: Check, new: Check) -> bool:
    """Whether nothing but a bound differs, and it is further away, or more values are allowed."""
    if old.kind is CheckKind.OPTION:
        before, after = (each.arguments["value"] for each in (old, new))
        is_looser = _LOOSER_OPTIONS.get(new.arguments["option"])
        as_before = replace(new, arguments={**new.arguments, "value": before})
    elif _has_more_values(old, new):
        return True
    else:
        before, after = old.threshold, new.threshold
        is_looser = _LOOSER_BOUNDS.get(new.operator) if new.operator else None
        as_before = replace(new, threshold=before)
    if is_looser is None or _asked(as_before) != _asked(old):
        return False
    return _is_comparable(before, after) and is_looser(after, before)


def _has_more_values(old: Check, new: Check) -> bool:
    before, after = (set(map(str, each.arguments.get("values") or ())) for each in (old, new))
    as_before = replace(new, arguments={**new.arguments, "values": old.arguments.get("values")})
    return bool(before) and before < after and _asked(as_before) == _asked(old)


def _is_comparable(before: Any, after: Any) -> bool:
    """Whether two bounds have an order: nobody checks them where a contract names no type."""
    kinds = ((int, float), str, list)
    return any(isinstance(before, kind) and isinstance(after, kind) for kind in kinds)
