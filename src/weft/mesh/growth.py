"""Models that grow: what a head says of it, and how one build comes from an earlier one."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum

VALID_FROM, VALID_TO = "valid_from", "valid_to"
"""The columns that a snapshot adds: when a row became true, and when no longer (null: it still is).
"""


class Interval(StrEnum):
    """The length of the pieces of time in which a model by time is filled."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class Range:
    """Half-open: from `since` on and before `until`, ISO texts in UTC; "" is an open end.

    Both are starts of intervals: `2026-01-28`, or `2026-01-28T06:00:00` where intervals are hours.
    """

    since: str = ""
    until: str = ""


@dataclass(frozen=True)
class Shape:
    """A query taken apart: a fingerprint of all but its outputs, and one of each output by name.

    Where another output could change the rows, all of the query is its body.
    """

    body: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Growth:
    """How a model's result grows, as its head says; `shape` is of its query.

    By `time_column`: intervals are read anew from `look_back` ones before the latest one on;
    `start` is the earliest time that is wanted. By `unique_key`: a later row of a key takes the
    place of an earlier one; which of two is later says `changed_at`, within one build and against
    what is there. A row in which `deleted` is true ends its key. Of a snapshot every state of a
    key stays: a new one begins where `changed_at`, or else a column of `compare` (none named:
    every column), differs; `closes` ends keys that the query no longer gives.
    """

    time_column: str = ""
    interval: Interval = Interval.DAY
    look_back: int = 0
    start: str = ""
    unique_key: tuple[str, ...] = ()
    changed_at: str = ""
    compare: tuple[str, ...] = ()
    deleted: str = ""
    closes: bool = False
    shape: Shape = field(default_factory=Shape)


GROWTH_KEYS = tuple(each.name for each in fields(Growth) if each.name != "shape")
"""What a head can say of growing."""


@dataclass(frozen=True)
class AuditedAs:
    """The key of an audit, and what each of its checks asked, as hashes by the check's id."""

    audit: str
    checks: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Grown:
    """What the released build of a model that grows was made from.

    `asked` is the key that it would have if it did not grow: of its meaning and its inputs.
    `base` is the key of the build that it grew from, "" for a full one. `salt` is of the rebuild
    or restatement that it carries out, `audits` say by object how it was audited.
    """

    asked: str
    base: str
    growth: Growth
    salt: str = ""
    audits: dict[str, AuditedAs] = field(default_factory=dict)


@dataclass(frozen=True)
class Brought:
    """All rows of a build that grew on another warehouse, which are to be kept as they are.

    They have these `columns`, and get the types that the model's query, `shape`, has here;
    `covered` is what the build has in full.
    """

    columns: tuple[str, ...]
    shape: str
    covered: Range | None = None


@dataclass(frozen=True)
class Growing:
    """How to make a build that grows: all rows of `base` but those that are made anew.

    `base` "" means a full build, and `because` says why. `ranges` of the time column are read
    anew, and what the base has in them goes; none without a time column, where the whole query is
    read; `again` are those among them that somebody asked for. `added` are columns that the base
    does not have: its rows have null there. With `brought` the rows are those of another
    warehouse, and `ranges` is everything.
    """

    growth: Growth
    base: str = ""
    ranges: tuple[Range, ...] = ()
    again: tuple[Range, ...] = ()
    added: tuple[str, ...] = ()
    because: str = ""
    brought: Brought | None = None


@dataclass(frozen=True)
class Part:
    """A file of a build that grows; every build shares it that does not have to change its rows.

    `range` are the whole intervals that its rows are from, open without a time column. `lacks` are
    columns that were added to the model later: its rows have null there. `checksum` is the CRC-32
    of its content.
    """

    file: str
    rows: int
    bytes: int
    checksum: int
    range: Range = field(default_factory=Range)
    lacks: tuple[str, ...] = ()
