"""What readers must see of a port through its life, said anew: a model to compare plans with.

It knows nothing of plans. Majors of one port have columns, a version, a status and maybe a last
day as a preview; consumers pin a major or follow the current one. It says who sees what under
which name, and whether files may be applied in production.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

OPEN, ENDING, GONE = "active", "deprecated", "retired"
UNFINISHED = ("draft", "proposed")
QUIET = 3
"""For how many days nobody may have queried what is to end."""


@dataclass(frozen=True)
class Major:
    """One major of the port, as files say it; days are numbers, and -1 is none.

    `waived` are the last days on which somebody answers for the loss of a column, `until` is the
    last day of all, and `override` says that a person ends it without waiting for that.
    """

    version: tuple[int, int, int]
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
    """A consumer: the major that it pins, 0 where it follows, and the one column that it reads."""

    pin: int
    column: str


Majors = Mapping[int, Major]
Names = Mapping[str, tuple[int, tuple[int, int, int]]]
"""What readers see: the major and the version behind each name."""


def current(majors: Majors) -> int:
    """The major behind the name without a version, 0 where none is published."""
    for status in (OPEN, ENDING):
        found = [number for number, each in majors.items() if each.status == status]
        if found:
            return max(found)
    return 0


def names(majors: Majors, today: int) -> dict[str, tuple[int, tuple[int, int, int]]]:
    """What readers see in production once these files are applied."""
    seen = {}
    for number, each in majors.items():
        if each.published:
            seen[f"orders_v{number}"] = (number, each.version)
        elif each.status in UNFINISHED and today <= each.preview:
            seen[f"orders_v{number}_rc"] = (number, each.version)
    newest = current(majors)
    if newest:
        seen["orders"] = (newest, majors[newest].version)
    return seen


def read_by(reader: Reader, majors: Majors) -> int:
    """The major that a consumer reads of these, 0 where it cannot: none, or without its column."""
    wanted = reader.pin or current(majors)
    major = majors.get(wanted)
    readable = major is not None and major.status != GONE
    return wanted if readable and major and reader.column in major.columns else 0


@dataclass
class Model:
    """The files of a port and its consumers, what is applied of them, and what readers see."""

    files: dict[int, Major] = field(default_factory=dict)
    applied: dict[int, Major] = field(default_factory=dict)
    readers: dict[str, Reader] = field(default_factory=dict)
    applied_readers: dict[str, Reader] = field(default_factory=dict)
    seen: Names = field(default_factory=dict)
    queried: dict[int, int] = field(default_factory=dict)
    today: int = 0

    def reading(self) -> dict[str, int]:
        """The major that each consumer reads: of the files, or of what is applied. 0 is neither."""
        return {
            name: read_by(each, self.files) or read_by(each, self.applied)
            for name, each in self.readers.items()
        }

    @property
    def compiles(self) -> bool:
        """Whether every consumer can read what its files say, of the new files or of the old."""
        return all(self.reading().values())

    def broken(self) -> dict[str, int]:
        """The consumers that can read only what is applied, and the major that they would read."""
        return {
            name: each.pin or current(self.files) or current(self.applied)
            for name, each in self.readers.items()
            if not read_by(each, self.files)
        }

    def refusals(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The majors that keep the files from being applied, and the consumers concerned."""
        reading = self.reading()
        for broken in self.broken().values():
            if not self._answered_for(broken):
                yield broken, ()
        for name, major in reading.items():
            if read_by(self.readers[name], self.files) and not self.files[major].published:
                yield major, (name,)
        for number, old in self.applied.items():
            new = self.files.get(number)
            users = tuple(name for name, major in reading.items() if major == number)
            if old.published and not (new and new.published):
                early = self._too_early(number, old, new) if new else self._queried(number)
                if users or early:
                    yield number, users
            elif old.published and new and not self._may_follow(old, new):
                yield number, ()

    def _too_early(self, number: int, old: Major, new: Major) -> bool:
        if new.status != GONE or new.override:
            return False
        until = max(old.until, new.until)
        return old.status == OPEN or self.today <= until or self._queried(number)

    def _queried(self, number: int) -> bool:
        """Whether somebody queried a major a short time ago."""
        return self.queried.get(number, -QUIET) > self.today - QUIET

    def _may_follow(self, old: Major, new: Major) -> bool:
        if any(self.today > new.waived.get(each, -1) for each in old.columns - new.columns):
            return False
        if new.version < old.version or -1 < new.until < old.until:
            return False
        if new.columns != old.columns or -1 < old.until < new.until:
            return new.version[:2] > old.version[:2]
        told, said = ((each.status, each.until, each.override) for each in (old, new))
        return told == said or new.version > old.version

    def _answered_for(self, number: int) -> bool:
        """Whether a major loses columns that its readers had, and somebody answers for all."""
        old, new = self.applied.get(number), self.files.get(number)
        if not (old and new and old.published and new.published):
            return False
        lost = old.columns - new.columns
        return bool(lost) and all(self.today <= new.waived.get(each, -1) for each in lost)

    def apply(self) -> None:
        """The files become what is applied, and readers see what they say."""
        self.applied, self.applied_readers = dict(self.files), dict(self.readers)
        self.seen = names(self.files, self.today)

    def take_back(self) -> None:
        """Bring the files back to what is applied."""
        self.files, self.readers = dict(self.applied), dict(self.applied_readers)

    def edit(self, number: int, **changes: object) -> None:
        """Change some of what the files say of a major."""
        self.files[number] = replace(self.files[number], **changes)  # type: ignore[arg-type]
