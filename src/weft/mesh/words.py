"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import datetime

_SIZES = ("bytes", "kB", "MB", "GB", "TB")
_AGES = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def count(number: int, noun: str) -> str:
    """Return a number of things, in the plural where it is not one.

    >>> count(1, "row"), count(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def short_time(at: str) -> str:
    """Return an ISO time in UTC without fractions of a second, "" for "".

    >>> short_time("2026-11-21T00:59:35.716Z")
    '2026-11-21 00:59:35Z'
    """
    return f"{at[:10]} {at[11:19]}Z" if at else ""


def minute(at: str) -> str:
    """Return an ISO time in UTC without its seconds, where there are none.

    >>> minute("2026-11-21T09:00:00.000Z"), minute("2026-11-21T00:59:35.716Z")
    ('2026-11-21 09:00Z', '2026-11-21 00:59:35Z')
    """
    return short_time(at).removesuffix("Z").removesuffix(":00") + "Z"


def short_commit(commit: str) -> str:
    """Return a commit as people write it; a `+` stays, which says that files differed from it.

    >>> short_commit("c0ffee12c0ffee12+"), short_commit("")
    ('c0ffee12+', '')
    """
    return commit[:8] + ("+" if commit.endswith("+") else "")


def size(number: int) -> str:
    """Return a number of bytes in the largest unit of which there is one.

    >>> size(999), size(1_200), size(12_345_678)
    ('999 bytes', '1.2 kB', '12 MB')
    """
    value, unit = float(number), 0
    while value >= 999.5 and unit < len(_SIZES) - 1:
        value, unit = value / 1000, unit + 1
    whole = unit == 0 or value >= 9.95
    return f"{value:.0f} {_SIZES[unit]}" if whole else f"{value:.1f} {_SIZES[unit]}"


def age(then: str, now: str) -> str:
    """Return how long ago an ISO time was, in the largest unit of which there is one.

    >>> age("2026-11-21T00:59:35Z", "2026-11-21T03:10:00Z")
    '2 h'
    """
    passed = datetime.fromisoformat(now) - datetime.fromisoformat(then)
    seconds = max(int(passed.total_seconds()), 0)
    length, unit = next((each for each in _AGES if seconds >= each[0]), _AGES[-1])
    return f"{seconds // length} {unit}"


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units; less than nothing is nothing.

    >>> duration(83_400), duration(86_400), duration(59.5), duration(-1)
    ('23 h 10 min', '1 d', '59 s', '0 s')
    """
    rest, parts = max(int(seconds), 0), []
    for length, unit in _AGES:
        number, rest = divmod(rest, length)
        parts.append(f"{number} {unit}" if number else "")
    first = next((place for place, each in enumerate(parts) if each), len(parts) - 1)
    return " ".join(filter(None, parts[first : first + 2])) or "0 s"
