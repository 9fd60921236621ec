"""Who reads a port, and what its consumers were told of it: the nouns of a port's ending."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ReadBy(StrEnum):
    """What kind of reader it was."""

    QUERY = "query"
    BUILD = "build"


@dataclass(frozen=True)
class PortReads:
    """How often a port version was read on one day, an ISO date in UTC, and when last.

    `reader` is a person who queried it, or the address of a product that was built from it.
    """

    product: str
    port: str
    major: int
    kind: ReadBy
    reader: str
    day: str
    count: int
    last: str

    @property
    def address(self) -> str:
        """`domain.product.port@N`."""
        return f"{self.product}.{self.port}@{self.major}"


class NoticeKind(StrEnum):
    """What consumers are told of a port version."""

    DEPRECATED = "deprecated"
    SUNSET = "sunset moved"
    RETIRED = "retired"
    REVIVED = "revived"
    OUTAGE = "outage planned"
    NO_OUTAGE = "outage taken back"
    OUTAGE_BEGAN = "outage began"
    OUTAGE_ENDED = "outage ended"


@dataclass(frozen=True)
class Notice:
    """What a consumer, the address of a product, was told of a port version at an ISO time."""

    product: str
    port: str
    major: int
    consumer: str
    kind: NoticeKind
    message: str
    at: str = ""

    @property
    def address(self) -> str:
        """`domain.product.port@N`."""
        return f"{self.product}.{self.port}@{self.major}"


@dataclass(frozen=True)
class EnforcedEnd:
    """A port version that ends over the heads of those who read it, by whom and why."""

    address: str
    by: str
    reason: str
