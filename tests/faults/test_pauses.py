"""Two applies at once: one goes first, and one that slept past the end of its lock is refused."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from courses import courses
from loop import Scenario, prepared

from memory_disk import quick_folder


@pytest.fixture(scope="module")
def scenario() -> Iterator[Scenario]:
    with quick_folder() as folder, prepared(Path(folder), courses()["lake-later"]) as it:
        yield it


def in_the_middle(scenario: Scenario) -> list[int]:
    """The effects between the first lock and the file that other programs open."""
    names = [effect.partition(" ")[0] for effect in scenario.effects]
    return list(range(names.index("store.begin") + 2, names.index("warehouse.serve") + 1))


def test_a_second_apply_is_told_who_is_at_work(scenario: Scenario) -> None:
    at = in_the_middle(scenario)[0]
    found = scenario.program.ask("pause", scenario.kept, scenario.place, at, scenario.told)
    lock = found["in the way"]
    assert lock["pid"] == found["paused"]
    assert lock["host"] == socket.gethostname()
    assert lock["holder"] and lock["since"] and lock["id"]
    assert lock["product"] == "finance.costs"


def test_one_that_slept_past_its_lock_changes_nothing(scenario: Scenario) -> None:
    for at in random.Random(7).sample(in_the_middle(scenario), 12):
        found = scenario.program.ask("pause", scenario.kept, scenario.place, at, scenario.told)
        assert found["wrong"] == [], scenario.effects[at - 1]
        assert found["other"] in ("done", "held")
        assert found["ending"].startswith(("FencedOut", "Conflict")), scenario.effects[at - 1]
