"""Whom a new major of a port breaks, what they say to it, and whether it waits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from life_cycle import Edition, Major, Reader, visible

PATIENCE = 14
"""For how many days an answer is waited for where no preview has a last day."""
OPEN, YES, NO = "open", "yes", "no"


@dataclass(frozen=True)
class Vote:
    """What a consumer said to a major, until when it is asked, and about which versions."""

    until: int
    versions: tuple[tuple[int, int, int], ...]
    said: str = OPEN


@dataclass
class Votes:
    """Everybody who was asked: by major and consumer."""

    asked: dict[tuple[int, str], Vote] = field(default_factory=dict)

    def answer(self, number: int, name: str, said: str) -> None:
        """Let a consumer say something that was asked."""
        vote = self.asked.get((number, name))
        if vote is not None:
            self.asked[number, name] = Vote(vote.until, vote.versions, said)

    def ask(self, edition: Edition, released: Collection[int], kept: Collection[int]) -> None:
        """Ask everybody whom the majors break that are not released, but for those kept back."""
        for number, major, name in electorate(edition, released):
            if number in kept:
                continue
            vote = self.asked.get((number, name)) or Vote(-1, ())
            if major.version not in vote.versions:
                until = answer_by(major, edition.today)
                self.asked[number, name] = Vote(until, (*vote.versions, major.version), vote.said)

    def waits(
        self,
        edition: Edition,
        released: Collection[int],
        is_as_expected: Callable[[int, Reader], bool],
    ) -> Iterator[tuple[int, str]]:
        """The majors that cannot be released because of a consumer.

        `is_as_expected` says of a major whether its data is known to be as a consumer expects it.
        """
        known = {number for number, _ in self.asked}
        for number, major, name in electorate(edition, released):
            if number not in known or not major.published:
                continue
            vote = self.asked.get((number, name)) or Vote(answer_by(major, edition.today), ())
            reader = edition.readers[name]
            silent = vote.said == OPEN and reader.expects
            agrees = vote.said == YES or (silent and is_as_expected(number, reader))
            if not agrees and edition.today > major.waived.get(name, -1):
                yield number, name


def answer_by(major: Major, today: int) -> int:
    """Until when consumers of a major are asked."""
    return major.preview if major.preview >= today and not major.published else today + PATIENCE


def electorate(edition: Edition, released: Collection[int]) -> Iterator[tuple[int, Major, str]]:
    """Every major that is shown before its release, and each consumer of an older one it breaks."""
    reading = edition.reading()
    for number, major in visible(edition.new, edition.today, production=True).items():
        if number in released:
            continue
        for name, read in reading.items():
            old = edition.new.get(read)
            if old is None or read >= number or read not in released:
                continue
            reader = edition.readers[name]
            ends_earlier = -1 < major.until < old.until
            lost = old.columns - major.columns
            if ends_earlier or reader.column in lost or (lost and reader.expects):
                yield number, major, name
