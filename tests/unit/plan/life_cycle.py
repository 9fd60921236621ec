"""What readers must see of a port through its life, said anew: a model to compare plans with.

It knows nothing of plans. Majors of one port have columns, a version, a status and maybe a last
day as a preview; consumers pin a major or follow the current one. It says who sees what under
which name, and whether files may be applied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

OPEN, ENDING, GONE = "active", "deprecated", "retired"
UNFINISHED = ("draft", "proposed")
QUIET = 3
"""For how many days nobody may have queried what is to end."""

Version = tuple[int, int, int]


@dataclass(frozen=True)
class Major:
    """One major of the port, as files say it; days are numbers, and -1 is none.

    `waived` are the last days on which somebody answers for the loss of a column, or for what a
    consumer says; `until` is the last day of all, and `override` says that a person ends it
    without waiting for that.
    """

    version: Version
    columns: frozenset[str]
    status: str = "draft"
    preview: int = -1
    waived: Mapping[str, int] = field(default_factory=dict)
    until: int = -1
    override: bool = False

    @property
    def published(self) -> bool:
        return self.status in (OPEN, ENDING)


@dataclass(frozen=True)
class Reader:
    """A consumer: the major that it pins, 0 where it follows, and the one column that it reads.

    It may also have said what it `expects`, which is that no data is odd.
    """

    pin: int
    column: str
    expects: bool = False


Majors = Mapping[int, Major]
Readers = Mapping[str, Reader]


def visible(majors: Majors, today: int, *, production: bool) -> dict[int, Major]:
    """What readers get of these majors: published ones and previews, elsewhere all but the gone."""
    return {
        number: each
        for number, each in majors.items()
        if each.published or is_preview(each, today) or (each.status != GONE and not production)
    }


def is_preview(major: Major, today: int) -> bool:
    """Whether a major is shown as a preview on a day."""
    return major.status in UNFINISHED and today <= major.preview


def current(majors: Majors) -> int:
    """The major that consumers follow to, 0 where none is published."""
    for status in (OPEN, ENDING):
        found = [number for number, each in majors.items() if each.status == status]
        if found:
            return max(found)
    return 0


def names(majors: Majors, today: int, *, production: bool = True) -> dict[str, int]:
    """The majors that readers see, under their names."""
    seen = {}
    plain: list[tuple[bool, int]] = []
    for number, each in visible(majors, today, production=production).items():
        preview = is_preview(each, today)
        seen[f"orders_v{number}_rc" if preview else f"orders_v{number}"] = number
        plain += [] if preview else [(each.status == OPEN, number)]
    if plain:
        seen["orders"] = max(plain)[1]
    return seen


def read_by(reader: Reader, majors: Majors) -> int:
    """The major that a consumer reads of these, 0 where it cannot: none, or without its column."""
    wanted = reader.pin or current(majors)
    major = majors.get(wanted)
    readable = major is not None and major.status != GONE
    return wanted if readable and major and reader.column in major.columns else 0


@dataclass(frozen=True)
class Edition:
    """New files beside those that are applied, on a day: whether they may follow them.

    `queried` are the days on which somebody last queried a major, and `released` all versions that
    consumers ever got.
    """

    old: Majors
    new: Majors
    readers: Readers
    today: int
    queried: Mapping[int, int] = field(default_factory=dict)
    production: bool = True
    released: Mapping[int, Mapping[Version, Major]] = field(default_factory=dict)

    def reading(self) -> dict[str, int]:
        """The major that each consumer reads: of the files, or of what is applied. 0 is neither."""
        return {
            name: read_by(each, self.new) or read_by(each, self.old)
            for name, each in self.readers.items()
        }

    @property
    def compiles(self) -> bool:
        """Whether every consumer can read what its files say, of the new files or of the old."""
        return all(self.reading().values())

    def broken(self) -> dict[str, int]:
        """The consumers that can read only what is applied, and the major that they would read."""
        return {
            name: each.pin or current(self.new) or current(self.old)
            for name, each in self.readers.items()
            if not read_by(each, self.new)
        }

    def refusals(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The majors that keep the files from being applied, and the consumers concerned."""
        reading = self.reading()
        seen = visible(self.new, self.today, production=self.production)
        for broken in self.broken().values():
            if not self.answered_for(broken):
                yield broken, ()
        for name, major in reading.items():
            if read_by(self.readers[name], self.new) and not self._to_build_on(seen.get(major)):
                yield major, (name,)
        yield from self._endings(reading)
        for number, new in self.new.items():
            if self.production and not self._may_begin(number, new):
                yield number, ()

    def _endings(self, reading: Mapping[str, int]) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The published majors that change or end as they may not."""
        for number, old in self.old.items():
            if not old.published:
                continue
            new = self.new.get(number)
            users = tuple(name for name, major in reading.items() if major == number)
            if new and new.published:
                if not self._may_follow(old, new):
                    yield number, ()
            elif self._ends_badly(number, old, new, users):
                yield number, users

    def _to_build_on(self, major: Major | None) -> bool:
        """Whether what is published may be built on a major: in production on no preview."""
        return major is not None and (major.published or not self.production)

    def _ends_badly(
        self, number: int, old: Major, new: Major | None, users: tuple[str, ...]
    ) -> bool:
        if not self.production:
            return bool(users) and (new is None or new.status == GONE)
        if new and new.status == GONE:
            early = self._too_early(old, new) or self._queried(number)
            return bool(users) or (early and not new.override)
        return bool(users) or self._queried(number)

    def _too_early(self, old: Major, new: Major) -> bool:
        until = max(old.until, new.until)
        return old.status == OPEN or old.until < 0 or self.today <= until

    def _queried(self, number: int) -> bool:
        """Whether somebody queried a major a short time ago."""
        return self.queried.get(number, -QUIET) > self.today - QUIET

    def _may_begin(self, number: int, new: Major) -> bool:
        """Whether a major may be published that was not: as it was before, or later than that."""
        old, known = self.old.get(number), self.released.get(number, {})
        if not new.published or (old and old.published) or not known:
            return True
        return known[new.version] == new if new.version in known else new.version > max(known)

    def _may_follow(self, old: Major, new: Major) -> bool:
        if any(self.today > new.waived.get(each, -1) for each in old.columns - new.columns):
            return False
        if -1 < new.until < old.until:
            return False
        if not self.production:
            return True
        if new.version < old.version:
            return False
        if new.columns != old.columns or -1 < old.until < new.until:
            return new.version[:2] > old.version[:2]
        told, said = ((each.status, each.until, each.override) for each in (old, new))
        return told == said or new.version > old.version

    def answered_for(self, number: int) -> bool:
        """Whether a major loses columns that its readers had, and somebody answers for all."""
        old, new = self.old.get(number), self.new.get(number)
        if not (old and new and old.published and new.published):
            return False
        lost = old.columns - new.columns
        return bool(lost) and all(self.today <= new.waived.get(each, -1) for each in lost)
