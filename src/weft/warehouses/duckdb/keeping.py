"""What a lake keeps of the past: its releases by number, and how they and their data go."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from weft.mesh.release import Release
from weft.warehouses.duckdb.pruning import Pruning
from weft.warehouses.duckdb.quarantine import Quarantine
from weft.warehouses.duckdb.releases import Releases
from weft.warehouses.protocol import Removal


class KeptReleases:
    """The part of a lake that lists and clears what is kept."""

    def __init__(
        self,
        releases: Releases,
        pruning: Pruning,
        quarantine: Quarantine,
        is_there: Callable[[], bool],
        prepare: Callable[[], None],
    ) -> None:
        """`is_there` says whether there is a lake; `prepare` clears what killed runs left."""
        self._releases = releases
        self._pruning = pruning
        self._quarantine = quarantine
        self._is_there = is_there
        self._prepare = prepare

    def history(self, environment: str, product: str) -> tuple[Release, ...]:
        """Return all kept releases of a product, newest first."""
        return self._releases.all(environment, product)

    def released(self) -> dict[str, tuple[str, ...]]:
        """Return all environments that have releases here, and the products in each."""
        environments = self._releases.environments()
        return {each: self._releases.products(each) for each in environments}

    def forget(
        self,
        releases: Iterable[Release],
        keep: frozenset[str],
        now: str,
        *,
        dry_run: bool = False,
    ) -> Removal:
        """Remove releases, builds that nothing kept reaches, and what is too old to be kept."""
        if not self._is_there():
            return Removal()
        old_rows = self._quarantine.old_rows(now)
        if dry_run:
            return self._pruning.removal(releases, keep, old_rows)
        # What killed runs left is counted before it is cleared.
        removed = self._pruning.remove(releases, keep, old_rows)
        self._prepare()
        return removed
