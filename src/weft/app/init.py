"""Begin a mesh: the few files that make a folder one."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from weft.app.errors import Blocked, Usage
from weft.app.new_files import Draft, Edit, NewFile, from_template
from weft.app.workspace import SETTINGS
from weft.mesh.address import name_problem

_IGNORED = ".gitignore"


def draft_mesh(folder: Path, name: str = "") -> Draft:
    """Draft the files of a new mesh in a folder, which need not exist; nothing is written.

    Without a `name` the folder gives it. Raises Usage for a name outside the rules and Blocked
    where a mesh is already.
    """
    mesh = name or _name_from(folder)
    problem = name_problem(mesh)
    if problem:
        raise Usage(
            f"`{mesh or folder.resolve().name}` cannot be the name of a mesh: {problem}",
            next_step=f"weft init {shlex.quote(str(folder))} --name NAME",
        )
    if (folder / SETTINGS).exists():
        raise Blocked("this folder is a mesh already", next_step="weft new domain NAME --owner YOU")
    files = [
        NewFile(SETTINGS, from_template("weft.yaml", mesh=mesh)),
        NewFile("domains/README.md", from_template("domains.md")),
    ]
    ignored, edits = from_template("gitignore"), []
    if (folder / _IGNORED).exists():
        before = (folder / _IGNORED).read_text(encoding="utf-8")
        if ".weft/" not in before.split():
            edits.append(Edit(_IGNORED, before, f"{before.rstrip()}\n\n{ignored}".lstrip()))
    else:
        files.append(NewFile(_IGNORED, ignored))
    return Draft(tuple(files), tuple(edits), ("weft new domain NAME --owner YOU",))


def _name_from(folder: Path) -> str:
    """Make a name of a folder's: `Sky Line` becomes `sky_line`."""
    return re.sub(r"[^a-z0-9]+", "_", folder.resolve().name.lower()).strip("_")
