"""Remove what no kept release reaches. Only what Weft made and named is ever touched."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from weft.mesh.release import Build
from weft.warehouses.duckdb.disk import Disk, names_in
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.duckdb.scratch import Scratch

# files/<key>-<run>-<number>.parquet
_DATA = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*-[0-9]+\.parquet")


class Pruning:
    """Removes builds and data files, but never those of a run that is going on."""

    def __init__(self, layout: Layout, disk: Disk, scratch: Scratch, manifests: Manifests) -> None:
        self._layout = layout
        self._disk = disk
        self._scratch = scratch
        self._manifests = manifests

    def unneeded(self, keep: Iterable[str]) -> list[Build]:
        """Return every build that is not kept. A kept view keeps what it reads."""
        kept = self._reached(keep)
        living = self._scratch.living()
        return [
            build
            for build in self._manifests.all()
            if build.key not in kept and build.run not in living
        ]

    def forget_builds(self, keep: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Remove every build that is not kept; yield paths and sizes in bytes.

        The manifest goes first, so that no build is ever visible without its data.
        """
        for build in self.unneeded(keep):
            self._manifests.remove(build.key)
            yield self._layout.build(build.key), 0
            for file in build.files:
                yield from self._remove(self._layout.file(file))

    def forget_orphans(self, dead: frozenset[str] = frozenset()) -> Iterator[tuple[str, int]]:
        """Remove data files that no build names; yield paths and sizes in bytes.

        `dead` are runs that have ended, although their folders are still there.

        The files are listed, and the living runs, before the builds: whatever is finished
        meanwhile is then either not listed, of a living run, or named.
        """
        names = sorted(filter(_DATA.fullmatch, names_in(self._layout.files)))
        living = self._scratch.living() - dead
        named = {file for build in self._manifests.all() for file in build.files}
        for name in names:
            path = os.path.join(self._layout.files, name)
            at_work = any(f"-{owner}-" in name for owner in living)
            if not at_work and self._layout.relative(path) not in named:
                yield from self._remove(path)

    def clear_dead_runs(self) -> None:
        """Remove what killed runs left."""
        dead = self._scratch.take_dead()
        if dead:
            for _ in self.forget_orphans(frozenset(dead)):
                pass
        for owner in dead:
            self._scratch.drop(owner)

    def _reached(self, keep: Iterable[str]) -> set[str]:
        reached: set[str] = set()
        waiting = list(keep)
        while waiting:
            key = waiting.pop()
            build = None if key in reached else self._manifests.find(key)
            if build is not None:
                reached.add(key)
                waiting.extend(_needs(build))
        return reached

    def _remove(self, path: str) -> Iterator[tuple[str, int]]:
        size = os.path.getsize(path) if os.path.exists(path) else 0
        self._disk.remove(path)
        yield path, size


def _needs(build: Build) -> tuple[str, ...]:
    return build.reads if build.kind == "view" else ()
