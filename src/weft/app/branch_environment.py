"""The environment that is named after the checked out git branch: `--env auto`."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from weft.app.checkout import checkout, main_branch
from weft.app.errors import Usage
from weft.mesh.address import MAX_NAME, name_problem
from weft.mesh.settings import AUTO

# What is merged into these is applied to production.
_MAIN = frozenset(["main", "master"])
_HASH = 8
_NO_LETTER = "branch"


def resolved(environment: str, folder: Path, production: str) -> str:
    """The name of an environment as it was asked for: "" is production, `auto` the branch's.

    Raises Usage where no environment can be named after what is checked out.
    """
    if environment != AUTO:
        return environment or production
    there = checkout(folder)
    if not there.branch:
        raise _no_branch(folder, there.commit)
    if not there.commit:
        raise Usage(
            f"branch `{there.branch}` has no commit yet, so no environment is named after it",
            next_step="git commit, or name the environment with --env NAME",
        )
    name = environment_of_branch(there.branch)
    if there.branch in _MAIN | {main_branch(folder)} or name == production:
        raise Usage(
            f"no environment is named after branch `{there.branch}`",
            why=f"What is merged into it is for {production}, and that is never meant by accident.",
            next_step=f"leave `--env {AUTO}` out to mean {production}, or switch to another branch",
        )
    return name


def environment_of_branch(branch: str) -> str:
    """Name an environment after a branch: as it is where the rules for names allow that.

    Everything else gets a hash, so that no two branches share an environment.

    >>> environment_of_branch("fix_delays"), environment_of_branch("fix/delays")
    ('fix_delays', 'fix_delays_406047d8')
    """
    if branch != AUTO and not name_problem(branch):
        return branch
    digest = hashlib.sha256(branch.encode("utf-8", "surrogateescape")).hexdigest()[:_HASH]
    words = re.findall(r"[a-z0-9]+", branch.lower())
    stem = "_".join(words if words and words[0][0].isalpha() else [_NO_LETTER, *words])
    return f"{stem[: MAX_NAME - _HASH - 1].rstrip('_')}_{digest}"


def _no_branch(folder: Path, commit: str) -> Usage:
    name_it = "name the environment with --env NAME"
    if commit:
        return Usage(
            "no branch is checked out, so no environment is named after one",
            why=f"git is at commit {commit[:12]} itself (a detached head).",
            next_step=f"git switch BRANCH, or {name_it}",
        )
    return Usage(
        f"{folder} is not in a git checkout, so no environment is named after its branch",
        next_step=name_it,
    )
