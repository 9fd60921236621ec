"""Which version a changed contract has to have: Semantic Versioning 2.0 for promises.

What breaks consumers needs a new major, what gives or promises more or less a new minor, and words
a new patch.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from enum import StrEnum

from weft.mesh.change import ContractChange, Effect

_NUMBERS = re.compile(r"(v?)([0-9]{1,6})(?:\.([0-9]{1,6}))?(?:\.([0-9]{1,6}))?([-+].*)?")


class Bump(StrEnum):
    """A step from one version to a later one, smallest first."""

    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


def bump_needed(changes: Iterable[ContractChange], waived: Collection[str] = ()) -> Bump | None:
    """The smallest step that changes need; None where nothing changes.

    `waived` are the titles of changes that break, and that somebody answers for.
    """
    found = tuple(changes)
    if not found:
        return None
    if any(each.breaks and each.title not in waived for each in found):
        return Bump.MAJOR
    return min_bump(each.consumer for each in found)


def min_bump(effects: Iterable[Effect]) -> Bump:
    """The smallest step inside of one major; what breaks and is waived asks for a minor."""
    words_only = all(each is Effect.METADATA for each in effects)
    return Bump.PATCH if words_only else Bump.MINOR


def next_version(version: str, bump: Bump) -> str:
    """The version one step later.

    >>> next_version("1.4.2", Bump.MINOR), next_version("v2", Bump.PATCH)
    ('1.5.0', 'v2.0.1')
    """
    major, minor, patch = numbers(version)
    prefix = "v" if version.startswith("v") else ""
    match bump:
        case Bump.MAJOR:
            return f"{prefix}{major + 1}.0.0"
        case Bump.MINOR:
            return f"{prefix}{major}.{minor + 1}.0"
    return f"{prefix}{major}.{minor}.{patch + 1}"


def step_between(old: str, new: str) -> Bump | None:
    """The step from one version to another; None where the other is not later.

    >>> step_between("1.4.2", "1.5.0"), step_between("1.4.2", "1.4.2")
    (<Bump.MINOR: 'minor'>, None)
    """
    before, after = numbers(old), numbers(new)
    if after <= before:
        return None
    if after[0] > before[0]:
        return Bump.MAJOR
    return Bump.MINOR if after[1] > before[1] else Bump.PATCH


def is_enough(step: Bump, needed: Bump) -> bool:
    """Whether a step is at least as long as another."""
    order = list(Bump)
    return order.index(step) >= order.index(needed)


def numbers(version: str) -> tuple[int, int, int]:
    """Major, minor and patch of a version, 0 where it does not say them.

    >>> numbers("1.4"), numbers("v2.0.0-rc.1")
    ((1, 4, 0), (2, 0, 0))
    """
    found = _NUMBERS.fullmatch(version)
    if found is None:
        return 0, 0, 0
    major, minor, patch = found.group(2, 3, 4)
    return int(major), int(minor or 0), int(patch or 0)
