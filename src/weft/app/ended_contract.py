"""The text of a contract whose port ends: deprecated, in an outage, retired, and back again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weft.app.definition import definition_data, entries
from weft.app.yaml_edit import append_entry, remove_entry, set_value
from weft.mesh.contract import Status

_CUSTOM = "customProperties"
_LEVELS = "slaProperties"
_LAST_DAY = "endOfSupport"


@dataclass(frozen=True)
class Sunset:
    """How a port version ends: its last day, an ISO date, what comes after it, and why."""

    until: str
    successor: str = ""
    reason: str = ""


def deprecated(text: str, sunset: Sunset) -> str:
    """Say in a contract that it ends. Raises CannotEdit where only a person should do it."""
    text = set_value(text, Status.DEPRECATED, "status")
    place = _last_day_at(text)
    if place is None:
        text = append_entry(text, _LEVELS, {"property": _LAST_DAY, "value": sunset.until})
    else:
        text = set_value(text, sunset.until, _LEVELS, place, "value")
    for name, value in (("successor", sunset.successor), ("reason", sunset.reason)):
        text = _with_custom(text, name, value) if value else text
    return text


def retired(text: str, by: str = "", reason: str = "") -> str:
    """Retire a contract; with a person and a reason over the heads of those who read it.

    Raises CannotEdit where only a person should do it.
    """
    text = set_value(text, Status.RETIRED, "status")
    return _with_custom(text, "override", {"by": by, "reason": reason}) if by else text


def revived(text: str) -> str:
    """Take a retirement back: deprecated as before, or active without a last day.

    Raises CannotEdit where only a person should do it.
    """
    status = Status.ACTIVE if _last_day_at(text) is None else Status.DEPRECATED
    return _without_custom(set_value(text, status, "status"), "override")


def with_outage(text: str, begins: str, ends: str) -> str:
    """Plan an outage in a contract. Raises CannotEdit where only a person should do it."""
    return _with_custom(text, "outage", {"from": begins, "to": ends})


def without_outage(text: str) -> str:
    """Take a planned outage out of a contract. Raises CannotEdit where a person should do it."""
    return _without_custom(text, "outage")


def _last_day_at(text: str) -> int | None:
    levels = entries(_data(text), _LEVELS).items()
    return next((at for at, each in levels if each.get("property") == _LAST_DAY), None)


def _custom_at(text: str, name: str) -> int | None:
    listed = entries(_data(text), _CUSTOM).items()
    return next(
        (at for at, each in listed if str(each.get("property")).removeprefix("weft.") == name),
        None,
    )


def _with_custom(text: str, name: str, value: str | Mapping[str, str]) -> str:
    place = _custom_at(text, name)
    if place is not None and isinstance(value, str):
        return set_value(text, value, _CUSTOM, place, "value")
    if place is not None:
        text = remove_entry(text, _CUSTOM, place)
    return append_entry(text, _CUSTOM, {"vendor": "weft", "property": name, "value": value})


def _without_custom(text: str, name: str) -> str:
    place = _custom_at(text, name)
    if place is None:
        return text
    # The list came with an empty line before it, where it was the first of the file.
    return remove_entry(text, _CUSTOM, place).rstrip("\n") + "\n"


def _data(text: str) -> dict[str, Any]:
    return definition_data(text.encode())
