"""A mesh's folder: find it, list its definition files, read them. Nothing outside it is opened.

What the files mean is `weft.project`'s business; remembering what they meant is `cache.py`'s.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from weft.app.errors import Usage
from weft.mesh.diagnostic import Diagnostic, Span
from weft.project.source import MAX_BYTES, SourceFile

SETTINGS = "weft.yaml"
DOMAINS = "domains"
_PARTS = ("models", "sources", "tests")
_ENDINGS = (".yaml", ".yml", ".sql")


@dataclass(frozen=True)
class Stamp:
    """What tells that a file is still the same without reading it."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(frozen=True)
class ProductFolder:
    """A product's folder relative to the mesh, with the stamps of its definition files, sorted."""

    domain: str
    path: str
    files: tuple[Stamp, ...]


def find_mesh(start: Path) -> Path:
    """Find the folder of `weft.yaml`, here or above. Raises Usage where there is none."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS).is_file():
            return folder
    raise Usage(
        f"there is no {SETTINGS} in {start} or above it",
        why="every verb works inside a mesh",
        next_step="weft init, or weft demo to see one",
    )


class Workspace:
    """The files of one mesh. `findings` collects links that lead out of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._root = os.path.realpath(folder)
        self.findings: list[Diagnostic] = []

    def settings(self) -> SourceFile:
        """Read `weft.yaml`."""
        return self.read(SETTINGS)

    def domains(self) -> list[str]:
        """The names of the domain folders, sorted."""
        return [entry.name for entry in self._entries(DOMAINS) if entry.is_dir()]

    def products(self, domain: str) -> list[ProductFolder]:
        """The product folders of a domain, sorted: those with definitions, but for `policies`."""
        folders = (
            ProductFolder(domain, f"{DOMAINS}/{domain}/{entry.name}", self._stamps(entry.path))
            for entry in self._entries(f"{DOMAINS}/{domain}")
            if entry.name != "policies" and entry.is_dir()
        )
        return [folder for folder in folders if folder.files]

    def read(self, path: str) -> SourceFile:
        """Read a definition file, but never more than a definition may have."""
        with open(self.folder / path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
            size = len(data) if len(data) <= MAX_BYTES else os.fstat(file.fileno()).st_size
        return SourceFile(path, data, size)

    def _entries(self, path: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(os.path.join(self.folder, path)) as found:
                entries = [entry for entry in found if not entry.name.startswith(".")]
        except FileNotFoundError:
            return []
        return sorted(
            (entry for entry in entries if self._inside(entry)), key=lambda entry: entry.name
        )

    def _inside(self, entry: os.DirEntry[str]) -> bool:
        """Follow a link only when it stays in the mesh; report it otherwise."""
        if not entry.is_symlink():
            return True
        target = os.path.realpath(entry.path)
        if target.startswith(self._root + os.sep) and os.path.exists(target):
            return True
        path = os.path.relpath(entry.path, self.folder).replace(os.sep, "/")
        message = "this link leads out of the mesh" if os.path.exists(target) else "a broken link"
        self.findings.append(
            Diagnostic("W424", message, Span(path), help="put the file itself here")
        )
        return False

    def _stamps(self, folder: str) -> tuple[Stamp, ...]:
        return tuple(self._stamp(entry) for entry in self._definition_files(folder))

    def _definition_files(self, folder: str) -> Iterator[os.DirEntry[str]]:
        for entry in self._entries(os.path.relpath(folder, self.folder)):
            if entry.is_dir():
                if entry.name in _PARTS:
                    yield from self._below(entry.path)
            elif self._is_definition(entry):
                yield entry

    def _below(self, folder: str) -> Iterator[os.DirEntry[str]]:
        for entry in self._entries(os.path.relpath(folder, self.folder)):
            if entry.is_dir():
                yield from self._below(entry.path)
            elif self._is_definition(entry):
                yield entry

    def _is_definition(self, entry: os.DirEntry[str]) -> bool:
        """Whether this is a file to read; a pipe or a device would never end."""
        if not entry.name.endswith(_ENDINGS):
            return False
        if not entry.is_file():
            path = os.path.relpath(entry.path, self.folder).replace(os.sep, "/")
            message = "this is no regular file"
            self.findings.append(
                Diagnostic("W424", message, Span(path), help="put the file itself here")
            )
            return False
        return True

    def _stamp(self, entry: os.DirEntry[str]) -> Stamp:
        stat = entry.stat()
        path = entry.path[len(str(self.folder)) + 1 :].replace(os.sep, "/")
        return Stamp(path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
