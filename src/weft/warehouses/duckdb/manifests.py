"""The manifests of builds: which exist, what they say, and adding one."""

from __future__ import annotations

import os
from collections.abc import Iterable

import msgspec

from weft.mesh.release import Build
from weft.warehouses.duckdb.disk import Disk, names_in, read
from weft.warehouses.duckdb.layout import Layout, is_name
from weft.warehouses.protocol import WarehouseError

_ENDING = ".json"
_decoder = msgspec.json.Decoder(Build)


class Manifests:
    """The folder `builds/`. The first manifest of a key wins and never changes.

    What was read once is kept, so that it is not read again.
    """

    def __init__(self, layout: Layout, disk: Disk) -> None:
        self._layout = layout
        self._disk = disk
        self._read: dict[str, Build] = {}

    def keys(self) -> frozenset[str]:
        """Return the keys of all complete builds."""
        names = names_in(self._layout.builds)
        keys = (name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING))
        return frozenset(key for key in keys if is_name(key))

    def all(self) -> list[Build]:
        """Return all complete builds, by key. Raises WarehouseError when one cannot be read."""
        found = (self.find(key) for key in sorted(self.keys()))
        return [build for build in found if build]

    def find(self, key: str) -> Build | None:
        """Return a build, None when there is none, or when it is not whole.

        Until a release names a build it may be lost in a power cut, in part or as a whole; it is
        then built again. Raises WarehouseError when it cannot be read.
        """
        found = self._read.get(key)
        if found is None:
            path = self._layout.build(key)
            data = read(path)
            if data is None:
                return None
            found = _decoded(key, data)
            if found is None or not self._is_whole(found):
                return None
            self._read[key] = found
        return found

    def get(self, key: str) -> Build:
        """Return a build. Raises WarehouseError when there is none."""
        found = self.find(key)
        if found is None:
            raise WarehouseError(f"build {key} is missing in the lake; plan and apply again")
        return found

    def need(self, key: str) -> Build:
        """Return a build for a step. Raises WarehouseError when there is none.

        What is left of one that has lost its data is removed, so that the next plan makes it.
        """
        if self.find(key) is None:
            self.remove(key)
        return self.get(key)

    def add(self, build: Build, draft: str) -> bool:
        """Make a build visible, by way of the file `draft`; False when its key is taken.

        Nothing can fail after the link, so that whoever gets an error may remove the data.
        """
        self._disk.write(draft, msgspec.json.encode(build))
        target = self._layout.build(build.key)
        added = self._disk.link(draft, target)
        if not added and self.find(build.key) is None:
            self._disk.remove(target)
            added = self._disk.link(draft, target)
        if added:
            self._read[build.key] = build
        return added

    def paths(self, keys: Iterable[str]) -> list[str]:
        """Return the paths of everything that these builds consist of, and of their folders."""
        builds = [self.need(key) for key in keys]
        files = [self._layout.file(file) for build in builds for file in build.files]
        manifests = [self._layout.build(build.key) for build in builds]
        return [self._layout.files, self._layout.builds, *files, *manifests]

    def remove(self, key: str) -> None:
        """Make a build invisible."""
        self._disk.remove(self._layout.build(key))
        self._read.pop(key, None)

    def _is_whole(self, build: Build) -> bool:
        paths = [self._layout.file(file) for file in build.files]
        there = all(map(os.path.exists, paths))
        return there and sum(map(os.path.getsize, paths)) == build.bytes


def _decoded(key: str, data: bytes) -> Build | None:
    try:
        build = _decoder.decode(data)
    except msgspec.MsgspecError:
        return None
    return build if build.key == key else None
