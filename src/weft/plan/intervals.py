"""Times cut into intervals, and which ranges of them a build that grows still has to fill.

Times are ISO texts in UTC; all starts of one length of interval sort as texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta

from weft.mesh.growth import Growth, Interval, Range

# Every ISO text of a day and a time of that day is longer.
_LONGEST_DAY = len("2026-01-31")


def floor(time: str, interval: Interval) -> str:
    """Return the start of the interval that a time lies in. Raises ValueError for no time.

    >>> floor("2026-01-28T06:30:00", Interval.HOUR), floor("2026-01-28T06:30:00Z", Interval.MONTH)
    ('2026-01-28T06:00:00', '2026-01-01')
    """
    return _written(_begun(_parsed(time), interval), interval)


def step(time: str, interval: Interval, count: int) -> str:
    """Return the start of the interval that lies `count` after that of a time, or before it.

    It is "", an open end, where the calendar has no such time. Raises ValueError for no time.

    >>> step("2026-01-28", Interval.DAY, -3), step("2026-11-05", Interval.MONTH, 2)
    ('2026-01-25', '2027-01-01')
    """
    try:
        return _written(_moved(_begun(_parsed(time), interval), interval, count), interval)
    except OverflowError:
        return ""


def spanning(first: str, last: str, interval: Interval) -> Range:
    """Return the range from the interval of one time to that of another, both in it.

    "" is an open end. A last day that is given without a time of day has all of its hours. Raises
    ValueError for no time.

    >>> spanning("2026-01-28", "2026-01-28", Interval.HOUR)
    Range(since='2026-01-28T00:00:00', until='2026-01-29T00:00:00')
    """
    since = floor(first, interval) if first else ""
    if not last:
        return Range(since)
    if interval is Interval.HOUR and len(last) <= _LONGEST_DAY:
        day = step(last, Interval.DAY, 1)
        return Range(since, day and floor(day, interval))
    return Range(since, step(last, interval, 1))


def to_fill(
    covered: Range | None, growth: Growth, restated: Sequence[Range] = ()
) -> tuple[Range, ...]:
    """Return the ranges to read, in order and apart from each other, so that nothing is missing.

    `covered` is what the base has in full, None without one. What is left is everything from the
    look-back on, what lies before it where the start was moved to an earlier time, and `restated`
    in whole intervals. Nothing before the start is read. Raises ValueError for no time.
    """
    start = floor(growth.start, growth.interval) if growth.start else ""
    if covered is None:
        return (Range(start),)
    begin = step(covered.until, growth.interval, -growth.look_back)
    wanted = [Range(start, covered.since)] if start < covered.since else []
    wanted += [_whole(each, growth.interval) for each in restated]
    wanted.append(Range(begin))
    return merged(Range(max(each.since, start), each.until) for each in wanted)


def coverage(growth: Growth, latest: str, at: str, before: Range | None) -> Range | None:
    """Return what a build has in full, None while it has nothing.

    That ends where the interval of its `latest` row begins, which may not be complete, and never
    after that of `at`, so that a row from the far future does not end all growth. `latest` is ""
    where no rows were written; `before` is what its base has.
    """
    start = floor(growth.start, growth.interval) if growth.start else ""
    until = min(floor(time, growth.interval) for time in (latest, at)) if latest else ""
    if before is not None:
        return Range(min(start, before.since), max(until, before.until))
    return Range(start, until) if until else None


def merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Return the same times as ranges that neither touch nor overlap, in order; empty ones go."""
    joined: list[Range] = []
    for each in sorted(ranges, key=lambda each: each.since):
        if each.until and each.until <= each.since:
            continue
        last = joined[-1] if joined else None
        if last is None or (last.until and last.until < each.since):
            joined.append(each)
        else:
            until = max(last.until, each.until) if last.until and each.until else ""
            joined[-1] = Range(last.since, until)
    return tuple(joined)


def _whole(given: Range, interval: Interval) -> Range:
    """The range, widened to whole intervals."""
    since = floor(given.since, interval) if given.since else ""
    until = floor(given.until, interval) if given.until else ""
    if until and _parsed(until) < _parsed(given.until):
        until = step(until, interval, 1)
    return Range(since, until)


def _parsed(time: str) -> datetime:
    found = datetime.fromisoformat(time)
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def _begun(time: datetime, interval: Interval) -> datetime:
    begun = time.replace(minute=0, second=0, microsecond=0)
    if interval is Interval.HOUR:
        return begun
    begun = begun.replace(hour=0)
    if interval is Interval.DAY:
        return begun
    return begun.replace(month=1 if interval is Interval.YEAR else begun.month, day=1)


def _moved(start: datetime, interval: Interval, count: int) -> datetime:
    """Raises OverflowError where the calendar ends."""
    if interval is Interval.HOUR:
        return start + timedelta(hours=count)
    if interval is Interval.DAY:
        return start + timedelta(days=count)
    months = start.year * 12 + start.month - 1 + count * (12 if interval is Interval.YEAR else 1)
    year, month = divmod(months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        raise OverflowError
    return start.replace(year=year, month=month + 1)


def _written(start: datetime, interval: Interval) -> str:
    return start.isoformat() if interval is Interval.HOUR else start.date().isoformat()
