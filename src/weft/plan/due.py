"""When a product is due, by what it promises of time and by what it reads, with words for why.

A promise is not waited for until it breaks: a product is due when a tenth of the time is left, an
hour at most. What promises nothing of time is due in every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from weft.contract.service_levels import Zones
from weft.mesh.service_level import Probe, ServiceLevel
from weft.mesh.words import duration
from weft.plan.outages import Turn

_SHARE, _MOST = 0.1, 3_600.0
_DAY = timedelta(days=1)
_EVERY = "frequency"


@dataclass(frozen=True)
class Timing:
    """What is known of a product before a run.

    `levels` are what its published ports promise. `refreshed` is when its data was brought up to
    date last, an ISO time, "" where it never was. `reads` are the products that it reads, and
    `reads_others` says that it also reads files or tables, or has models that are always built
    anew. `held` is why it stays on its release, "" where it does not. `turns` are the moments at
    which its outages begin and end: it is due then, whatever else is known of it.
    """

    product: str
    levels: tuple[ServiceLevel, ...] = ()
    refreshed: str = ""
    reads: tuple[str, ...] = ()
    reads_others: bool = True
    held: str = ""
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True)
class Due:
    """Whether a product is due, and why in words. `next` is when it will be, an ISO time.

    `promised` says that it promises anything of time at all; `waits` are products that stay on
    their release, and leave it nothing newer to read.
    """

    product: str
    due: bool
    why: str
    next: str = ""
    promised: bool = True
    waits: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Moment:
    """From when on a product is due, and by which promise."""

    at: float
    why: str


def due_products(timings: Iterable[Timing], now: float, zones: Zones) -> dict[str, Due]:
    """Which products are due, in the order given, in which each stands after those it reads.

    Products that are not among them are not waited for.
    """
    found: dict[str, Due] = {}
    stuck: set[str] = set()
    for each in timings:
        waits = _waits_for(each, stuck)
        if each.held or waits:
            stuck.add(each.product)
        found[each.product] = _due(each, now, zones, waits)
    return found


def _due(timing: Timing, now: float, zones: Zones, waits: tuple[str, ...]) -> Due:
    product = timing.product
    turns = [
        _Moment(datetime.fromisoformat(each.at).timestamp(), each.why) for each in timing.turns
    ]
    for each in turns:
        if each.at <= now:
            return Due(product, True, each.why, _iso(datetime.fromtimestamp(each.at, UTC)))
    moments = list(_moments(timing, now, zones))
    if not moments:
        return Due(product, True, "it promises no time", promised=False)
    if timing.held:
        return Due(product, False, timing.held)
    if waits:
        return Due(product, False, f"waits for {', '.join(waits)}", waits=waits)
    if not timing.refreshed:
        return Due(product, True, "it was never refreshed")
    ahead = datetime.fromisoformat(timing.refreshed).timestamp() - now
    if ahead > _MOST:
        # Nobody knows when that was; hosts whose clocks differ a little are not meant.
        why = f"its last refresh is {duration(ahead)} ahead of the clock"
        return Due(product, True, why, _iso(datetime.fromtimestamp(now, UTC)))
    first = min((*moments, *turns), key=lambda each: each.at)
    at = datetime.fromtimestamp(first.at, UTC)
    if first.at > now:
        why = f": {first.why}" if first in turns else ""
        return Due(product, False, f"until {at:%Y-%m-%d %H:%M}Z{why}", _iso(at))
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


def _waits_for(timing: Timing, stuck: Set[str]) -> tuple[str, ...]:
    """What a product waits for: all that it reads stays as it is, and it reads nothing else."""
    waits = tuple(each for each in timing.reads if each in stuck)
    return waits if waits == timing.reads and not timing.reads_others else ()


def confirmed(timings: Iterable[Timing], looked: Set[str], unsettled: Set[str]) -> tuple[str, ...]:
    """The products whose data is as its sources, by a run that looked at them.

    `unsettled` are those that it held back, or has to build or publish; what reads these is not
    as their sources either.
    """
    unsure = set(unsettled)
    found = []
    for each in timings:
        if not unsure.isdisjoint(each.reads):
            unsure.add(each.product)
        elif each.product in looked and each.product not in unsure:
            found.append(each.product)
    return tuple(found)
