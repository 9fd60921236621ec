"""Numbers and times as people read them."""

from __future__ import annotations


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
