"""Changes to the files of a mesh as values: shown first, then written, and never over a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path
from string import Template

from weft.app.errors import Blocked
from weft.app.yaml_edit import scalar


@dataclass(frozen=True)
class NewFile:
    """A file that does not exist yet; `path` is relative to the mesh, with slashes."""

    path: str
    text: str


@dataclass(frozen=True)
class Edit:
    """A change to a file that exists; it is refused when the file is no longer as `before`."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Draft:
    """What a verb wants to write, the commands to go on with, and what is to be known of it."""

    files: tuple[NewFile, ...]
    edits: tuple[Edit, ...] = ()
    next_steps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def from_template(template: str, **values: str) -> str:
    """Fill a file of `templates/`; values in YAML are quoted where YAML would misread them.

    Values in other files must be names that were checked.
    """
    text = package_files("weft.app").joinpath("templates", template).read_text(encoding="utf-8")
    if template.endswith(".yaml"):
        values = {name: scalar(value) for name, value in values.items()}
    return Template(text).substitute(values)


def write(folder: Path, draft: Draft) -> None:
    """Write a draft, or nothing of it where a file is in the way.

    Raises Blocked when a new file exists already or an edited one has changed, OSError with the
    name of a file or folder that cannot be made.
    """
    present = [each.path for each in draft.files if os.path.lexists(folder / each.path)]
    if present:
        raise Blocked(f"{present[0]} exists already", why="Nothing was written.")
    texts = {new.path: new.text for new in draft.files}
    for edit in draft.edits:
        before, end = _read(folder / edit.path)
        if before != edit.before:
            raise Blocked(f"{edit.path} has changed meanwhile", why="Nothing was written.")
        texts[edit.path] = edit.after.replace("\n", end)
    _put({folder / path: text for path, text in texts.items()})


def _read(path: Path) -> tuple[str, str]:
    """The text of a file, and how all of its lines end."""
    with path.open(encoding="utf-8") as stream:
        text = stream.read()
        return text, stream.newlines if isinstance(stream.newlines, str) else "\n"


def _put(texts: Mapping[Path, str]) -> None:
    """Write files, each beside its place first, so that a full disk leaves nothing behind."""
    with ExitStack() as undo:
        for path, text in texts.items():
            _make_folders(path.parent, undo)
            beside = _beside(path)
            undo.callback(_gone, beside.unlink)
            try:
                beside.write_text(text, encoding="utf-8", newline="")
            except OSError as error:
                # The name is not yet the one that was asked for, or is not known at all.
                raise OSError(error.errno, error.strerror, str(path)) from error
        for path in texts:
            _beside(path).replace(path)
        undo.pop_all()


def _make_folders(folder: Path, undo: ExitStack) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        undo.callback(_gone, each.rmdir)
    folder.mkdir(parents=True, exist_ok=True)


def _gone(remove: Callable[[], None]) -> None:
    """Remove what may not be there, or may hold what is not ours."""
    with suppress(OSError):
        remove()


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")
