"""How much of what may go wrong has gone wrong: objective, error budget and burn rate.

The formulas and the alerts on several windows are those of "The Site Reliability Workbook"
(Beyer and others, 2018), chapter 5, "Alerting on SLOs": a burn rate of 1 uses up the budget of a
window exactly at its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from weft.contract.kept_spans import Span

WINDOWS = (7, 30, 90)
"""Over how many days a budget is counted."""

DAY = 86_400.0
_MINUTE, _HOUR = 60.0, 3_600.0


@dataclass(frozen=True)
class Budget:
    """How a level was kept in the last `days`.

    `met` is the share of the known time in which it was, None where nothing is known; `known` the
    share of the window that is known. `left` is what is left of the time in which it need not be
    kept: 1 is all of it, 0 none, less than 0 more than was allowed. `burn` is how fast that is used
    up, 1 being just fast enough for the window; None without any budget, or where nothing is known.
    `since` is when what is known begins, an ISO time, where the window begins more than a day
    earlier; else "".
    """

    days: float
    met: float | None
    known: float
    left: float
    burn: float | None
    since: str = ""


@dataclass(frozen=True)
class Alert:
    """A budget is burnt so fast, in a long and a short window, that somebody has to look.

    The short window ends the alert soon after its cause is gone.
    """

    name: str
    burn: float
    long: float
    short: float


ALERTS = (
    Alert("page", 14.4, _HOUR, 5 * _MINUTE),
    Alert("page", 6, 6 * _HOUR, 30 * _MINUTE),
    Alert("ticket", 1, 3 * DAY, 6 * _HOUR),
)
"""Table 5-8 of the book, the most urgent first; for an objective over 30 days."""


def budget(spans: Iterable[Span], objective: float, now: float, days: float) -> Budget:
    """Count stretches of time that do not overlap, in any order, in the window that ends now.

    `objective` is a share of 0 to 1. Time that nothing is known of counts for nothing.
    """
    window = days * DAY
    spans = tuple(spans)
    kept, broken = _sums(spans, now - window, now)
    known = kept + broken
    allowed = (1 - objective) * window
    return Budget(
        days=days,
        met=kept / known if known else None,
        known=min(known / window, 1.0),
        left=_left(broken, allowed),
        burn=broken / known / (1 - objective) if known and objective < 1 else None,
        since=_since(spans, now - window) if known else "",
    )


def _since(spans: Sequence[Span], start: float) -> str:
    """When what is known of a window begins, where that is more than a day after its start."""
    first = min(each.start for each in spans if each.end > start)
    return datetime.fromtimestamp(first, UTC).isoformat() if first - start > DAY else ""


def _left(broken: float, allowed: float) -> float:
    """What is left of what may go wrong; where nothing may, it is all or nothing."""
    if allowed > 0:
        return 1 - broken / allowed
    return 0.0 if broken else 1.0


def budgets(spans: Sequence[Span], objective: float, now: float) -> tuple[Budget, ...]:
    """The budgets of all WINDOWS."""
    return tuple(budget(spans, objective, now, days) for days in WINDOWS)


def alert(spans: Sequence[Span], objective: float, now: float) -> Alert | None:
    """The most urgent alert whose burn rate is reached in both of its windows."""
    for each in ALERTS:
        rates = (budget(spans, objective, now, it / DAY).burn for it in (each.long, each.short))
        if all(rate is not None and rate >= each.burn for rate in rates):
            return each
    return None


def _sums(spans: Iterable[Span], start: float, end: float) -> tuple[float, float]:
    """How many seconds of a window were kept, and how many were not."""
    kept = broken = 0.0
    for each in spans:
        seconds = max(min(each.end, end) - max(each.start, start), 0.0)
        if each.kept:
            kept += seconds
        else:
            broken += seconds
    return kept, broken
