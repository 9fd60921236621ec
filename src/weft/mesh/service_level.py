"""A service level: a promise about time or reliability, how it is measured, and what was measured.

`weft.contract.service_levels` reads them from contracts; nothing here says whether one is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Probe(StrEnum):
    """What is looked at to measure a service level."""

    NEWEST = "newest value"
    REFRESH = "last refresh"
    BY_TIME = "refresh by a time of day"
    ANSWER = "answers"
    ROWS = "rows"
    OLDEST = "oldest value"
    FAILING = "failing rows"
    END = "last day"
    BEGIN = "first day"


@dataclass(frozen=True)
class ServiceLevel:
    """One entry of a contract's `slaProperties`, as it can be measured.

    `promised` are the contract's own words, `name` tells levels of one port apart. Without a
    `probe`, `why` says why it cannot be measured. `target` is in seconds (of age, of time between
    refreshes, since midnight, since 1970 for days), or a share between 0 and 1. `objective` is the
    share of time in which it is to be kept. `object` and `column` are what is measured, "" where
    that is all of the port; `zone` is the time zone of a time of day. `mistaken` says that `why` is
    a mistake in the contract.
    """

    name: str
    property: str
    promised: str
    probe: Probe | None = None
    target: float = 0.0
    objective: float = 0.0
    object: str = ""
    column: str = ""
    zone: str = ""
    why: str = ""
    mistaken: bool = False


@dataclass(frozen=True)
class Measurement:
    """What was found at one moment, an ISO time in UTC, of one service level of a port version.

    `value` is in seconds, rows, failing rows per million, or 1 for an answer and 0 for none. It is
    None where `problem` says why nothing could be measured.
    """

    product: str
    port: str
    major: int
    level: str
    at: str
    value: int | None = None
    problem: str = ""

    @property
    def port_version(self) -> str:
        """The address of the port version: `domain.product.port@N`."""
        return f"{self.product}.{self.port}@{self.major}"
