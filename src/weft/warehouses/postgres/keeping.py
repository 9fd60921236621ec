"""What a database keeps of the past: its releases by number, and how they and their data go."""

from __future__ import annotations

from collections.abc import Iterable

from weft.mesh.release import Release
from weft.warehouses.postgres.pruning import Pruning
from weft.warehouses.postgres.released import Released
from weft.warehouses.protocol import Removal


class KeptReleases:
    """The part of a database that lists and clears what is kept."""

    def __init__(self, released: Released, pruning: Pruning) -> None:
        self._released = released
        self._pruning = pruning

    def history(self, environment: str, product: str) -> tuple[Release, ...]:
        """Return all kept releases of a product, newest first."""
        return self._released.all(environment, product)

    def released(self) -> dict[str, tuple[str, ...]]:
        """Return all environments that have releases here, and the products in each."""
        found: dict[str, list[str]] = {}
        for each in self._released.everywhere():
            found.setdefault(each.environment, []).append(each.product)
        return {each: tuple(sorted(found[each])) for each in sorted(found)}

    def forget(
        self,
        releases: Iterable[Release],
        keep: frozenset[str],
        now: str,
        *,
        dry_run: bool = False,
    ) -> Removal:
        """Remove releases, builds that nothing kept reaches, and what is too old to be kept."""
        act = self._pruning.removal if dry_run else self._pruning.remove
        return act(releases, keep, now)
