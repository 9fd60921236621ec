"""Ask git which files of a mesh's folder differ from a revision, committed or not.

What a changed file means for a product stands in `select.py`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from weft.app.errors import NotFound, Usage

_SECONDS = 60
_NO_ANSWER = "git cannot say what has changed"


def changed_files(folder: Path, revision: str) -> frozenset[str]:
    """The files that differ from a git revision, as paths relative to the folder.

    Deleted files count, and new ones that git does not ignore; a renamed file counts under both
    names. `main...` means the commit at which the current one left `main`. Raises NotFound for a
    revision that is none, Usage where git or its repository is missing.
    """
    _git(folder, "rev-parse", "--git-dir")
    commit = _commit(folder, revision)
    # What git is configured to do with names and differences must not matter.
    options = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--relative")
    tracked = _git(folder, "diff", *options, commit, "--", ".")
    untracked = _git(folder, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    return frozenset(path for path in (tracked + untracked).split("\0") if path)


def _commit(folder: Path, revision: str) -> str:
    """The hash of the commit that a revision means; nothing of it can be an option to git."""
    name = revision.removesuffix("...")
    is_name = bool(name) and not name.startswith("-")
    commit = _hash(folder, "rev-parse", "--verify", f"{name}^{{commit}}") if is_name else ""
    if not commit:
        known = _git(folder, "for-each-ref", "--format=%(refname:short)").split()
        raise NotFound("git revision", name, known, next_step="git log --oneline --decorate")
    if name == revision:
        return commit
    base = _hash(folder, "merge-base", commit, "HEAD")
    if not base:
        raise Usage(
            f"the current commit and `{name}` come from no common one",
            why="In a shallow clone the older commits are missing.",
            next_step="git fetch --unshallow",
        )
    return base


def _hash(folder: Path, *arguments: str) -> str:
    """The hash that git answers with, "" where there is none."""
    done = _run(folder, arguments)
    return "" if done.returncode else done.stdout.strip()


def _git(folder: Path, *arguments: str) -> str:
    """What git writes. Raises Usage with git's own words when it fails."""
    done = _run(folder, arguments)
    if done.returncode:
        said = done.stderr.strip().partition("\n")[0]
        raise Usage(_NO_ANSWER, why=said.removeprefix("fatal: "))
    return done.stdout


def _run(folder: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise Usage(_NO_ANSWER, why="git is not installed") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Usage(_NO_ANSWER, why=str(error)) from None
