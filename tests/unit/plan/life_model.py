"""The files of a port and its data, and what becomes of them in production and in development."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from life_cycle import (
    GONE,
    UNFINISHED,
    Edition,
    Major,
    Majors,
    Reader,
    Version,
    names,
    visible,
)
from life_votes import Votes

GOOD, ODD, SPOILED, HALF, JAMMED = "good", "odd", "spoiled", "half", "jammed"
"""Data as it should be, data that consumers do not expect, data that checks refuse: those of every
major, or only those of an even one; and data of which an even one that is not published is not
made, where another is."""

Names = dict[str, tuple[int, Version, int]]
"""What readers see: the major, the version and the data behind each name."""
Refusal = tuple[int, tuple[str, ...]]
"""A major that keeps files from being applied, and the consumers concerned."""
Content = tuple[int, frozenset[str], int]
"""What a build of a major is made of: the major, its columns, and the number of the data."""


def is_refused(kind: str, number: int) -> bool:
    """Whether the checks of a major fail on data of a kind."""
    return kind == SPOILED or (kind == HALF and number % 2 == 0)


def is_jammed(kind: str, number: int) -> bool:
    """Whether a major cannot be made of data of a kind, as long as it is not published."""
    return kind == JAMMED and number % 2 == 0


@dataclass(frozen=True)
class Shown:
    """What a release of some files shows: majors over data of some number, as of a day."""

    files: Majors
    made: Mapping[int, tuple[Major, int]]
    day: int
    production: bool = True

    @property
    def names(self) -> Names:
        """What readers see of it."""
        majors = {number: major for number, (major, _) in self.made.items()}
        found = names(majors, self.day, production=self.production)
        return {
            name: (number, self.made[number][0].version, self.made[number][1])
            for name, number in found.items()
        }

    @property
    def seen(self) -> dict[int, Major]:
        """The majors that readers get."""
        majors = {number: major for number, (major, _) in self.made.items()}
        return visible(majors, self.day, production=self.production)

    @property
    def released(self) -> set[int]:
        """The majors that are more than previews."""
        return {number for number, each in self.seen.items() if each.published}

    @property
    def built(self) -> set[Content]:
        """The builds behind it."""
        return {(number, major.columns, data) for number, (major, data) in self.made.items()}

    def is_same(self, other: Shown) -> bool:
        """Whether nothing differs but the day."""
        return (self.files, self.made, self.names) == (other.files, other.made, other.names)

    def reads_from(self, number: int, column: str) -> bool:
        """Whether consumers can be built on a column of a major: in production on no preview."""
        major = self.seen.get(number)
        return (
            major is not None
            and (major.published or not self.production)
            and column in major.columns
        )


def published(majors: Majors) -> set[int]:
    """The majors that are published."""
    return {number for number, each in majors.items() if each.published}


@dataclass
class Stage:
    """An environment: what is applied in it, what readers see, and what they saw before.

    `shown` is None while it shows nothing of its own, and `applied` while nothing was ever applied;
    `reading` are the majors that its consumers were built from. With `held` a person keeps it as
    it is.
    """

    production: bool
    applied: Majors | None = None
    readers: dict[str, Reader] = field(default_factory=dict)
    reading: dict[str, int] = field(default_factory=dict)
    shown: Shown | None = None
    past: list[Shown] = field(default_factory=list)
    held: bool = False

    @property
    def released(self) -> set[int]:
        """The majors that readers get as more than previews."""
        return self.shown.released if self.shown else set()

    def show(self, wanted: Shown) -> None:
        """Let readers see something else, where it is anything else."""
        if self.shown is None or not self.shown.is_same(wanted):
            self.shown = wanted
            self.past.append(wanted)


@dataclass
class Model:
    """The files of a port and its consumers, the data, and what is made of that in both places."""

    files: dict[int, Major] = field(default_factory=dict)
    readers: dict[str, Reader] = field(default_factory=dict)
    data: list[str] = field(default_factory=lambda: [GOOD])
    production: Stage = field(default_factory=lambda: Stage(production=True))
    trial: Stage = field(default_factory=lambda: Stage(production=False))
    votes: Votes = field(default_factory=Votes)
    measured: set[tuple[Content, str]] = field(default_factory=set)
    made: set[Content] = field(default_factory=set)
    queried: dict[int, int] = field(default_factory=dict)
    released: dict[int, dict[Version, Major]] = field(default_factory=dict)
    today: int = 0

    @property
    def newest(self) -> int:
        """The number of the data that is there now."""
        return len(self.data) - 1

    def edition(self, stage: Stage) -> Edition:
        """The files beside what is applied: in production, as long as nothing is elsewhere."""
        before = self.production.applied if stage.applied is None else stage.applied
        known = self.queried, stage.production, self.released
        return Edition(before or {}, self.files, self.readers, self.today, *known)

    def names(self, stage: Stage) -> Names:
        """What readers see in an environment."""
        shown = stage.shown or self.production.shown
        return shown.names if shown else {}

    def is_held(self, stage: Stage) -> bool:
        """Whether a person keeps the port as it is, which new files end."""
        return stage.held and stage.applied == self.files

    def refusals(self, stage: Stage) -> list[Refusal]:
        """What keeps the files from being applied."""
        refused = self.edition(stage).refusals()
        found = [each for each in refused if not self._reads_what_is_held(stage, *each)]
        return found + list(self._objections()) if stage.production else found

    def _reads_what_is_held(self, stage: Stage, number: int, names: tuple[str, ...]) -> bool:
        """Whether consumers can be built on a major as a person keeps it, whatever files say."""
        there = stage.shown if names and self.is_held(stage) else None
        return there is not None and all(
            there.reads_from(number, self.readers[name].column) for name in names
        )

    def _objections(self) -> Iterator[Refusal]:
        """The majors that wait for a consumer; none is released while it is held."""
        if self.is_held(self.production):
            return
        edition = self.edition(self.production)
        waits = self.votes.waits(edition, self.production.released, self._as_expected)
        yield from ((number, (name,)) for number, name in waits)

    def waits_already(self, refusal: Refusal) -> bool:
        """Whether it is enough that consumers wait: for a major that its own checks hold back."""
        number, _ = refusal
        return number in self._refused() and not self.files[number].published

    def _as_expected(self, number: int, reader: Reader) -> bool:
        """Whether the data of a major is known to be as a consumer expects it."""
        columns = self.files[number].columns
        known = ((number, columns, self.newest), reader.column) in self.measured
        return known and reader.column in columns and self.data[-1] != ODD

    def _measure(self, edition: Edition, wanted: Shown) -> None:
        """Look whether data is as it is expected, of what is read and of what may be read next."""
        for name, read in edition.reading().items():
            for number, major in wanted.seen.items():
                next_ones = number > read and number not in self.production.released
                content = (number, major.columns, self.newest)
                expects = edition.readers[name].expects and content in self.made
                if expects and (number == read or next_ones):
                    self.measured.add((content, edition.readers[name].column))

    def apply(self, stage: Stage) -> None:
        """The files become what is applied, and readers see what they say, unless it is held."""
        made = {number: (each, self.newest) for number, each in self.files.items()}
        wanted = Shown(dict(self.files), made, self.today, stage.production)
        if self._follows(stage, wanted):
            return
        edition, held = self.edition(stage), self.is_held(stage)
        refused = self._refused() | self.unmade()
        self.made |= {self._content(number) for number in self.files.keys() - self.unmade()}
        waits = held or (refused if self._all_or_nothing() else refused & published(self.files))
        if stage.production:
            self._measure(edition, wanted)
            if not waits:
                self.votes.ask(edition, stage.released, refused)
        stage.applied, stage.held = dict(self.files), held
        if not waits:
            stage.show(self._but_for(refused, wanted, stage))
        if stage.production and stage.shown:
            for number in stage.released:
                major = stage.shown.seen[number]
                self.released.setdefault(number, {}).setdefault(major.version, major)
        self._go_on(stage, edition)

    def _refused(self) -> set[int]:
        """The majors whose checks fail now."""
        kind = self.data[-1]
        return {
            number
            for number, each in self.files.items()
            if each.status != GONE and is_refused(kind, number)
        }

    def unmade(self) -> set[int]:
        """The majors that cannot be made now."""
        return {
            number
            for number, each in self.files.items()
            if is_jammed(self.data[-1], number)
            and each.status in UNFINISHED
            and not self._all_or_nothing()
            and self._content(number) not in self.made
        }

    def _content(self, number: int) -> Content:
        """What a major is made of now."""
        return (number, self.files[number].columns, self.newest)

    def _all_or_nothing(self) -> bool:
        """Whether no major goes on by itself: where none of them is published."""
        return not published(self.files)

    def _but_for(self, refused: set[int], wanted: Shown, stage: Stage) -> Shown:
        """What would be shown, without these majors: they stay as readers see them now."""
        there = stage.shown or self.production.shown
        made = {number: each for number, each in wanted.made.items() if number not in refused}
        if there is not None:
            seen = replace(there, day=self.today).seen
            kept = refused & seen.keys() & wanted.seen.keys()
            made |= {number: there.made[number] for number in kept}
        return replace(wanted, made=made)

    def _follows(self, stage: Stage, wanted: Shown) -> bool:
        """Whether an environment shows what production shows, because nothing differs there."""
        there = self.production.shown
        nothing_new = stage.shown is None and self.edition(stage).old == self.files
        return not stage.production and nothing_new and bool(there and there.is_same(wanted))

    def _go_on(self, stage: Stage, edition: Edition) -> None:
        """Consumers go on that can read what is shown; the others wait, and stay as they are."""
        there = stage.shown or self.production.shown
        for name in stage.readers.keys() - self.readers.keys():
            del stage.readers[name], stage.reading[name]
        for name, number in edition.reading().items():
            reader = self.readers[name]
            content = self._content(number)
            offered = there is not None and there.reads_from(number, reader.column)
            if there and offered and (stage.held or content in there.built):
                stage.readers[name], stage.reading[name] = reader, number

    def go_back(self, target: Shown) -> None:
        """Show in production what was shown before, and keep it there; what ended since is gone."""
        seen = self.production.shown.seen if self.production.shown else {}
        applied = self.production.applied or {}
        ended = {each for each, major in applied.items() if major.status == GONE} - seen.keys()
        made = {
            number: (major, data)
            for number, (major, data) in target.made.items()
            if number not in ended or major.status == GONE
        }
        shown = replace(target, made=made, day=self.today)
        self.production.shown, self.production.held = shown, True
        self.production.past.append(shown)

    def broken_by(self, target: Shown) -> set[str]:
        """The consumers that read what an earlier release does not have."""
        there = self.production
        return {
            name
            for name, number in there.reading.items()
            if not target.reads_from(number, there.readers[name].column)
        }

    def take_back(self) -> None:
        """Bring the files back to what is applied."""
        self.files, self.readers = (
            dict(self.production.applied or {}),
            dict(self.production.readers),
        )

    def edit(self, number: int, **changes: object) -> None:
        """Change some of what the files say of a major."""
        self.files[number] = replace(self.files[number], **changes)  # type: ignore[arg-type]
