"""The manifests of builds: which exist, what they say, and adding one."""

from __future__ import annotations

import os
import zlib
from collections.abc import Collection, Iterable, Mapping

import msgspec

from weft.mesh.release import Build
from weft.warehouses.duckdb.disk import Disk, names_in, read, unreadable
from weft.warehouses.duckdb.layout import PART, Layout, is_name
from weft.warehouses.duckdb.wholeness import Wholeness
from weft.warehouses.hollow import hollow
from weft.warehouses.messages import damaged_data, missing_build

_LAKE = "the lake"
_ENDING = ".json"
_SEAL = b',"seal":"%08x"}'
_decoder = msgspec.json.Decoder(Build)


class Manifests:
    """The folder `builds/`. The first manifest of a key wins and never changes.

    What was read once is kept, so that it is not read again.
    """

    def __init__(self, layout: Layout, disk: Disk) -> None:
        self._layout = layout
        self._disk = disk
        self._wholeness = Wholeness(layout, disk)
        self._read: dict[str, Build] = {}
        self._looked_into: set[str] = set()

    def keys(self) -> frozenset[str]:
        """Return the keys of all complete builds."""
        names = names_in(self._layout.builds)
        keys = (name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING))
        return frozenset(key for key in keys if is_name(key))

    def damage(self, keys: Iterable[str]) -> tuple[set[str], dict[str, tuple[str, ...]]]:
        """Return which of these builds, and of those behind views, lost data; and the hollow views.

        These lead to one that did, and stand with what they read. A manifest is written after its
        files, so that files which are older are taken to be as they were. Only of other builds,
        and of those in parts, is the manifest read, and of tables then the data; where some of that
        was changed by somebody, nothing is taken to be as it was, and all of them are read, once.
        """
        keys = tuple(keys)
        damaged, views = self._damage_from_outside(keys)
        if self._wholeness.found_rot and not self._looked_into.issuperset(keys):
            self._looked_into.update(keys)
            damaged.update(build.key for build in self.rotten(keys))
        return damaged, hollow(views, damaged)

    def _damage_from_outside(
        self, keys: Iterable[str]
    ) -> tuple[set[str], dict[str, tuple[str, ...]]]:
        """The builds among these, and behind their views, that lost data; and all the views."""
        written = _times(self._layout.builds)
        files: dict[str, int] = {}
        for name, modified in _times(self._layout.files).items():
            # What builds share says nothing of any of them from outside.
            if not name.endswith(PART):
                key = name.rsplit("-", 2)[0]
                files[key] = max(modified, files.get(key, 0))
        damaged: set[str] = set()
        views: dict[str, tuple[str, ...]] = {}
        waiting = list(keys)
        while waiting:
            key = waiting.pop()
            if key in views or 0 < files.get(key, 0) <= written.get(f"{key}{_ENDING}", 0):
                continue
            found = self.find(key)
            if found is None:
                damaged.add(key)
            elif found.is_view:
                views[key] = found.needs
                waiting += found.needs
        return damaged, views

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
            found = decoded(key, data)
            if found is None or not self._wholeness.is_whole(found):
                return None
            self._read[key] = found
        return found

    def reached(self, keys: Iterable[str]) -> dict[str, Build | None]:
        """Find these builds and all that their views lead to, each once.

        None stands for one that is not there, or not whole.
        """
        reached: dict[str, Build | None] = {}
        waiting = list(keys)
        while waiting:
            key = waiting.pop()
            if key not in reached:
                found = reached[key] = self.find(key)
                waiting += found.needs if found else ()
        return reached

    def readable(self, keys: Collection[str]) -> frozenset[str]:
        """Return which of these builds are whole, and so is all that their views lead to."""
        return _whole(keys, self.reached(keys))

    def intact(self, keys: Collection[str]) -> frozenset[str]:
        """Return which of these builds are readable, and all of that data as it was written."""
        reached = self.reached(keys)
        rotten = dict.fromkeys(build.key for build in self.rotten(keys))
        return _whole(keys, reached | rotten)

    def rotten(self, keys: Iterable[str]) -> list[Build]:
        """Read the data of these builds, and of all that their views lead to.

        Return those that are not as they were written: everybody sees it afterwards, from outside.
        """
        builds = filter(None, self.reached(keys).values())
        rotten = self._wholeness.rotten(builds)
        for build in rotten:
            self._read.pop(build.key, None)
        return rotten

    def get(self, key: str) -> Build:
        """Return a build. Raises WarehouseError when there is none."""
        found = self.find(key)
        if found is None:
            raise missing_build(key, _LAKE)
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

        Nothing can fail after the link, so that whoever gets an error may remove the data. Raises
        WarehouseError when its base was removed meanwhile, and what they share may go with it.
        """
        if build.base:
            _refuse_removed(self._layout, build.base)
        self._disk.write(draft, _sealed(msgspec.json.encode(build)))
        target = self._layout.build(build.key)
        added = self._disk.link(draft, target)
        if not added and self.find(build.key) is None:
            self._disk.remove(target)
            added = self._disk.link(draft, target)
        if added:
            self._read[build.key] = build
        return added

    def paths(self, keys: Iterable[str]) -> list[str]:
        """Return the paths of everything that these builds consist of, and of their folders.

        Raises WarehouseError when a build is no longer there, although it was read before.
        """
        builds = [self.need(key) for key in keys]
        files = [path for build in builds for path in self._wholeness.files(build)]
        manifests = [self._layout.build(build.key) for build in builds]
        for build in builds:
            _refuse_removed(self._layout, build.key)
        return [self._layout.files, self._layout.builds, *files, *manifests]

    def remove(self, key: str) -> None:
        """Make a build invisible."""
        self._disk.remove(self._layout.build(key))
        self._read.pop(key, None)


def refuse_rotten(manifests: Manifests, keys: Iterable[str]) -> None:
    """Raise WarehouseError when data of these builds, or behind their views, is damaged."""
    rotten = sorted(f"{build.product}.{build.model}" for build in manifests.rotten(keys))
    if rotten:
        raise damaged_data(f"the data of {', '.join(rotten)} is damaged in {_LAKE}")


def _refuse_removed(layout: Layout, key: str) -> None:
    """Raise WarehouseError for a build that was read, and is no longer there."""
    if not os.path.exists(layout.build(key)):
        raise missing_build(key, _LAKE)


def _whole(keys: Iterable[str], reached: Mapping[str, Build | None]) -> frozenset[str]:
    """Which builds are there, and all that they lead to; what is not is None among the reached."""
    missing = {key for key, build in reached.items() if build is None}
    views = {key: build.needs for key, build in reached.items() if build and build.is_view}
    return frozenset(keys).difference(missing, hollow(views, missing))


def _times(folder: str) -> dict[str, int]:
    """The time of change of every file in a folder, in nanoseconds; none without the folder."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.stat().st_mtime_ns for entry in entries}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise unreadable(folder, error) from error


def _sealed(document: bytes) -> bytes:
    """Add a checksum of a manifest to it, as its last field."""
    return document[:-1] + _SEAL % zlib.crc32(document)


def decoded(key: str, data: bytes) -> Build | None:
    """Read the manifest of a build; None when it is not as it was written, or of another one."""
    if data != _sealed(data[: -len(_SEAL % 0)] + b"}"):
        return None
    try:
        build = _decoder.decode(data)
    except msgspec.MsgspecError:
        return None
    return build if build.key == key else None
