"""Compare what two versions of a contract say beside columns and checks, in the documents' words.

Service levels, ends, protection and access have an order or an effect; the rest is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from weft.contract.change_kinds import change
from weft.contract.document import Element, custom_properties, own_name
from weft.contract.durations import seconds_of
from weft.contract.outages import outage_of
from weft.contract.renames import renamed
from weft.mesh.change import ChangeAction, ContractChange

CREATE, UPDATE, DELETE = ChangeAction.CREATE, ChangeAction.UPDATE, ChangeAction.DELETE

# Service levels where less is more.
_LOW_IS_GOOD = frozenset(
    (
        *("latency", "freshness", "frequency", "errorRate", "timeToDetect", "timeToNotify"),
        *("timeToRepair", "timeOfAvailability", "generalAvailability"),
    )
)
_HIGH_IS_GOOD = frozenset(("availability", "throughput", "completeness"))
_ENDS = frozenset(("endOfSupport", "endOfLife"))
"""The days on which something ends."""

_CLASSES = ("public", "internal", "confidential", "restricted")
"""Classifications that have an order, the least protected first."""

_ROOT_KINDS = {
    "description": "description-changed",
    "name": "description-changed",
    "context": "description-changed",
    "authoritativeDefinitions": "description-changed",
    "tags": "tags-changed",
    "team": "team-changed",
    "support": "support-changed",
    "price": "price-changed",
    "servers": "server-changed",
}
_ELEMENT_KINDS = {
    **dict.fromkeys(("description", "businessName", "synonyms", "context"), "description-changed"),
    "authoritativeDefinitions": "description-changed",
    "tags": "tags-changed",
}
# What is compared as columns, types and checks, and what says which document it is.
_COMPARED_ELSEWHERE = frozenset(
    (
        *("name", "logicalType", "logicalTypeOptions", "physicalType", "required", "unique"),
        *("primaryKey", "primaryKeyPosition", "enum", "quality", "relationships"),
        *("properties", "items", "map", "vector", "classification"),
    )
)
_OF_THE_DOCUMENT = frozenset(
    ("apiVersion", "kind", "id", "version", "status", "schema", "slaProperties", "roles")
)
_TERMS = ("usage", "limitations")
_CUSTOM = "customProperties"
# Custom properties of vendor weft that are about the act of changing, and no part of a promise.
_ABOUT_CHANGES = frozenset(("waivers", "renamed_from", "candidate"))
# Those that have changes of their own beside.
_TOLD_APART = _ABOUT_CHANGES | {"outage"}


def term_changes(old: Element, new: Element) -> Iterator[ContractChange]:
    """What differs between two ODCS documents beside columns, types, checks and status."""
    yield from _service_levels(old, new)
    yield from _outages(old, new)
    yield from _roles(old, new)
    yield from _terms(old, new)
    yield from _properties(old, new)
    for key in sorted(({*old, *new} - _OF_THE_DOCUMENT), key=str):
        if key not in ("description", _CUSTOM) and old.get(key) != new.get(key):
            kind = _ROOT_KINDS.get(key, "details-changed")
            yield change(kind, _action(old.get(key), new.get(key)), key)
    yield from _elements(old, new)


def same_terms(old: Element, new: Element) -> bool:
    """Whether two documents promise the same to the letter, whatever their versions are."""
    before, after = (
        {key: value for key, value in each.items() if key not in ("version", "status")}
        for each in (old, new)
    )
    return bool(_without_marks(before) == _without_marks(after))


def _without_marks(value: Any) -> Any:
    """A value without the custom properties that only go with a change, at any depth."""
    if isinstance(value, Mapping):
        kept = {key: _told(key, value) for key in value}
        return {key: _without_marks(each) for key, each in kept.items() if each is not None}
    return [_without_marks(each) for each in value] if isinstance(value, list) else value


def _told(key: str, element: Element, left_out: frozenset[str] = _ABOUT_CHANGES) -> Any:
    """The value of a key, without custom properties that are left out."""
    value = element.get(key)
    if key != _CUSTOM:
        return value
    custom = ((each, custom_properties({key: [each]})) for each in value or ())
    return [each for each, named in custom if left_out.isdisjoint(named)] or None


def _action(old: object, new: object) -> ChangeAction:
    if old is None:
        return CREATE
    return DELETE if new is None else UPDATE


def _by(key: Callable[[Element], str], listed: Any) -> dict[str, Element]:
    return {key(each): each for each in listed or ()}


def _service_levels(old: Element, new: Element) -> Iterator[ContractChange]:
    before, after = (_by(_level_name, each.get("slaProperties")) for each in (old, new))
    for name, level in after.items():
        if name not in before:
            kind = "end-set" if level["property"] in _ENDS else "service-level-added"
            yield change(kind, CREATE, _level(level, name), "", _value(level))
        elif _value(before[name]) != _value(level):
            kind = _level_kind(before[name], level)
            texts = (_value(before[name]), _value(level))
            yield change(kind, UPDATE, _level(level, name), *texts)
        elif before[name] != level:
            yield change("details-changed", UPDATE, _level(level, name))
    for name, level in before.items():
        if name not in after:
            kind = "end-taken-back" if level["property"] in _ENDS else "service-level-removed"
            yield change(kind, DELETE, _level(level, name), _value(level))


def _level_name(level: Element) -> str:
    return " of ".join(filter(None, (level["property"], level.get("element", ""))))


def _level(level: Element, name: str) -> str:
    return name if level["property"] in _ENDS else f"service level {name}"


def _value(level: Element) -> str:
    values = (level.get("value"), level.get("valueExt"), level.get("unit"))
    return " ".join(str(each) for each in values if each not in (None, ""))


def _level_kind(old: Element, new: Element) -> str:
    """Which way a service level went, where both say it in terms that can be compared."""
    name = new["property"]
    more = _is_more(_comparable(new), _comparable(old))
    if name in _ENDS:
        return "end-later" if more else "end-earlier"
    if more is None:
        return "service-level-changed"
    if name == "retention":
        return "retention-lengthened" if more else "retention-shortened"
    if name not in _LOW_IS_GOOD | _HIGH_IS_GOOD:
        return "service-level-changed"
    return "service-level-improved" if more == (name in _HIGH_IS_GOOD) else "service-level-worsened"


def _is_more(new: float | str | None, old: float | str | None) -> bool | None:
    """Whether a value is greater than another; None where they have no order, or are equal."""
    if isinstance(new, float) and isinstance(old, float):
        return None if new == old else new > old
    if isinstance(new, str) and isinstance(old, str):
        return None if new == old else new > old
    return None


def _comparable(level: Element) -> float | str | None:
    """A service level in seconds or as a plain number, a day, or a time of day."""
    value, unit = level.get("value"), str(level.get("unit") or "")
    seconds = seconds_of(value, unit)
    if seconds is not None or isinstance(value, bool) or value is None:
        return seconds
    text = str(value).strip()
    try:
        return float(text.removesuffix("%").strip())
    except ValueError:
        return text if text[:1].isdigit() else None


def _outages(old: Element, new: Element) -> Iterator[ContractChange]:
    before, after = outage_of(old), outage_of(new)
    if before == after:
        return
    kind = "outage-moved" if before and after else "outage-set" if after else "outage-taken-back"
    texts = (str(before or ""), str(after or ""))
    yield change(kind, _action(before, after), "outage", *texts)


def _properties(old: Element, new: Element) -> Iterator[ContractChange]:
    """The custom properties of a whole contract, each by its name and with what it says."""
    listed = [_told(_CUSTOM, each, _TOLD_APART) or [] for each in (old, new)]
    before, after = (_by(_property_name, each) for each in listed)
    differing = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    for name in differing:
        was, now = before.get(name), after.get(name)
        yield change("details-changed", _action(was, now), name, _said(was), _said(now))
    if listed[0] != listed[1] and not differing:
        yield change("details-changed", UPDATE, _CUSTOM)


def _property_name(custom: Element) -> str:
    return own_name(custom) or f"property {custom.get('property')}"


def _said(custom: Element | None) -> str:
    """What a custom property says, in a few words."""
    value = custom.get("value", "") if custom else ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {each}" for key, each in value.items())
    return str(value)


def _roles(old: Element, new: Element) -> Iterator[ContractChange]:
    before, after = (_by(lambda each: str(each["role"]), each.get("roles")) for each in (old, new))
    for name, role in after.items():
        if name not in before:
            yield change("role-added", CREATE, f"role {name}")
        elif role.get("access") != before[name].get("access"):
            texts = (str(before[name].get("access") or ""), str(role.get("access") or ""))
            yield change("role-changed", UPDATE, f"role {name}", *texts)
        elif role != before[name]:
            yield change("details-changed", UPDATE, f"role {name}")
    for name in before:
        if name not in after:
            yield change("role-removed", DELETE, f"role {name}")


def _terms(old: Element, new: Element) -> Iterator[ContractChange]:
    """The description of a whole contract, whose usage and limits are terms and no mere words."""
    before, after = (each.get("description") or {} for each in (old, new))
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            kind = "terms-changed" if key in _TERMS else "description-changed"
            yield change(kind, _action(before.get(key), after.get(key)), f"description.{key}")


def _elements(old: Element, new: Element) -> Iterator[ContractChange]:
    """Objects and columns that both versions have, and what they say of themselves."""
    before, after = (_by(_name, each.get("schema")) for each in (old, new))
    for name, obj in after.items():
        if before.get(name) in (None, obj):
            continue
        told = _element(f"object {name}", before[name], obj)
        yield from (replace(each, object=name) for each in told)
        columns, called = _by(_name, before[name].get("properties")), renamed(obj)
        for column in obj.get("properties", ()):
            was = columns.get(_name(column)) or columns.get(called.get(_name(column), ""))
            if was is not None and was != column:
                told = _element(f"column {_name(column)}", was, column)
                concerned = (_name(was),)
                yield from (replace(each, object=name, columns=concerned) for each in told)


def _name(element: Element) -> str:
    return str(element.get("name", ""))


def _element(what: str, old: Element, new: Element) -> Iterator[ContractChange]:
    before, after = (each.get("classification") or "" for each in (old, new))
    if before != after:
        yield change(
            _classified(before, after), _action(before or None, after or None), what, before, after
        )
    keys = sorted(({*old, *new} - _COMPARED_ELSEWHERE), key=str)
    differing = [key for key in keys if _told(key, old) != _told(key, new)]
    by_kind: dict[str, list[str]] = {}
    for key in differing:
        by_kind.setdefault(_ELEMENT_KINDS.get(key, "details-changed"), []).append(key)
    for kind, names in by_kind.items():
        yield change(kind, UPDATE, what, note="other " + ", ".join(names))


def _classified(before: str, after: str) -> str:
    if not before or not after:
        return "classification-added" if after else "classification-removed"
    known: Sequence[str] = _CLASSES
    if before.lower() in known and after.lower() in known:
        higher = known.index(after.lower()) > known.index(before.lower())
        return "classification-raised" if higher else "classification-lowered"
    return "classification-changed"
