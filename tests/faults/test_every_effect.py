"""Kill or fail an apply at its effects: consumers keep a good version, the next apply converges.

The small mesh is tried at every effect, the example and pairs of faults at a sample; all of it on
the example is `campaign.py`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from courses import courses
from loop import Scenario, Trial, assert_all_recover, every, prepared

from memory_disk import quick_folder

SEED = 20130101


@pytest.fixture(scope="module")
def first_apply() -> Iterator[Scenario]:
    with quick_folder() as folder, prepared(Path(folder), courses()["lake-first"]) as it:
        yield it


@pytest.fixture(scope="module")
def later_apply() -> Iterator[Scenario]:
    with quick_folder() as folder, prepared(Path(folder), courses()["lake-later"]) as it:
        yield it


def test_the_scenarios_have_what_they_are_for(first_apply: Scenario, later_apply: Scenario) -> None:
    assert first_apply.ending == "done"
    assert later_apply.ending == "held"
    before, after = later_apply.versions
    assert before["finance.costs"] == after["finance.costs"]
    assert before["shop.orders"] != after["shop.orders"]
    assert set(before) - set(after) == {"finance.old"}
    for scenario in (first_apply, later_apply):
        kinds = {effect.partition(" ")[0] for effect in scenario.effects}
        assert kinds >= {
            *("store.begin", "store.finish", "store.end", "warehouse.run", "warehouse.serve"),
            *("disk.write", "disk.link", "disk.rename", "disk.sync", "disk.leave_folder"),
        }


def test_a_first_apply_that_fails_at_any_effect(first_apply: Scenario) -> None:
    assert_all_recover(first_apply, every(first_apply, "fails"))


def test_a_later_apply_that_is_killed_at_any_effect(later_apply: Scenario) -> None:
    assert_all_recover(later_apply, every(later_apply, "killed before"))


def test_store_and_warehouse_that_did_it_but_cannot_say_so(later_apply: Scenario) -> None:
    trials = [
        Trial(((fault, at),))
        for at, effect in enumerate(later_apply.effects, 1)
        for fault in ("killed after", "fails after")
        if effect.startswith(("store.", "warehouse.run"))
    ]
    assert_all_recover(later_apply, random.Random(SEED).sample(trials, 16))


def test_faults_while_recovering_and_with_two_workers(later_apply: Scenario) -> None:
    chance = random.Random(SEED)
    faults = ("killed before", "fails")
    count = len(later_apply.effects)
    trials = [
        Trial(
            tuple((chance.choice(faults), chance.randint(1, count)) for _ in range(times)),
            workers,
        )
        for times, workers in [(3, 1)] * 6 + [(1, 2)] * 6 + [(2, 2)] * 4
    ]
    assert_all_recover(later_apply, trials)


def test_an_apply_that_prunes_and_is_killed_at_any_effect() -> None:
    with quick_folder() as folder, prepared(Path(folder), courses()["lake-pruning"]) as scenario:
        pruning = scenario.effects.index("warehouse.forget")
        trials = [trial for trial in every(scenario, "killed before") if trial.at > pruning - 8]
        assert_all_recover(scenario, [*trials, *every_serving(scenario)])


def every_serving(scenario: Scenario) -> Iterator[Trial]:
    """The file that other programs open cannot be renewed: what it shows must not go away."""
    serving = scenario.effects.index("warehouse.serve prod")
    pruning = scenario.effects.index("warehouse.forget")
    return (Trial((("fails", at),)) for at in range(serving + 1, pruning + 1))


def test_a_sample_of_the_example() -> None:
    with quick_folder() as folder, prepared(Path(folder), courses()["example"]) as scenario:
        trials = list(every(scenario, "killed before", "fails"))
        assert_all_recover(scenario, random.Random(SEED).sample(trials, 6))
