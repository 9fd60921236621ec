"""The text of a contract whose port ends: deprecated, in an outage, retired, and back again."""

from __future__ import annotations

from dataclasses import dataclass

from weft.app.custom_property import with_custom, without_custom
from weft.app.definition import definition_data, entries
from weft.app.yaml_edit import append_entry, set_value
from weft.mesh.contract import Status

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
        text = with_custom(text, name, value) if value else text
    return text


def retired(text: str, by: str = "", reason: str = "") -> str:
    """Retire a contract; with a person and a reason over the heads of those who read it.

    Raises CannotEdit where only a person should do it.
    """
    text = set_value(text, Status.RETIRED, "status")
    return with_custom(text, "override", {"by": by, "reason": reason}) if by else text


def revived(text: str) -> str:
    """Take a retirement back: deprecated as before, or active without a last day.

    Raises CannotEdit where only a person should do it.
    """
    status = Status.ACTIVE if _last_day_at(text) is None else Status.DEPRECATED
    return without_custom(set_value(text, status, "status"), "override")


def with_outage(text: str, begins: str, ends: str) -> str:
    """Plan an outage in a contract. Raises CannotEdit where only a person should do it."""
    return with_custom(text, "outage", {"from": begins, "to": ends})


def without_outage(text: str) -> str:
    """Take a planned outage out of a contract. Raises CannotEdit where a person should do it."""
    return without_custom(text, "outage")


def _last_day_at(text: str) -> int | None:
    levels = entries(definition_data(text.encode()), _LEVELS).items()
    return next((at for at, each in levels if each.get("property") == _LAST_DAY), None)
