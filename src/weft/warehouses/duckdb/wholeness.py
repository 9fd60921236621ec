"""Whether the data of a build is as it was written: by its looks, and by its content."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from weft.mesh.release import Build
from weft.warehouses.duckdb.disk import Disk, checksum
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.protocol import WarehouseError


@dataclass(frozen=True)
class Piece:
    """Files that were written together: their size together, and their checksum if it was taken."""

    paths: tuple[str, ...]
    bytes: int
    checksum: int | None


class Wholeness:
    """Looks at the files of builds. A file that is newer than its manifest is suspect.

    `found_rot` says that some data was there, and not as it was written.
    """

    def __init__(self, layout: Layout, disk: Disk) -> None:
        self._layout = layout
        self._disk = disk
        self.found_rot = False

    def files(self, build: Build) -> list[str]:
        """Return the absolute paths of a build's own files, and of those that it shares."""
        return list(map(self._layout.file, build.all_files))

    def is_whole(self, build: Build) -> bool:
        """Whether the files are there in their size; suspect ones are read.

        Touching the manifest then spares the next look, after a lake was copied for example.
        """
        manifest = self._layout.build(build.key)
        suspect: list[Piece] = []
        try:
            written = os.stat(manifest).st_mtime_ns
            for piece in pieces(self._layout, build):
                found = [os.stat(path) for path in piece.paths]
                if sum(each.st_size for each in found) != piece.bytes:
                    return False
                if any(each.st_mtime_ns > written for each in found):
                    suspect.append(piece)
        except OSError:
            return False
        whole = all(map(self._has_its_content, suspect))
        if whole and suspect:
            self._touch(manifest)
        return whole

    def rotten(self, builds: Iterable[Build]) -> list[Build]:
        """Return those whose data is not all as it was written; it is suspect from now on.

        What builds share is read once.
        """
        intact: dict[Piece, bool] = {}
        rotten: list[Build] = []
        for build in builds:
            for piece in pieces(self._layout, build):
                if piece not in intact:
                    intact[piece] = self._has_its_content(piece)
                    if not intact[piece]:
                        self._touch(*piece.paths)
            if not all(intact[piece] for piece in pieces(self._layout, build)):
                rotten.append(build)
        return rotten

    def _has_its_content(self, piece: Piece) -> bool:
        if not all(map(os.path.exists, piece.paths)):
            return False
        intact = piece.checksum is None or piece.checksum == checksum(piece.paths)
        self.found_rot = self.found_rot or not intact
        return intact

    def _touch(self, *paths: str) -> None:
        """Leave a mark on files; where nothing can be written it must do without."""
        with suppress(WarehouseError):
            for path in paths:
                self._disk.touch(path)


def pieces(layout: Layout, build: Build) -> list[Piece]:
    """Return what the data of a build consists of, none for a view."""
    whole = [Piece(tuple(map(layout.file, build.files)), build.bytes, build.checksum)]
    parts = [Piece((layout.file(each.file),), each.bytes, each.checksum) for each in build.parts]
    return whole if build.files else parts
