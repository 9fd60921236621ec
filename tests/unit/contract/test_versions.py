"""Which step from one version to the next changes need, and which was taken."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.contract.change_kinds import KINDS, change
from weft.contract.versions import (
    Bump,
    bump_needed,
    is_enough,
    next_version,
    numbers,
    step_between,
)
from weft.mesh.change import ChangeAction, ContractChange, Effect

PARTS = st.integers(0, 999_998)
VERSIONS = st.builds("{}.{}.{}".format, PARTS, PARTS, PARTS)
BY_EFFECT = {
    Effect.METADATA: Bump.PATCH,
    Effect.ADDITIVE: Bump.MINOR,
    Effect.TIGHTENED: Bump.MINOR,
    Effect.LOOSENED: Bump.MINOR,
    Effect.BREAKING: Bump.MAJOR,
}
ORDER = list(Bump)


def one(kind: str) -> ContractChange:
    return change(kind, ChangeAction.UPDATE, "column v")


@pytest.mark.parametrize("kind", KINDS)
def test_consumers_decide(kind: str) -> None:
    assert bump_needed([one(kind)]) is BY_EFFECT[KINDS[kind].consumer]


def test_of_several_changes_the_longest_step_is_needed() -> None:
    for pair in combinations_with_replacement(KINDS, 2):
        both = bump_needed(map(one, pair))
        assert both is max((bump_needed([one(each)]) for each in pair), key=ORDER.index)
    assert bump_needed([]) is None


def test_what_is_waived_needs_a_minor_and_only_that() -> None:
    gone, renamed = one("column-removed"), one("column-renamed")
    assert bump_needed([gone], {gone.title}) is Bump.MINOR
    assert bump_needed([gone, renamed], {gone.title}) is Bump.MAJOR
    assert bump_needed([gone, renamed], {gone.title, renamed.title}) is Bump.MINOR


@given(VERSIONS, st.sampled_from(Bump))
def test_the_next_version_is_one_step_later(version: str, bump: Bump) -> None:
    following = next_version(version, bump)
    assert step_between(version, following) is bump
    assert step_between(following, version) is None


@given(VERSIONS, VERSIONS)
def test_of_two_versions_one_is_later_or_they_are_equal(first: str, second: str) -> None:
    there, back = step_between(first, second), step_between(second, first)
    assert (there is None) + (back is None) == 1 + (numbers(first) == numbers(second))


@pytest.mark.parametrize(
    ("version", "found"),
    [("1.4.2", (1, 4, 2)), ("v2", (2, 0, 0)), ("2.1", (2, 1, 0)), ("1.0.0-rc.1", (1, 0, 0))],
)
def test_versions_are_read_as_people_write_them(version: str, found: tuple[int, int, int]) -> None:
    assert numbers(version) == found


def test_a_longer_step_is_enough() -> None:
    assert [is_enough(Bump.MINOR, each) for each in Bump] == [True, True, False]
