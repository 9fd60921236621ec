"""Builds of models that grow, as environments show them, and which can be taken as one's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from weft.mesh.release import Build


@dataclass(frozen=True)
class Offer:
    """A build of a model that grows, as an `environment` shows it.

    `asked` is what it was asked for, as a release says it. `line` is the build itself, the one
    that it grew from, the one that this grew from, and so on, as far as they are there.
    """

    environment: str
    asked: str
    line: tuple[Build, ...]

    @property
    def build(self) -> Build:
        """The build that is shown."""
        return self.line[0]


@dataclass(frozen=True)
class Wanted:
    """The next build of a model that grows: what it is asked for, its recipe, and its base.

    `base` is "" where all of it is built.
    """

    asked: str
    recipe: str
    base: str


class Unfit(StrEnum):
    """Why a build is not taken, in the order in which that is looked at."""

    RECIPE = "defined in another way there, or reading what is"
    DATA = "made from other data there, or with ranges read anew"
    ROWS = "some of its rows made by another definition there"
    LINE = "not known to have grown from what is released here"


@dataclass(frozen=True)
class Refusal:
    """Why a build that an environment shows is not taken."""

    environment: str
    why: Unfit


def unfit(offer: Offer, wanted: Wanted) -> Unfit | None:
    """Say why a build cannot stand for the wanted one; None if it can.

    It has every row that the wanted one would keep: it grew from the same base, or like that from
    nothing. Nothing but the definitions that are wanted made the others, and the last data that was
    read is what would be read now.
    """
    if not wanted.recipe or offer.build.recipe != wanted.recipe:
        return Unfit.RECIPE
    if offer.asked != wanted.asked:
        return Unfit.DATA
    made = list(takewhile(lambda build: build.key != wanted.base, offer.line))
    if any(build.recipe != wanted.recipe for build in made):
        return Unfit.ROWS
    return None if made and made[-1].base == wanted.base else Unfit.LINE


def chosen(offers: Iterable[Offer], wanted: Wanted) -> Offer | Refusal | None:
    """Choose the first build that can be taken, or say of the one that comes nearest why it can't.

    None where nothing is offered.
    """
    refusals: list[Refusal] = []
    for offer in offers:
        why = unfit(offer, wanted)
        if why is None:
            return offer
        refusals.append(Refusal(offer.environment, why))
    return max(refusals, key=lambda each: list(Unfit).index(each.why), default=None)
