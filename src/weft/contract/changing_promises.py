"""When a service level was kept that once was another one: each time by what was promised then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from itertools import pairwise

from weft.contract.kept_spans import Span, kept_spans
from weft.contract.service_levels import Zones
from weft.mesh.service_level import Measurement, ServiceLevel


@dataclass(frozen=True)
class Promise:
    """What was promised from a moment on, in seconds since 1970; None for nothing."""

    since: float
    level: ServiceLevel | None


def spans_by_promise(
    promises: Sequence[Promise], measured: Sequence[Measurement], now: float, zones: Zones
) -> Iterator[Span]:
    """The stretches in which a level was kept or not, up to now, in order.

    `promises` are those that were made one after the other, oldest first. What was measured while
    nothing was promised counts for nothing.
    """
    for each, after in pairwise([*promises, Promise(now, None)]):
        if each.level is None:
            continue
        zone = zones(each.level.zone) or UTC
        for span in kept_spans(each.level, measured, min(after.since, now), zone):
            if span.end > each.since:
                yield replace(span, start=max(span.start, each.since))
