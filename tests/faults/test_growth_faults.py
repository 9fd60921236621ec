"""Kill or fail an apply of models that grow: what they share is never lost, and never in two."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from courses import courses
from loop import Scenario, assert_all_recover, every, prepared

from memory_disk import quick_folder

SEED = 20130101


@pytest.fixture(scope="module")
def growing_apply() -> Iterator[Scenario]:
    with quick_folder() as folder, prepared(Path(folder), courses()["lake-growing"]) as it:
        yield it


@pytest.fixture(scope="module")
def pruning_apply() -> Iterator[Scenario]:
    with quick_folder() as folder, prepared(Path(folder), courses()["lake-growing-pruning"]) as it:
        yield it


def test_the_scenarios_have_what_they_are_for(
    growing_apply: Scenario, pruning_apply: Scenario
) -> None:
    before, after = (each["shop.visits"] for each in growing_apply.versions)
    assert {name: rows for name, (_, rows, _) in before.items()} == {
        "by_day_v1": 23,
        "by_key_v1": 23,
        "states_v1": 23,
    }
    assert {name: rows for name, (_, rows, _) in after.items()} == {
        "by_day_v1": 25,
        "by_key_v1": 24,
        "states_v1": 25,
    }
    assert (growing_apply.ending, pruning_apply.ending) == ("done", "done")
    assert any("removed" in each or "remove" in each for each in pruning_apply.effects)


def test_a_growing_apply_that_is_killed_while_it_builds(growing_apply: Scenario) -> None:
    first = growing_apply.effects.index("warehouse.run shop.visits/build/by_day")
    last = growing_apply.effects.index("warehouse.run shop.visits/publish")
    trials = every(growing_apply, "killed before")
    assert_all_recover(growing_apply, (each for each in trials if first < each.at <= last))


def test_a_growing_apply_that_fails_at_some_effects(growing_apply: Scenario) -> None:
    trials = list(every(growing_apply, "fails"))
    assert_all_recover(growing_apply, random.Random(SEED).sample(trials, 10))


def test_one_that_prunes_what_it_grew_from_and_is_killed(pruning_apply: Scenario) -> None:
    pruning = pruning_apply.effects.index("warehouse.forget")
    trials = every(pruning_apply, "killed before")
    assert_all_recover(pruning_apply, (each for each in trials if each.at > pruning))
