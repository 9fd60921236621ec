"""A mesh's folder: find it, list its definition files, read them. Nothing outside it is opened.

What the files mean is `weft.project`'s business; remembering what they meant is `cache.py`'s.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from weft.app.errors import Usage
from weft.mesh.diagnostic import Diagnostic, Severity, Span
from weft.project.layout import misplaced_in_domain, misplaced_in_shared
from weft.project.source import MAX_BYTES, SourceFile

SETTINGS = "weft.yaml"
DOMAINS = "domains"
POLICIES = "policies"
SHARED = "shared"
NO_PRODUCTS = (POLICIES, SHARED)
"""Folders of a domain that hold no product."""
_YAML = (".yaml", ".yml")
_ENDINGS = (*_YAML, ".sql")
_PARTS = {"models": (*_ENDINGS, ".py"), "sources": _ENDINGS, "tests": _ENDINGS}
# What was meant for a product even where it lies in a folder that products do not have.
_ELSEWHERE = (".odcs.yaml", ".odcs.yml", "product.yaml", "product.yml")
_NO_LINK = "put the file itself here"


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
    """The files of one mesh. `findings` collects folders and names that are passed over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._root = os.path.realpath(folder)
        self.findings: list[Diagnostic] = []

    def settings(self) -> SourceFile:
        """Read `weft.yaml`."""
        return self.read(SETTINGS)

    def domains(self) -> list[str]:
        """The names of the domain folders, sorted."""
        self._pass_over_policies(POLICIES)
        return [entry.name for entry in self._entries(DOMAINS) if _is_folder(entry)]

    def products(self, domain: str) -> list[ProductFolder]:
        """The product folders of a domain, sorted: those with definitions.

        But for `policies` and `shared`, which hold no product.
        """
        found: list[ProductFolder] = []
        for entry in self._entries(f"{DOMAINS}/{domain}"):
            path = f"{DOMAINS}/{domain}/{entry.name}"
            if not _is_folder(entry):
                self.findings += misplaced_in_domain(domain, entry.name)
            elif entry.name == POLICIES:
                self._pass_over_policies(path)
            elif entry.name != SHARED:
                files = tuple(self._stamp(path, each) for path, each in self._definitions(path))
                found += [ProductFolder(domain, path, files)] if files else []
        return found

    def shared(self, domain: str) -> list[str]:
        """The paths of the files with fragments of a domain, or of the mesh for "", sorted."""
        folder = f"{DOMAINS}/{domain}/{SHARED}" if domain else SHARED
        found: list[str] = []
        for entry in self._entries(folder):
            path = f"{folder}/{entry.name}"
            problems = misplaced_in_shared(path) if not _is_folder(entry) else []
            self.findings += problems
            if not problems and entry.name.endswith(".yaml"):
                found.append(path)
        return found

    def read(self, path: str) -> SourceFile:
        """Read a definition file, but never more than a definition may have.

        A link out of the mesh, what is no file, and what cannot be read give a file with a
        `problem`. Raises FileNotFoundError.
        """
        whole = os.path.join(self.folder, path)
        problem = self._link_problem(whole) if os.path.islink(whole) else ""
        if problem:
            return _refused(path, problem)
        try:
            with open(whole, "rb", opener=_without_waiting) as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    return _refused(path, "this is no regular file")
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            raise
        except IsADirectoryError:
            return _refused(path, "this is a folder and no file")
        except OSError as error:
            return SourceFile(path, b"", problem=_unreadable(path, error))
        return SourceFile(path, data, len(data) if len(data) <= MAX_BYTES else status.st_size)

    def _pass_over_policies(self, folder: str) -> None:
        """Warn of policies: people must not believe that they are held to."""
        message, note = "policies have no effect", "they are not evaluated yet"
        self.findings += [
            Diagnostic("W264", message, Span(path), note, severity=Severity.WARNING)
            for path, _ in self._below(folder, _YAML)
        ]

    def _entries(self, path: str) -> list[os.DirEntry[str]]:
        """What a folder holds, sorted, without what is hidden and links to folders elsewhere."""
        try:
            with os.scandir(os.path.join(self.folder, path)) as found:
                entries = [each for each in found if not each.name.startswith(".")]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            self.findings.append(_unreadable(path, error))
            return []
        usable = [each for each in entries if self._is_usable(path, each)]
        return sorted(usable, key=lambda each: each.name)

    def _is_usable(self, path: str, entry: os.DirEntry[str]) -> bool:
        problem, code = "", "W424"
        if not entry.name.isprintable():
            problem, code = "this name holds a character that cannot be shown", "W203"
        elif entry.is_symlink() and _is_folder(entry):
            problem = self._link_problem(entry.path)
        if problem:
            place = Span(_printable(f"{path}/{entry.name}"))
            help = "rename it" if code == "W203" else _NO_LINK
            self.findings.append(Diagnostic(code, problem, place, help=help))
        return not problem

    def _link_problem(self, path: str) -> str:
        """Why a link is not followed; "" when it leads to something inside of the mesh."""
        target = os.path.realpath(path)
        if not os.path.exists(target):
            return "this link leads nowhere"
        inside = target.startswith(self._root + os.sep)
        return "" if inside else "this link leads out of the mesh"

    def _definitions(self, folder: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """The paths of what is named like a definition, in the folder of a product."""
        for entry in self._entries(folder):
            path = f"{folder}/{entry.name}"
            if entry.name.lower().endswith(_ENDINGS):
                yield path, entry
            elif _is_folder(entry):
                yield from self._below(path, _PARTS.get(entry.name, _ELSEWHERE))

    def _below(
        self, folder: str, endings: tuple[str, ...]
    ) -> Iterator[tuple[str, os.DirEntry[str]]]:
        for entry in self._entries(folder):
            path = f"{folder}/{entry.name}"
            if entry.name.lower().endswith(endings):
                yield path, entry
            elif _is_folder(entry):
                # Links to folders could lead around in circles.
                if entry.is_symlink():
                    problem = "links to folders are not followed here"
                    self.findings.append(Diagnostic("W424", problem, Span(path), help=_NO_LINK))
                else:
                    yield from self._below(path, endings)

    def _stamp(self, path: str, entry: os.DirEntry[str]) -> Stamp:
        try:
            found = entry.stat()
        except OSError:
            found = entry.stat(follow_symlinks=False)
        return Stamp(path, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe without a writer is opened at once as well."""
    return os.open(path, flags | os.O_NONBLOCK)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether this is a folder or leads to one; a link that leads to itself does not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _refused(path: str, problem: str) -> SourceFile:
    return SourceFile(path, b"", problem=Diagnostic("W424", problem, Span(path), help=_NO_LINK))


def _unreadable(path: str, error: OSError) -> Diagnostic:
    why = (error.strerror or "it cannot be opened").lower()
    help = "allow the user who runs weft to read it"
    return Diagnostic("W133", f"this cannot be read: {why}", Span(path), help=help)


def _printable(text: str) -> str:
    """A text in which what no terminal and no file can take is written as an escape."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
