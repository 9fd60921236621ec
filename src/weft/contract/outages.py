"""Read of a contract when its port cannot be read for a while, so that forgotten readers notice.

A planned outage comes before the last day of a port. The contract and the time alone say whether
it is on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from weft.contract.days import is_day
from weft.contract.document import Element, custom_properties
from weft.mesh.contract import Status
from weft.mesh.words import minute

LONGEST = timedelta(days=7)
"""What takes longer is the end of a port, which waits for its readers."""

_KEYS = ("from", "to")
_FORM = "a day, such as 2027-03-10, or a moment with its zone, such as 2027-03-10T09:00Z"


@dataclass(frozen=True)
class Outage:
    """A stretch of time in which a port cannot be read: from a moment on, up to another.

    Both are ISO times in UTC with milliseconds, so that they are in the order of their texts.
    """

    begins: str
    ends: str

    def __str__(self) -> str:
        begins, ends = minute(self.begins), minute(self.ends)
        same_day = begins[:10] == ends[:10]
        return f"{begins} to {ends[11:] if same_day else ends}"

    def is_on(self, now: str) -> bool:
        """Whether it is on at an ISO time; at the moment of its end it is over."""
        return self.begins <= now < self.ends


def outage_of(contract: Element) -> Outage | None:
    """Return the outage that a contract plans; None where there is none that can be read.

    >>> value = {"from": "2027-03-10", "to": "2027-03-10"}
    >>> custom = {"vendor": "weft", "property": "outage", "value": value}
    >>> str(outage_of({"customProperties": [custom]}))
    '2027-03-10 00:00Z to 2027-03-11 00:00Z'
    """
    return read_outage(custom_properties(contract).get("outage"))


def outage_problem(value: Any, until: str) -> str:
    """Say what is wrong with the custom property `outage`, "" where nothing is.

    `until` is the last day of the port, an ISO date, "" where its contract names none.

    >>> outage_problem({"from": "2027-03-10", "to": "2027-03-11"}, "2027-03-11")
    'it has to be over before the last day begins, 2027-03-11'
    """
    if value is None:
        return ""
    if not isinstance(value, dict) or set(value) != set(_KEYS):
        return f"it has two keys: `from` and `to`, each {_FORM}"
    for key in _KEYS:
        if _moment(value[key], is_end=key == "to") is None:
            return f"`{key}` is {_FORM}"
    outage = read_outage(value)
    if outage is None:
        return "it ends before it begins"
    if _seconds(outage) > LONGEST.total_seconds():
        return f"it is longer than {LONGEST.days} days"
    if not until:
        return "there is no last day that it could come before"
    if outage.ends > f"{until}T00:00:00.000Z":
        return f"it has to be over before the last day begins, {until}"
    return ""


def suspended_until(contract: Element, status: Status, now: str) -> str:
    """The moment up to which a port version cannot be read at an ISO time, "" where it can.

    Only what is deprecated has an outage.
    """
    outage = outage_of(contract) if status is Status.DEPRECATED else None
    return outage.ends if outage is not None and outage.is_on(now) else ""


def unreadable(address: str, until: str) -> str:
    """Say that a port version, by its address, cannot be read up to an ISO time, and why.

    >>> unreadable("lines@1", "2027-03-11T00:00:00.000Z")
    'lines@1 cannot be read until 2027-03-11 00:00Z, in a planned outage before its end'
    """
    return f"{address} cannot be read until {minute(until)}, in a planned outage before its end"


def read_outage(value: Any) -> Outage | None:
    """Read the value of the custom property `outage`; None where it cannot be read."""
    if not isinstance(value, dict) or set(value) != set(_KEYS):
        return None
    begins, ends = (_moment(value[key], is_end=key == "to") for key in _KEYS)
    return Outage(begins, ends) if begins and ends and begins < ends else None


def _moment(text: Any, *, is_end: bool) -> str | None:
    """A moment in UTC of a text; a day that is an end is over at the next midnight."""
    if not isinstance(text, str):
        return None
    try:
        if is_day(text):
            at = datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=is_end)
        else:
            at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            return None
        said = at.astimezone(UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError):
        return None
    return said.replace("+00:00", "Z")


def _seconds(outage: Outage) -> float:
    ends, begins = map(datetime.fromisoformat, (outage.ends, outage.begins))
    return (ends - begins).total_seconds()
