"""What the steps of a plan will bring, for those that come after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from weft.plan.plan import Source


@dataclass
class Pending:
    """What the steps so far will bring: the step to wait for, by key, and pinned sources.

    `hollow` are views that are there and lead to builds that are not, each with what it reads.
    `guards` are the steps that may keep back a port version alone, by its address, and `tried` of
    these the ones that make what is published with the rest, by key.
    `refused` says in full sentences what cannot be brought over from another warehouse.
    """

    steps: dict[str, str] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    hollow: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    guards: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tried: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def needs(self, keys: Iterable[str]) -> tuple[str, ...]:
        """The steps that have to be done before these keys can be read."""
        reached = (key for key in self.behind(keys) if key in self.steps)
        steps = (step for key in reached for step in (self.tried.get(key, ""), self.steps[key]))
        return tuple(dict.fromkeys(filter(None, steps)))

    def guards_of(self, ports: Iterable[str]) -> tuple[str, ...]:
        """The steps that say whether these port versions are kept back, by their addresses."""
        return tuple(each for port in ports for each in self.guards.get(port, ()))

    def behind(self, keys: Iterable[str]) -> Iterator[str]:
        """These keys, and in place of hollow views that nothing brings those that they lead to."""
        waiting = list(keys)[::-1]
        unfolded: set[str] = set()
        while waiting:
            key = waiting.pop()
            if key in self.steps or key not in self.hollow:
                yield key
            elif key not in unfolded:
                unfolded.add(key)
                waiting += self.hollow[key][::-1]
