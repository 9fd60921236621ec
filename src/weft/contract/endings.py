"""Read of a contract how its port ends: its last day, what comes after it, and by whose word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from weft.contract.days import is_day
from weft.contract.document import Element, custom_properties
from weft.contract.outages import Outage, outage_of

_LAST_DAY = "endOfSupport"
_OVERRIDE = ("by", "reason")


@dataclass(frozen=True)
class Ending:
    """What a contract says of its end. `until` is an ISO date, "" where it names no day.

    `override_by` ends it over the heads of its readers, for `override_reason`. Before that it
    cannot be read in an `outage`.
    """

    until: str = ""
    successor: str = ""
    reason: str = ""
    override_by: str = ""
    override_reason: str = ""
    outage: Outage | None = None

    def __str__(self) -> str:
        parts = [f"ends {self.until}" if self.until else "is deprecated"]
        parts += [f"outage {self.outage}"] if self.outage else []
        parts += [f"successor {_short(self.successor)}"] if self.successor else []
        return "; ".join(parts)


def ending_at(contract: Element, now: str) -> Ending:
    """Return what a contract says of its end at an ISO time, without an outage that is over."""
    ending = ending_of(contract)
    is_over = ending.outage is not None and ending.outage.ends <= now
    return replace(ending, outage=None) if is_over else ending


def _short(address: str) -> str:
    """The major alone, which is enough to find a successor beside what it succeeds."""
    _, at, major = address.rpartition("@")
    return f"@{major}" if at else address


def ending_of(contract: Element) -> Ending:
    """Return what a contract says of its end; what cannot be read says nothing.

    >>> str(ending_of({"slaProperties": [{"property": "endOfSupport", "value": "2027-03-01"}]}))
    'ends 2027-03-01'
    """
    levels = (each for each in contract.get("slaProperties", ()) if isinstance(each, dict))
    days = (str(each.get("value"))[:10] for each in levels if each.get("property") == _LAST_DAY)
    custom = custom_properties(contract)
    override = custom.get("override")
    by, why = ("", "") if override_problem(override) or not override else map(str, _of(override))
    return Ending(
        until=next(filter(is_day, days), ""),
        successor=_text(custom.get("successor")),
        reason=_text(custom.get("reason")),
        override_by=by,
        override_reason=why,
        outage=outage_of(contract),
    )


def override_problem(override: Any) -> str:
    """Say what is wrong with the custom property `override`, "" where nothing is.

    >>> override_problem({"by": "mara", "reason": "nobody answers"}), override_problem("yes")
    ('', 'it has two keys: `by`, who says so, and `reason`')
    """
    if override is None:
        return ""
    keys = set(override) if isinstance(override, dict) else set()
    good = keys == set(_OVERRIDE) and all(str(each).strip() for each in _of(override))
    return "" if good else "it has two keys: `by`, who says so, and `reason`"


def _of(override: dict[str, Any]) -> list[Any]:
    return [override[each] for each in _OVERRIDE]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
