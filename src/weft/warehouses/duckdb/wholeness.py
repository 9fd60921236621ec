"""Whether the data of a build is as it was written: by its looks, and by its content."""

from __future__ import annotations

import os
from contextlib import suppress

from weft.mesh.release import Build
from weft.warehouses.duckdb.disk import Disk, checksum
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.protocol import WarehouseError


class Wholeness:
    """Looks at the files of builds. A file that is newer than its manifest is suspect.

    `found_rot` says that some data was there, and not as it was written.
    """

    def __init__(self, layout: Layout, disk: Disk) -> None:
        self._layout = layout
        self._disk = disk
        self.found_rot = False

    def files(self, build: Build) -> list[str]:
        """Return the absolute paths of a build's own files."""
        return [self._layout.file(file) for file in build.files]

    def is_whole(self, build: Build) -> bool:
        """Whether the files are there in their size; suspect ones are read.

        Touching the manifest then spares the next look, after a lake was copied for example.
        """
        manifest = self._layout.build(build.key)
        try:
            found = [os.stat(path) for path in self.files(build)]
            written = os.stat(manifest).st_mtime_ns
        except OSError:
            return False
        if sum(each.st_size for each in found) != build.bytes:
            return False
        if all(each.st_mtime_ns <= written for each in found):
            return True
        whole = self._has_its_content(build)
        if whole:
            self._touch(manifest)
        return whole

    def is_intact(self, build: Build) -> bool:
        """Whether all data is as it was written; where not, its files are suspect from now on."""
        intact = self._has_its_content(build)
        if not intact:
            self._touch(*self.files(build))
        return intact

    def _has_its_content(self, build: Build) -> bool:
        files = self.files(build)
        if not all(map(os.path.exists, files)):
            return False
        intact = build.checksum is None or build.checksum == checksum(files)
        self.found_rot = self.found_rot or not intact
        return intact

    def _touch(self, *paths: str) -> None:
        """Leave a mark on files; where nothing can be written it must do without."""
        with suppress(WarehouseError):
            for path in paths:
                self._disk.touch(path)
