"""When a service level was kept: stretches of time, from what was measured at single moments.

Published data does not change between two releases, so that what was measured of one holds until
the next; only an answer says nothing of the time long after it. What nothing is known of is in no
stretch.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from statistics import median

from weft.mesh.service_level import Measurement, Probe, ServiceLevel

REACH = 3_600.0
"""For how many seconds an answer, or none, speaks at most."""

USUAL_OF = 10
"""Of how many earlier releases the median is the usual number of rows."""

PER_MILLION = 1_000_000
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """A stretch of time, in seconds since 1970, in which a level was kept, or was not."""

    start: float
    end: float
    kept: bool


@dataclass(frozen=True)
class Fact:
    """A measurement that gave a value, its moment and the moment of the next one."""

    at: float
    until: float
    value: int


def kept_spans(
    level: ServiceLevel, measured: Iterable[Measurement], now: float, zone: tzinfo = UTC
) -> tuple[Span, ...]:
    """The stretches in which a level was kept or not, up to now, in order; neighbours are joined.

    `zone` is that of a time of day. The order of the measurements does not matter.
    """
    spans_of = _SPANS.get(level.probe) if level.probe else None
    if spans_of is None:
        return ()
    found = spans_of(_Asked(level, tuple(facts_of(measured, now)), now, zone))
    return tuple(_joined(each for each in found if each.start < each.end))


def seconds_since_1970(at: str) -> float:
    """An ISO time as a number of seconds."""
    return datetime.fromisoformat(at).timestamp()


def facts_of(measured: Iterable[Measurement], now: float) -> Iterator[Fact]:
    """What was measured up to now, oldest first. Of one moment there is one measurement."""
    by_moment = {seconds_since_1970(each.at): each.value for each in measured}
    known = sorted((at, value) for at, value in by_moment.items() if at <= now)
    for (at, value), (until, _) in pairwise([*known, (now, None)]):
        if value is not None:
            yield Fact(at, until, value)


@dataclass(frozen=True)
class _Asked:
    """A level, what is known of it, and until when."""

    level: ServiceLevel
    facts: Sequence[Fact]
    now: float
    zone: tzinfo


def _of_age(asked: _Asked) -> Iterator[Span]:
    """Data grows old by itself: it is young enough until a moment that is known beforehand."""
    for fact in asked.facts:
        over = min(max(fact.at - fact.value + asked.level.target, fact.at), fact.until)
        yield Span(fact.at, over, kept=True)
        yield Span(over, fact.until, kept=False)


def _by_time(asked: _Asked) -> Iterator[Span]:
    """From each deadline to the next: whether there was a refresh on its day, up to it."""
    if not asked.facts:
        return
    moments = [each.at for each in asked.facts]
    deadlines = list(_deadlines(moments[0], asked))
    for begin, end in pairwise([*deadlines, None]):
        if begin is None:
            continue
        midnight = begin.replace(hour=0, minute=0, second=0)
        first = bisect_left(moments, midnight.timestamp())
        kept = first < len(moments) and moments[first] <= begin.timestamp()
        yield Span(begin.timestamp(), end.timestamp() if end else asked.now, kept)


def _deadlines(first: float, asked: _Asked) -> Iterator[datetime]:
    """The time of day on each day, from the first one after a moment up to now."""
    day = datetime.fromtimestamp(first, asked.zone).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    minutes, second = divmod(int(asked.level.target), 60)
    while True:
        deadline = day.replace(hour=minutes // 60, minute=minutes % 60, second=second)
        if deadline.timestamp() > asked.now:
            return
        if deadline.timestamp() >= first:
            yield deadline
        day += _DAY


def _of_answers(asked: _Asked) -> Iterator[Span]:
    for fact in asked.facts:
        yield Span(fact.at, min(fact.until, fact.at + REACH), kept=fact.value > 0)


def usual_rows(earlier: Sequence[int]) -> float | None:
    """The usual number of rows, by those of earlier releases; None where there are none."""
    return median(earlier[-USUAL_OF:]) if earlier else None


def _of_rows(asked: _Asked) -> Iterator[Span]:
    counts = [each.value for each in asked.facts]
    for place, fact in enumerate(asked.facts):
        usual = usual_rows(counts[:place])
        kept = usual is None or fact.value >= asked.level.target * usual
        yield Span(fact.at, fact.until, kept)


def _of_oldest(asked: _Asked) -> Iterator[Span]:
    """Rows are kept for long enough when the oldest is old enough, or none older was ever seen."""
    oldest = float("inf")
    for fact in asked.facts:
        born = fact.at - fact.value
        old_enough = min(max(born + asked.level.target, fact.at), fact.until)
        over = fact.at if born <= oldest else old_enough
        yield Span(fact.at, over, kept=False)
        yield Span(over, fact.until, kept=True)
        oldest = min(oldest, born)


def _of_failing(asked: _Asked) -> Iterator[Span]:
    for fact in asked.facts:
        yield Span(fact.at, fact.until, fact.value <= asked.level.target * PER_MILLION)


_SPANS: Mapping[Probe, Callable[[_Asked], Iterator[Span]]] = {
    Probe.NEWEST: _of_age,
    Probe.REFRESH: _of_age,
    Probe.BY_TIME: _by_time,
    Probe.ANSWER: _of_answers,
    Probe.ROWS: _of_rows,
    Probe.OLDEST: _of_oldest,
    Probe.FAILING: _of_failing,
}


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    waiting: Span | None = None
    for each in spans:
        if waiting and waiting.end == each.start and waiting.kept == each.kept:
            waiting = replace(waiting, end=each.end)
            continue
        if waiting:
            yield waiting
        waiting = each
    if waiting:
        yield waiting
