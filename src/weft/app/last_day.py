"""A last day that a person names: a date that has not passed."""

from __future__ import annotations

from datetime import date, timedelta

from weft.app.errors import Usage
from weft.contract.days import is_day

_AHEAD = timedelta(days=90)


def refuse_day(text: str, today: str, *, over: str, next_step: str) -> None:
    """Raise Usage unless a text is an ISO date of `today` or later; `over` says why not earlier.

    `next_step` is the command that names the day, with DATE in its place.
    """
    if is_day(text) and text >= today:
        return
    later = (date.fromisoformat(today) + _AHEAD).isoformat()
    wrong = f"{text} is over, {over}" if is_day(text) else f"`{text}` is no date; {later} is one"
    raise Usage(wrong, next_step=next_step.replace("DATE", later))
