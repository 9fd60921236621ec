"""Which git commit the files come from, so that every run can say what it was made of."""

from __future__ import annotations

import subprocess
from pathlib import Path


def current_commit(folder: Path) -> str:
    """The commit of a folder, with `+` when files differ from it; "" outside of git."""
    try:
        found = subprocess.run(
            ["git", "-C", str(folder), "status", "--porcelain=v2", "--branch", "--", "."],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if found.returncode != 0:
        return ""
    lines = found.stdout.splitlines()
    commit = next(
        (line.removeprefix("# branch.oid ") for line in lines if line.startswith("# branch.oid")),
        "",
    )
    if commit == "(initial)":
        return ""
    changed = any(not line.startswith("#") for line in lines)
    return commit + ("+" if changed else "")
