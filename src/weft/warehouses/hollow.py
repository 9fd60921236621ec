"""Views that have nothing to show: they lead to builds that are not there."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def hollow(
    views: Mapping[str, tuple[str, ...]], missing: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Return the views that lead to missing builds, directly or through one another.

    Views are given by key, each with the keys that it reads, and so are returned.
    """
    found: dict[str, tuple[str, ...]] = {}
    reached = frozenset(missing)
    while reached:
        more = {
            key: reads
            for key, reads in views.items()
            if key not in found and not reached.isdisjoint(reads)
        }
        found |= more
        reached = frozenset(more)
    return found
