"""An apply on Postgres that is killed, fails, loses its connection or its server at any effect.

Every message to the server is an effect, whether it was heard or not. A sample is tried here; all
of it is `campaign.py`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from courses import courses
from loop import Scenario, Trial, assert_all_recover, prepared, spread

from memory_disk import quick_folder

SEED = 19960708
FAULTS = ("killed before", "killed after", "fails", "fails after", "server killed")


@pytest.fixture(scope="module")
def first_apply() -> Iterator[Scenario]:
    with quick_folder() as folder, prepared(Path(folder), courses()["postgres-first"]) as it:
        yield it


@pytest.fixture(scope="module")
def later_apply() -> Iterator[Scenario]:
    with quick_folder() as folder, prepared(Path(folder), courses()["postgres-later"]) as it:
        yield it


def test_the_scenarios_have_what_they_are_for(first_apply: Scenario, later_apply: Scenario) -> None:
    assert (first_apply.ending, later_apply.ending) == ("done", "held")
    nothing, shown = first_apply.versions
    assert nothing == {}
    assert shown == later_apply.versions[0]
    assert shown["shop.orders"] != later_apply.versions[1]["shop.orders"]
    for scenario in (first_apply, later_apply):
        kinds = {effect.partition(" ")[0] for effect in scenario.effects}
        assert kinds >= {"store.begin", "store.finish", "store.end", "warehouse.run", "wire"}
        said = " ".join(scenario.effects)
        for words in ("CREATE OR REPLACE VIEW", "COPY", 'pointer" SET', "COMMIT", "DELETE FROM"):
            assert words in said


def test_a_first_apply(first_apply: Scenario) -> None:
    assert_all_recover(first_apply, spread(first_apply, 2, *FAULTS))


def test_a_later_apply(later_apply: Scenario) -> None:
    assert_all_recover(later_apply, spread(later_apply, 3, *FAULTS))


def test_faults_while_recovering_and_with_two_workers(later_apply: Scenario) -> None:
    chance = random.Random(SEED)
    count = len(later_apply.effects)
    trials = [
        Trial(tuple((chance.choice(FAULTS), chance.randint(1, count)) for _ in range(2)), workers)
        for workers in (1, 2, 2)
    ]
    assert_all_recover(later_apply, trials)


def test_one_that_slept_past_its_lock_changes_nothing(later_apply: Scenario) -> None:
    steps = [effect for effect in later_apply.effects if effect.startswith("warehouse.run")]
    for step in random.Random(SEED).sample(steps, 3):
        place, kept = later_apply.place, later_apply.kept
        found = later_apply.program.ask("pause", kept, place, step, later_apply.told)
        assert found["wrong"] == [], step
        assert found["other"] in ("done", "held")
        assert found["ending"].startswith(("FencedOut", "Conflict")), step
