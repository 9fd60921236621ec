"""Time zones by name: those of the time zone database, and offsets from UTC."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2})(?::?([0-5][0-9]))?(?::00)?")


def zone_named(name: str) -> tzinfo | None:
    """Return a time zone such as `UTC`, `Europe/Berlin` or `+02:00`; None where there is none.

    >>> zone_named("UTC+2").utcoffset(None), zone_named("Nowhere/Never")
    (datetime.timedelta(seconds=7200), None)
    """
    if name.upper() in ("UTC", "Z", "GMT"):
        return UTC
    offset = _OFFSET.fullmatch(name)
    if offset:
        sign, hours, minutes = offset.groups()
        length = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(length if sign == "+" else -length) if length < timedelta(days=1) else None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None
