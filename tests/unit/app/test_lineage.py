"""Lineage of the example mesh, and how addresses find their nodes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from weft.app.bootstrap import opened
from weft.app.errors import NotFound, Usage
from weft.app.lineage import Branch, Lineage, LineageOptions, find_node, lineage
from weft.app.system import System
from weft.project.graph import Graph, Node

GRAPH = Graph(
    {
        id: Node(id, "any", "", "a.b")
        for id in (
            "a.b",
            "a.b.orders",
            "a.b.orders@1",
            "a.b.orders@2",
            "a.b.lines@1",
            "a.b.orders#id",
            "a.b.lines@1#lines.price",
            "a.b.lines@2#lines.price",
            "a.b.two@1#first.id",
            "a.b.two@1#second.id",
            "a.b.odd@1#odd.net.price",
        )
    }
)


def lineage_of(folder: Path, address: str, depth: int = 0) -> Lineage:
    with opened(folder, "", System()) as mesh:
        return lineage(mesh, LineageOptions(address, depth))


def ids(branches: Iterable[Branch]) -> dict[str, object]:
    return {each.node.id: ids(each.branches) for each in branches}


def test_a_column_is_followed_to_its_source_and_to_every_port(skyline: Path) -> None:
    found = lineage_of(skyline, "operations.flights.departures@1#departure_delay")
    assert ids(found.upstream) == {
        "operations.flights.departures#departure_delay": {
            "operations.flights.stg_flights#departure_delay": {
                "operations.flights.bts_on_time#dep_delay": {}
            }
        }
    }
    downstream = str(ids(found.downstream))
    assert "punctuality.performance.delay_causes@1#delay_causes.late_percent" in downstream


def test_products_read_products(skyline: Path) -> None:
    found = lineage_of(skyline, "operations.flights")
    assert set(ids(found.upstream)) == {"fleet.aircraft", "network.places"}
    assert set(ids(found.downstream)) == {"loyalty.members", "punctuality.performance"}


def test_depth_ends_the_tree_and_says_so(skyline: Path) -> None:
    [branch] = lineage_of(skyline, "operations.flights.departures", 1).upstream
    assert (branch.node.id, branch.branches, branch.cut) == (
        "operations.flights.stg_flights",
        (),
        True,
    )
    [branch] = lineage_of(skyline, "operations.flights.stg_flights", 1).upstream
    assert not branch.cut


def test_what_was_drawn_is_not_drawn_again(skyline: Path) -> None:
    found = lineage_of(skyline, "fleet.aircraft.aircraft@1")
    drawn: list[Branch] = []
    waiting = list(found.downstream)
    while waiting:
        drawn.append(waiting.pop())
        waiting += drawn[-1].branches
    whole = [each.node.id for each in drawn if not each.cut]
    assert len(whole) == len(set(whole))


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("a.b", "a.b"),
        ("a.b.orders", "a.b.orders"),
        ("a.b.orders@1", "a.b.orders@1"),
        ("a.b.lines", "a.b.lines@1"),
        ("a.b.orders#id", "a.b.orders#id"),
        ("a.b.lines@1#price", "a.b.lines@1#lines.price"),
        ("a.b.lines#price", "a.b.lines@2#lines.price"),
        ("a.b.two@1#second.id", "a.b.two@1#second.id"),
        ("a.b.odd@1#net.price", "a.b.odd@1#odd.net.price"),
    ],
)
def test_an_address_finds_its_node(address: str, found: str) -> None:
    assert find_node(GRAPH, address).id == found


def test_a_column_of_several_objects_needs_the_object() -> None:
    with pytest.raises(Usage) as refused:
        find_node(GRAPH, "a.b.two@1#id")
    assert refused.value.next_step == "weft lineage a.b.two@1#first.id"


@pytest.mark.parametrize("address", ["a.c", "a.b.orderz@1", "a.b.lines@3#price", "a.b.orders#ix"])
def test_an_unknown_address_is_refused(address: str) -> None:
    with pytest.raises(NotFound):
        find_node(GRAPH, address)
