"""Apply the files of a mesh, for tests of what comes after."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mesh_files import lay_out
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System


def apply_files(
    folder: Path,
    files: Mapping[str, bytes] | None = None,
    system: System | None = None,
    environment: str = "",
    options: PlanOptions | None = None,
) -> None:
    """Make a folder hold these files, if any are given, and apply it."""
    if files is not None:
        lay_out(folder, files)
    with opened(folder, environment, system or System()) as mesh:
        plan = make_plan(mesh, options or PlanOptions()).plan
        for _ in apply_plan(mesh, plan, ApplyOptions(allow_drop=True)):
            pass
