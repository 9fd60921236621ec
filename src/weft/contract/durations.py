"""Lengths of time as contracts write them: a number and a unit, in seconds.

ODCS names no units; these are the ones its examples use, in the spellings people write.
"""

from __future__ import annotations

_SPELLINGS = {
    1: ("s", "sec", "secs", "second", "seconds"),
    60: ("min", "mins", "minute", "minutes"),
    3_600: ("h", "hr", "hrs", "hour", "hours"),
    86_400: ("d", "day", "days"),
    604_800: ("w", "wk", "week", "weeks"),
    2_629_746: ("m", "mo", "month", "months"),
    31_556_952: ("y", "yr", "yrs", "year", "years"),
}
# Months and years are those of the Gregorian calendar on average.
_SECONDS = {name: seconds for seconds, names in _SPELLINGS.items() for name in names}


def seconds_of(value: object, unit: str) -> float | None:
    """Return a length of time in seconds; None where it is none.

    >>> seconds_of(2, "hours"), seconds_of("1.5", "d"), seconds_of(4, "rows")
    (7200.0, 129600.0, None)
    """
    factor = _SECONDS.get(unit.strip().lower())
    if factor is None or isinstance(value, bool):
        return None
    try:
        return float(str(value)) * factor
    except ValueError:
        return None
