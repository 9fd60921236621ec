"""Put things that read each other in order, and find the cycles that make that impossible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter


def in_order(reads: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Order names so that each stands after what it reads.

    `reads` maps a name to the names it reads; names that are no keys are ignored. Returns the
    order and, where there is none, one cycle as a path that ends where it begins. The order does
    not depend on the order of the mapping.
    """
    graph = {name: sorted(each for each in reads[name] if each in reads) for name in sorted(reads)}
    try:
        return tuple(TopologicalSorter(graph).static_order()), ()
    except CycleError as error:
        path: list[str] = error.args[1]
        return (), tuple(reversed(path))
