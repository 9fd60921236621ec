"""End an environment in the lake: what only it has goes, what others show stays."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from weft.mesh.release import Build, Release
from weft.warehouses.duckdb.disk import Disk, names_in
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.locking import holding
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.duckdb.ports import Ports
from weft.warehouses.duckdb.preparing import Preparation
from weft.warehouses.duckdb.pruning import Pruning
from weft.warehouses.duckdb.quarantine import Quarantine
from weft.warehouses.duckdb.releases import Releases
from weft.warehouses.protocol import Ended, Ending, Holding, WarehouseError


class Environments:
    """What environments have in the lake, and how they end."""

    def __init__(
        self,
        layout: Layout,
        disk: Disk,
        manifests: Manifests,
        releases: Releases,
        parts: tuple[Ports, Pruning, Preparation],
    ) -> None:
        self._layout = layout
        self._disk = disk
        self._manifests = manifests
        self._releases = releases
        self._ports, self._pruning, self._prepare = parts
        self._quarantine = Quarantine(layout, disk)

    def names(self) -> tuple[str, ...]:
        """Return the environments that have a release or a file here, sorted."""
        return tuple(sorted({*self._releases.environments(), *self._ports.environments()}))

    def holdings(self, runs: Mapping[str, frozenset[str]]) -> dict[str, Holding]:
        """Return what environments have, views unfolded; `runs` are those that ran in each."""
        return {environment: self._holding(environment, ran) for environment, ran in runs.items()}

    def _holding(self, environment: str, runs: frozenset[str]) -> Holding:
        releases = tuple(self._current(environment))
        keys = {key for each in releases for key in each.keys}
        shown = sum(build.bytes for build in self._manifests.reached(keys).values() if build)
        if environment == self._ports.production:
            return Holding(releases, shown)
        own = self._foreseen(Ending(environment, runs, frozenset())).bytes
        return Holding(releases, shown, own)

    def end(self, ending: Ending, *, dry_run: bool = False) -> Ended:
        """Remove all that only the environment has. Ending it again removes what was left.

        Releases go before builds and manifests before data, as nothing may be visible without
        what it needs. A release that is published meanwhile keeps its builds: publishing looks
        for them under the same lock.
        """
        environment = ending.environment
        if environment == self._ports.production:
            raise WarehouseError(f"{environment} is production, which never ends")
        if dry_run or not names_in(self._layout.root):
            return self._foreseen(ending)
        self._prepare()
        with self._ports.withheld(environment), holding(self._layout.identity, shared=False):
            told = self._foreseen(ending)
            for path in self._ports.files_there(environment):
                self._disk.remove(path)
            for release in told.releases:
                self._releases.remove(release, current=True)
            for build in told.builds:
                self._manifests.remove(build.key)
        for name in told.names:
            self._disk.remove(self._layout.file(name))
        self._remove_folders(environment)
        self._quarantine.remove_empty_folders()
        return told

    def _foreseen(self, ending: Ending) -> Ended:
        """Return what `end` would remove."""
        environment = ending.environment
        releases = self._of(environment)
        builds = self._own(ending, releases)
        files = list(map(self._layout.file, self._pruning.only_of(builds)))
        paths = [
            *self._ports.files_there(environment),
            *(self._releases.path(each) for each in releases),
            *(self._layout.build(each.key) for each in builds),
            *files,
            *self._pruning.orphans_of(ending.runs),
            *self._quarantine.rows_of_runs(ending.runs),
        ]
        return Ended(
            releases=releases,
            builds=tuple(builds),
            served=len(self._ports.files_there(environment)) > 0,
            names=tuple(map(self._layout.relative, paths)),
            bytes=sum(os.path.getsize(path) for path in paths if os.path.exists(path)),
        )

    def _own(self, ending: Ending, releases: Iterable[Release]) -> list[Build]:
        """The builds that the environment made or shows, and that nobody else needs."""
        gone = {ending.environment, *ending.without}
        others = (each for each in self._releases.everywhere() if each.environment not in gone)
        named = {key for each in others for key in each.keys}
        shown = self._manifests.reached({key for each in releases for key in each.keys})
        return [
            build
            for build in self._pruning.unneeded(ending.keep | named)
            if build.run in ending.runs or build.key in shown
        ]

    def _of(self, environment: str) -> tuple[Release, ...]:
        products = self._releases.products(environment)
        return tuple(
            release for product in products for release in self._releases.all(environment, product)
        )

    def _current(self, environment: str) -> Iterable[Release]:
        products = self._releases.products(environment)
        found = (self._releases.current(environment, product) for product in products)
        return (release for release in found if release)

    def _remove_folders(self, environment: str) -> None:
        """Remove the folders of its releases, unless something foreign lies in them."""
        top = os.path.join(self._layout.releases, environment)
        for folder, _, _ in os.walk(top, topdown=False):
            if not names_in(folder):
                self._disk.remove_folder(folder)
