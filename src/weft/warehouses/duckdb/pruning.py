"""Remove what no kept release reaches. Only what Weft made and named is ever touched."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from weft.mesh.release import Build, Release
from weft.warehouses.duckdb.disk import Disk, names_in
from weft.warehouses.duckdb.layout import Layout, is_name
from weft.warehouses.duckdb.locking import holding
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.duckdb.releases import Releases
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.protocol import Removal

# files/<key>-<run>-<number>.parquet, and the same with .part.parquet
DATA = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*-[0-9]+(\.part)?\.parquet")


@dataclass(frozen=True)
class _Doomed:
    """What is to go: releases, builds, and the paths of files that nothing names then."""

    releases: tuple[Release, ...]
    builds: tuple[Build, ...]
    files: tuple[str, ...]


class Pruning:
    """Removes releases, builds and data files, but never those of a run that is going on."""

    def __init__(
        self,
        layout: Layout,
        disk: Disk,
        scratch: Scratch,
        manifests: Manifests,
        releases: Releases,
    ) -> None:
        self._layout = layout
        self._disk = disk
        self._scratch = scratch
        self._manifests = manifests
        self._releases = releases

    def removal(
        self, releases: Iterable[Release], keep: frozenset[str], others: Sequence[str]
    ) -> Removal:
        """Return what `remove` would remove. Raises WarehouseError as it does."""
        return self._told(self._doomed(tuple(releases), keep), others)

    def remove(
        self, releases: Iterable[Release], keep: frozenset[str], others: Sequence[str]
    ) -> Removal:
        """Remove releases, builds that are not kept, files without a build, and `others`.

        What a release names that was published meanwhile is kept too: publishing looks for its
        builds and links its release under the same lock. A manifest goes before its data, so that
        no build is ever visible without it. Raises WarehouseError for a current release.
        """
        with holding(self._layout.identity, shared=False):
            doomed = self._doomed(tuple(releases), keep)
            told = self._told(doomed, others)
            for release in doomed.releases:
                self._releases.remove(release)
            for build in doomed.builds:
                self._manifests.remove(build.key)
        for path in (*doomed.files, *others):
            self._disk.remove(path)
        return told

    def orphans_of(self, runs: Iterable[str]) -> list[str]:
        """Return the data files of these runs that no build names."""
        marks = tuple(f"-{run}-" for run in runs)
        return [path for path in self._orphans() if any(mark in path for mark in marks)]

    def clear_dead_runs(self) -> None:
        """Remove what killed runs left."""
        dead = frozenset(self._scratch.take_dead())
        if dead:
            # A build that grew shares data with its base, which is not to go while all are read.
            with holding(self._layout.identity, shared=True):
                orphans = self._orphans(dead)
            for path in orphans:
                self._disk.remove(path)
        for owner in dead:
            self._scratch.drop(owner)

    def _doomed(self, releases: tuple[Release, ...], keep: frozenset[str]) -> _Doomed:
        orphans = self._orphans()
        gone = {(each.environment, each.product, each.number) for each in releases}
        named = [
            key
            for each in self._releases.everywhere()
            if (each.environment, each.product, each.number) not in gone
            for key in each.keys
        ]
        builds = self.unneeded(keep.union(named))
        files = map(self._layout.file, self.only_of(builds))
        return _Doomed(releases, tuple(builds), (*files, *orphans))

    def only_of(self, builds: Iterable[Build]) -> list[str]:
        """The files of builds that no other build shares."""
        keys = {build.key for build in builds}
        shared = {
            file
            for build in self._manifests.all()
            if build.key not in keys
            for file in build.all_files
        }
        named = dict.fromkeys(file for build in builds for file in build.all_files)
        return [file for file in named if file not in shared]

    def _told(self, doomed: _Doomed, others: Sequence[str]) -> Removal:
        visible = [
            *(self._releases.old(each) for each in doomed.releases),
            *(self._layout.build(each.key) for each in doomed.builds),
        ]
        paths = [*visible, *doomed.files, *others]
        return Removal(
            doomed.builds,
            tuple(map(self._layout.relative, paths)),
            sum(os.path.getsize(path) for path in paths if os.path.exists(path)),
        )

    def unneeded(self, keep: frozenset[str]) -> list[Build]:
        """Every build that is not kept, nor its product. A kept view keeps what it reads."""
        kept = keep.union(self._manifests.reached(filter(is_name, keep)))
        living = self._scratch.living()
        return [
            build
            for build in self._manifests.all()
            if kept.isdisjoint((build.key, build.product)) and build.run not in living
        ]

    def _orphans(self, dead: frozenset[str] = frozenset()) -> list[str]:
        """The data files that no build names; `dead` are runs that ended and left their folders.

        The files are listed, and the living runs, before the builds: whatever is finished
        meanwhile is then either not listed, of a living run, or named.
        """
        names = sorted(filter(DATA.fullmatch, names_in(self._layout.files)))
        living = self._scratch.living() - dead
        named = {file for build in self._manifests.all() for file in build.all_files}
        paths = [
            os.path.join(self._layout.files, name)
            for name in names
            if not any(f"-{owner}-" in name for owner in living)
        ]
        return [path for path in paths if self._layout.relative(path) not in named]
