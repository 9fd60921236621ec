"""Which git commit and branch files come from, so that every run can say what it was made of."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_OID, _HEAD = "# branch.oid ", "# branch.head "
_UNBORN, _DETACHED = "(initial)", "(detached)"
_REMOTE_HEAD = "refs/remotes/origin/HEAD"


@dataclass(frozen=True)
class Checkout:
    """Where a folder stands in git. Both are "" outside of it.

    `commit` has a `+` when files differ from it, and is "" before the first one; `branch` is ""
    where none is checked out.
    """

    commit: str = ""
    branch: str = ""


def checkout(folder: Path) -> Checkout:
    """Where a folder stands in git."""
    lines = _git(folder, "status", "--porcelain=v2", "--branch", "--", ".").splitlines()
    told = [line for line in lines if line.startswith("#")]
    commit = _after(_OID, told)
    branch = _after(_HEAD, told)
    mark = "+" if len(lines) > len(told) else ""
    return Checkout(
        commit=f"{commit}{mark}" if commit not in ("", _UNBORN) else "",
        branch=branch if branch != _DETACHED else "",
    )


def main_branch(folder: Path) -> str:
    """The branch that the folder's remote has for its main one, "" where that is not known."""
    found = _git(folder, "symbolic-ref", "--quiet", "--short", _REMOTE_HEAD).strip()
    return found.removeprefix("origin/")


def _after(head: str, lines: list[str]) -> str:
    return next((line.removeprefix(head) for line in lines if line.startswith(head)), "")


def _git(folder: Path, *arguments: str) -> str:
    """What git says of a folder, "" where it says nothing or is not there."""
    try:
        found = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout if found.returncode == 0 else ""
