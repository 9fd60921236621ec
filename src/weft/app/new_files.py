"""Changes to the files of a mesh as values: shown first, then written, and never over a file."""

from __future__ import annotations

import os
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
    """What a verb wants to write, and the commands to go on with afterwards."""

    files: tuple[NewFile, ...]
    edits: tuple[Edit, ...] = ()
    next_steps: tuple[str, ...] = ()


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

    Raises Blocked when a new file exists already or an edited one has changed, OSError when the
    folder cannot be written.
    """
    present = [each.path for each in draft.files if os.path.lexists(folder / each.path)]
    if present:
        raise Blocked(f"{present[0]} exists already", why="Nothing was written.")
    for edit in draft.edits:
        if (folder / edit.path).read_text(encoding="utf-8") != edit.before:
            raise Blocked(f"{edit.path} has changed meanwhile", why="Nothing was written.")
    for new in draft.files:
        path = folder / new.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(new.text)
    for edit in draft.edits:
        _replace(folder / edit.path, edit.after)


def _replace(path: Path, text: str) -> None:
    """Put a new content in the place of an old one, whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(path)
