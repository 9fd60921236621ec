"""How the builds and copies of a run fared with the ports that they read where these live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from weft.mesh.address import product_of
from weft.mesh.manifest import ProductManifest
from weft.mesh.run import StepResult, StepState
from weft.plan.share import Share
from weft.plan.telling import reads_of

Place = tuple[str, str]
"""A port version, and the warehouse on which it was read."""


@dataclass
class Readings:
    """Which ports answered in a run, with the last time, and on which its steps failed.

    A step that fails says little by itself: its own SQL may be at fault.
    """

    answered: dict[Place, str] = field(default_factory=dict)
    failed: set[Place] = field(default_factory=set)

    @property
    def products(self) -> frozenset[str]:
        """The products whose ports they are."""
        return frozenset(product_of(port) for port, _ in (*self.answered, *self.failed))

    def note(
        self,
        share: Share,
        results: Iterable[StepResult],
        manifest: ProductManifest | None,
        at: str,
    ) -> None:
        """Note how a product ended, at an ISO time."""
        steps: dict[StepState, set[str]] = {}
        for each in results:
            steps.setdefault(each.state, set()).add(each.step)
        done = _places(share, steps.get(StepState.DONE, set()), manifest)
        self.answered |= dict.fromkeys(done, at)
        self.failed |= set(_places(share, steps.get(StepState.FAILED, set()), manifest))


def _places(share: Share, steps: set[str], manifest: ProductManifest | None) -> Iterator[Place]:
    """What these steps read: a copy where it comes from, a build on the product's warehouse."""
    copies = (each.copy for each in share.steps if each.copy and each.id in steps)
    yield from ((each.port, each.source) for each in copies)
    if manifest is not None:
        reads = reads_of(share, steps, manifest, "")
        yield from ((each.address, manifest.warehouse) for each in reads)
