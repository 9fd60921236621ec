"""When a product is due, by what it promises of time and by what it reads; pure, with words for why.

A promise is not waited for until it breaks: a product is due when a tenth of the time is left, an
hour at most. What promises nothing of time is due in every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from weft.contract.service_levels import Zones
from weft.mesh.service_level import Probe, ServiceLevel
from weft.mesh.words import duration

_SHARE, _MOST = 0.1, 3_600.0
_DAY = timedelta(days=1)
_EVERY = "frequency"


@dataclass(frozen=True)
class Timing:
    """What is known of a product before a run.

    `levels` are what its published ports promise. `refreshed` is when its data was brought up to
    date last, an ISO time, "" where it never was. `reads` are the products that it reads, and
    `reads_others` says that it also reads files or tables, or has models that are always built
    anew. `held` is why it stays on its release, "" where it does not.
    """

    product: str
    levels: tuple[ServiceLevel, ...] = ()
    refreshed: str = ""
    reads: tuple[str, ...] = ()
    reads_others: bool = True
    held: str = ""


@dataclass(frozen=True)
class Due:
    """Whether a product is due, and why in words. `next` is when it will be, an ISO time.

    `promised` says that it promises anything of time at all.
    """

    product: str
    due: bool
    why: str
    next: str = ""
    promised: bool = True


@dataclass(frozen=True)
class _Moment:
    """From when on a product is due, and by which promise."""

    at: float
    why: str


def due_products(timings: Iterable[Timing], now: float, zones: Zones) -> dict[str, Due]:
    """Which products are due, in the order given, in which each stands after those it reads."""
    found: dict[str, Due] = {}
    known: dict[str, Timing] = {}
    for each in timings:
        known[each.product] = each
        found[each.product] = _due(each, now, zones, found, known)
    return found


def _due(
    timing: Timing,
    now: float,
    zones: Zones,
    found: Mapping[str, Due],
    known: Mapping[str, Timing],
) -> Due:
    product = timing.product
    moments = list(_moments(timing, now, zones))
    promised = bool(moments)
    if timing.held:
        return Due(product, False, timing.held, promised=promised)
    if not promised:
        return Due(product, True, "it promises no time", promised=False)
    if not timing.refreshed:
        return Due(product, True, "it was never refreshed")
    first = min(moments, key=lambda each: each.at)
    at = datetime.fromtimestamp(first.at, UTC)
    if first.at > now:
        return Due(product, False, f"until {at:%Y-%m-%d %H:%M}Z", _iso(at))
    waits = _waits_for(timing, found, known)
    if waits:
        return Due(product, False, f"waits for {', '.join(waits)}: nothing newer yet", _iso(at))
    return Due(product, True, first.why, _iso(at))


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _moments(timing: Timing, now: float, zones: Zones) -> Iterator[_Moment]:
    """From when on each promise of time makes a product due."""
    last = datetime.fromisoformat(timing.refreshed).timestamp() if timing.refreshed else 0.0
    ago = duration(now - last)
    for level in timing.levels:
        if level.probe in (Probe.REFRESH, Probe.NEWEST):
            lead = min(level.target * _SHARE, _MOST)
            every = "every" if level.property == _EVERY else "within"
            why = f"promised {every} {duration(level.target)}, last {ago} ago"
            yield _Moment(last + level.target - lead, why)
        elif level.probe is Probe.BY_TIME:
            at = _next_day(last, zones(level.zone) or UTC)
            yield _Moment(at, f"promised by {level.promised} each day, last {ago} ago")


def _next_day(last: float, zone: tzinfo) -> float:
    """The midnight after a moment: with it begins the day on which the next refresh counts."""
    day = datetime.fromtimestamp(last, zone) + _DAY
    return day.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def _waits_for(
    timing: Timing, found: Mapping[str, Due], known: Mapping[str, Timing]
) -> tuple[str, ...]:
    """The products without newer data, where a product reads nothing else that could have some.

    Of those that are not known here, nothing is waited for.
    """
    if timing.reads_others or not timing.reads:
        return ()
    ready = any(
        each not in known or found[each].due or known[each].refreshed > timing.refreshed
        for each in timing.reads
    )
    return () if ready else timing.reads


def brought_up_to_date(
    timings: Iterable[Timing], settled: frozenset[str], now: str
) -> dict[str, str]:
    """Since when the data of products is known to be as their sources, where that is news.

    `settled` are those that a run looked at and found nothing newer for; what they read may be
    older than now, and then so is what they have. In the order of `timings`, as above.
    """
    moments: dict[str, str] = {}
    found: dict[str, str] = {}
    for each in timings:
        moments[each.product] = each.refreshed
        if each.product not in settled or not each.refreshed:
            continue
        as_of = min([now, *(moments[it] for it in each.reads if it in moments)])
        if as_of > each.refreshed:
            moments[each.product] = found[each.product] = as_of
    return found
