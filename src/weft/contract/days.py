"""Days as contracts write them: ISO dates, which are in the order of their texts."""

from __future__ import annotations

from datetime import date


def is_day(text: object) -> bool:
    """Whether a value is an ISO date in the form in which texts can be compared.

    >>> is_day("2027-01-31"), is_day("20270131"), is_day("2027-02-31"), is_day(None)
    (True, False, False, False)
    """
    try:
        return date.fromisoformat(str(text)).isoformat() == text
    except ValueError:
        return False
