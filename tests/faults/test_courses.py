"""What is tried with faults, undisturbed: both kinds of ground come to the same; then a sample.

All of it is `campaign.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from courses import courses
from growing_mesh import PRODUCT
from loop import Scenario, assert_all_recover, prepared, spread

from memory_disk import quick_folder

FAULTS = ("killed before", "killed after", "fails", "fails after")
ON_SERVERS = ("killed after", "fails after", "server killed")
# The rows of each object after each stage: those that a time, a key and a state decide on.
FIRST, SECOND, THIRD = (23, 23, 23), (25, 24, 25), (27, 25, 27)


def rows(scenario: Scenario) -> list[tuple[int, ...]]:
    """How many rows the ports of the growing mesh show, after each stage to its end."""
    return [tuple(rows for _, rows, _ in end["seen"][PRODUCT].values()) for end in scenario.ends]


@pytest.mark.parametrize(
    ("course", "ends", "faults"),
    [
        ("growing", [SECOND, THIRD], ON_SERVERS),
        ("going-back", [SECOND, THIRD], ("server killed",)),
        ("adopting", [SECOND, SECOND, THIRD], ()),
        ("ending", [FIRST, SECOND], ()),
        ("ending-adopted", [SECOND, THIRD], ()),
    ],
)
def test_models_that_grow_on_both(
    course: str, ends: list[tuple[int, ...]], faults: tuple[str, ...]
) -> None:
    known = courses()
    with quick_folder() as folder:
        with prepared(Path(folder, "lake"), known[f"lake-{course}"]) as lake:
            assert rows(lake) == ends
        with prepared(Path(folder, "postgres"), known[f"postgres-{course}"]) as postgres:
            assert postgres.versions == lake.versions
            assert [each["seen"] for each in postgres.ends] == [each["seen"] for each in lake.ends]
            assert_all_recover(postgres, spread(postgres, 1, *faults), programs=1)


def test_a_rollback_that_fails_is_gone_on_with() -> None:
    with quick_folder() as folder, prepared(Path(folder), courses()["lake-going-back"]) as lake:
        assert_all_recover(lake, spread(lake, 4, "fails", "fails after"), programs=1)


@pytest.mark.parametrize("ground", ["lake", "postgres"])
def test_what_was_changed_outside_is_brought_back(ground: str) -> None:
    course = courses()[f"{ground}-reverting"]
    with quick_folder() as folder, prepared(Path(folder), course) as scenario:
        assert scenario.ending == "done"
        _, before, *changed, after = scenario.versions
        assert before == after
        assert before not in changed and changed
        faults = FAULTS if ground == "lake" else ON_SERVERS
        assert_all_recover(scenario, spread(scenario, 1, *faults), programs=1)


@pytest.mark.parametrize("course", ["moving", "moving-back"])
def test_a_domain_that_moves(course: str) -> None:
    with quick_folder() as folder, prepared(Path(folder), courses()[course]) as scenario:
        assert scenario.ending == "done"
        said = " ".join(scenario.effects)
        assert all(each in said for each in ("warehouse.load", "/leave/", "warehouse.rows"))
        assert_all_recover(scenario, spread(scenario, 1, *ON_SERVERS), programs=1)
