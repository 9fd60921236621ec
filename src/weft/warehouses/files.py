"""What the files of a source contain: a hash over them, read again only when a file has changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from weft.plan.plan import Source
from weft.warehouses.protocol import WarehouseError


@dataclass(frozen=True)
class Stamp:
    """How a file looked from outside; a file with another stamp may have another content.

    Who puts another file in its place can keep its size and when it was `modified`, and not when
    this was `changed`, nor its inode.
    """

    size: int
    modified: int
    changed: int
    inode: int


@dataclass(frozen=True)
class Hashed:
    """The SHA-256 of a file's content, and the stamp it had then."""

    stamp: Stamp
    digest: str


class SourceFiles:
    """The files of a mesh's folder, hashed on demand.

    `known` are hashes from earlier, by path relative to the folder; new ones are added to it, so
    that the caller can keep them for the next time.
    """

    def __init__(self, folder: str, known: Mapping[str, Hashed] | None = None) -> None:
        self.folder = os.path.abspath(folder)
        self.known: dict[str, Hashed] = dict(known or {})

    def path(self, file: str) -> str:
        """Return the absolute path of a file. Raises WarehouseError when it lies outside."""
        path = os.path.join(self.folder, file)
        inside = os.path.join(os.path.realpath(self.folder), "")
        if not os.path.realpath(path).startswith(inside):
            raise WarehouseError(f"{file} lies outside the folder of the mesh", denied=True)
        return path

    def stamp(self, file: str) -> Stamp:
        """Return how a file looks from outside. Raises WarehouseError."""
        try:
            status = os.stat(self.path(file))
        except OSError as error:
            raise _unreadable(file, error) from error
        return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)

    def content(self, files: Iterable[str]) -> str:
        """Return one hash over the names and contents of files, in this order.

        Raises WarehouseError when a file cannot be read.
        """
        together = hashlib.sha256()
        for file in files:
            together.update(f"{file}\0{self._digest(file)}\n".encode())
        return together.hexdigest()

    def pinned(self, source: Source) -> tuple[Stamp, ...]:
        """Return the stamps of a source's files, in their order.

        Raises WarehouseError when they are no longer what the plan was made of.
        """
        stamps = self._stamps(source)
        if self.content(source.files) != source.content:
            raise _changed(source, "after the plan was made; plan and apply again")
        return stamps

    def refuse_changed(self, source: Source, stamps: tuple[Stamp, ...]) -> None:
        """Raise WarehouseError when files that were read have changed since they had these."""
        if self._stamps(source) != stamps:
            raise _changed(source, "while it was read; apply again")

    def _stamps(self, source: Source) -> tuple[Stamp, ...]:
        return tuple(self.stamp(file) for file in source.files)

    def _digest(self, file: str) -> str:
        stamp = self.stamp(file)
        known = self.known.get(file)
        if known is None or known.stamp != stamp:
            try:
                with open(self.path(file), "rb") as stream:
                    digest = hashlib.file_digest(stream, "sha256").hexdigest()
            except OSError as error:
                raise _unreadable(file, error) from error
            known = self.known[file] = Hashed(stamp, digest)
        return known.digest


def _changed(source: Source, when: str) -> WarehouseError:
    return WarehouseError(
        f"source `{source.spec.name}` ({', '.join(source.files)}) changed {when}", transient=True
    )


def _unreadable(file: str, error: OSError) -> WarehouseError:
    return WarehouseError(f"cannot read {file}: {error.strerror}", denied=True)
