"""Order and cycles, whatever the order in which things are given."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from weft.project.order import in_order

NAMES = st.integers(0, 9).map(lambda number: f"n{number}")
GRAPHS = st.dictionaries(NAMES, st.lists(NAMES, max_size=4), max_size=10)


def test_each_stands_after_what_it_reads_and_strangers_are_ignored() -> None:
    assert in_order({"b": ["a", "stranger"], "a": [], "c": ["b"]}) == (("a", "b", "c"), ())
    assert in_order({}) == ((), ())


def test_a_cycle_is_a_path_that_ends_where_it_begins() -> None:
    assert in_order({"a": ["a"]})[1] == ("a", "a")
    order, cycle = in_order({"a": ["b"], "b": ["c"], "c": ["a"], "d": []})
    assert order == () and len(cycle) == 4 and cycle[0] == cycle[-1]


@given(GRAPHS)
def test_either_an_order_or_a_cycle(reads: dict[str, list[str]]) -> None:
    order, cycle = in_order(reads)
    assert bool(cycle) != bool(order) or not reads
    assert all(following in reads[name] for name, following in pairwise(cycle))
    place = {name: number for number, name in enumerate(order)}
    if order:
        assert set(order) == set(reads)
        assert all(
            place[read] < place[name] for name in reads for read in reads[name] if read in reads
        )


@given(GRAPHS, st.randoms())
def test_the_order_of_the_mapping_does_not_count(
    reads: dict[str, list[str]],
    chance: st.randoms,  # type: ignore[valid-type]
) -> None:
    names = list(reads)
    chance.shuffle(names)  # type: ignore[attr-defined]
    shuffled = {name: chance.sample(reads[name], len(reads[name])) for name in names}  # type: ignore[attr-defined]
    assert in_order(shuffled) == in_order(reads)
