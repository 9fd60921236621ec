"""Kill or fail an apply of models that grow: what they share is never lost, and never in two."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import growing_mesh
import pytest
from loop import Scenario, Trial, every, prepare, tried

from memory_disk import quick_folder

SEED = 20130101


@pytest.fixture(scope="module")
def growing_apply() -> Iterator[Scenario]:
    with quick_folder() as folder:
        yield prepare(Path(folder), [growing_mesh.first()], growing_mesh.second())


@pytest.fixture(scope="module")
def pruning_apply() -> Iterator[Scenario]:
    with quick_folder() as folder:
        earlier = [growing_mesh.first(), growing_mesh.second()]
        yield prepare(Path(folder), earlier, growing_mesh.third_and_pruned())


def assert_recovers(scenario: Scenario, trials: Iterable[Trial]) -> None:
    found = {str(trial): wrong for trial, wrong in tried(scenario, trials) if wrong}
    assert not found, "\n".join(f"{trial}: {wrong}" for trial, wrong in found.items())


def test_the_scenarios_have_what_they_are_for(
    growing_apply: Scenario, pruning_apply: Scenario
) -> None:
    before, after = (each["shop.visits"] for each in growing_apply.versions)
    assert {name: rows for name, (_, rows, _) in before.items()} == {
        "by_day_v1": 3,
        "by_key_v1": 3,
        "states_v1": 3,
    }
    assert {name: rows for name, (_, rows, _) in after.items()} == {
        "by_day_v1": 5,
        "by_key_v1": 4,
        "states_v1": 5,
    }
    assert (growing_apply.ending, pruning_apply.ending) == ("done", "done")
    assert any("removed" in each or "remove" in each for each in pruning_apply.effects)


def test_a_growing_apply_that_is_killed_while_it_builds(growing_apply: Scenario) -> None:
    first = growing_apply.effects.index("warehouse.run shop.visits/build/by_day")
    last = growing_apply.effects.index("warehouse.run shop.visits/publish")
    trials = every(growing_apply, "killed before")
    assert_recovers(growing_apply, (each for each in trials if first < each.at <= last))


def test_a_growing_apply_that_fails_at_some_effects(growing_apply: Scenario) -> None:
    trials = list(every(growing_apply, "fails"))
    assert_recovers(growing_apply, random.Random(SEED).sample(trials, 10))


def test_one_that_prunes_what_it_grew_from_and_is_killed(pruning_apply: Scenario) -> None:
    pruning = pruning_apply.effects.index("warehouse.forget")
    trials = every(pruning_apply, "killed before")
    assert_recovers(pruning_apply, (each for each in trials if each.at > pruning))
