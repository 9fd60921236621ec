"""Drift: what was changed outside of Weft in places that Weft owns, and what people decided on it.

Finding it is the work of warehouses, saying what it means that of `weft.plan.drift`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256


class ThingKind(StrEnum):
    """What can be found in a place that Weft owns; OTHER is what it never makes."""

    ROLE = "role"
    SCHEMA = "schema"
    BUILD = "build"
    COPY = "copy"
    POINTER = "pointer"
    RELEASE = "release"
    VIEW = "view"
    GRANT = "grant"
    TRIGGER = "trigger"
    RULE = "rule"
    POLICY = "policy"
    FOLDER = "folder"
    FILE = "file"
    OTHER = "object"


@dataclass(frozen=True)
class Thing:
    """Something in a warehouse, as it should be or as it is.

    `name` is unique with its kind, and what people find it by. `address` is that of the port,
    model or product which it concerns, "" where it concerns all of them. `facts` are what is
    compared, by name, in words; what only one side knows is not. `since` is when it was changed
    last, an ISO time, "" where nobody knows. `key` is that of the build, or the number of the
    release, that it is; `also` are the keys of other builds that share what it has lost.
    """

    kind: ThingKind
    name: str
    product: str = ""
    address: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    since: str = ""
    key: str = ""
    also: tuple[str, ...] = ()


class Deviation(StrEnum):
    """How a thing is not as it was left."""

    MISSING = "missing"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Difference:
    """One fact about a thing: as it was left, and as it is; "" where there is none."""

    fact: str
    was: str
    found: str


@dataclass(frozen=True)
class Drift:
    """A thing that was changed outside of Weft; the fields that `Thing` has mean the same."""

    kind: ThingKind
    name: str
    deviation: Deviation
    product: str = ""
    address: str = ""
    differences: tuple[Difference, ...] = ()
    since: str = ""
    key: str = ""
    also: tuple[str, ...] = ()
    warehouse: str = ""
    environment: str = ""

    @property
    def id(self) -> str:
        """Eight hexadecimal digits that change when anything more does, except the time of it."""
        place = (self.warehouse, self.environment, self.kind, self.name, self.deviation)
        facts = (text for each in self.differences for text in (each.fact, each.was, each.found))
        return sha256("\0".join((*place, *facts)).encode()).hexdigest()[:8]

    @property
    def facts(self) -> frozenset[str]:
        """The names of the facts that differ."""
        return frozenset(each.fact for each in self.differences)


@dataclass(frozen=True)
class Settlement:
    """What somebody decided on a drift: to keep it for good, or to bear it until a date.

    `drift` is its id and `subject` its name. `until` is the last day of it, an ISO date, "" where
    it was adopted. `since` is an ISO time.
    """

    environment: str
    drift: str
    product: str
    subject: str
    until: str
    actor: str
    reason: str
    since: str

    @property
    def adopted(self) -> bool:
        """Whether it is to stay as it is for good."""
        return not self.until

    def holds(self, at: str) -> bool:
        """Whether it still counts at an ISO time."""
        return self.adopted or at[: len(self.until)] <= self.until
