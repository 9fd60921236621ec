"""What a mesh stands on, for the doctor: programs and packages, the folder, and the disk."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from weft.app.bootstrap import STATE
from weft.app.finding import Finding, State
from weft.app.functions.confinement import landlock

_PYTHON = (3, 11)
_LITTLE_ROOM = 1_000_000_000
_NO_ROOM = 50_000_000
_COMPARISON = re.compile(r"(>=|<=|==|<|>)\s*([0-9.]+)")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def surroundings(folder: Path) -> Iterator[Finding]:
    """Look at the programs that Weft needs, at a folder, and at the room on its disk."""
    yield from _programs()
    yield from _place(folder)


def _programs() -> Iterator[Finding]:
    found = sys.version_info[:3]
    name = ".".join(map(str, found))
    if found >= _PYTHON:
        yield Finding("python", State.OK, name)
    else:
        yield Finding("python", State.FAIL, name, "install Python 3.11 or newer")
    for requirement in requires("weft") or ():
        if ";" not in requirement:
            yield _package(requirement)
    if _installed("sqlglotc"):
        yield Finding("speed", State.OK, "SQL is read by compiled code")
    else:
        detail = "SQL is read by plain Python, which takes two to three times as long"
        yield Finding("speed", State.WARN, detail, "pip install 'weft[speed]'")
    yield _functions()
    if shutil.which("git"):
        yield Finding("git", State.OK, "runs are recorded with their commit")
    else:
        detail = "not found, so that runs are recorded without a commit"
        yield Finding("git", State.WARN, detail, "install git")


def _functions() -> Finding:
    """Whether the system keeps models in Python from the files of the user who runs them."""
    version = landlock()
    if version:
        detail = f"models in Python cannot reach your files (Landlock {version})"
        return Finding("functions", State.OK, detail)
    detail = "models in Python can do with files what you can: the system has no Landlock"
    return Finding("functions", State.WARN, detail, "read them before you apply them")


def _package(requirement: str) -> Finding:
    """Whether a package that Weft needs is there in a version that it was made for."""
    name = _NAME.match(requirement)
    package = name.group() if name else requirement
    found = _installed(package)
    fix = f"pip install '{requirement}'"
    if not found:
        return Finding(package, State.FAIL, "not installed", fix)
    if not fits(found, requirement):
        return Finding(package, State.WARN, f"{found}, and Weft was made for {requirement}", fix)
    return Finding(package, State.OK, found)


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def fits(found: str, requirement: str) -> bool:
    """Whether a version is within the bounds of a requirement; only its numbers count.

    >>> fits("8.6", "click<9,>=8.5"), fits("9.0", "click<9,>=8.5")
    (True, False)
    """
    return all(
        _OPERATORS[operator](_numbers(found), _numbers(bound))
        for operator, bound in _COMPARISON.findall(requirement)
    )


_OPERATORS = {
    ">=": tuple.__ge__,
    "<=": tuple.__le__,
    "==": tuple.__eq__,
    "<": tuple.__lt__,
    ">": tuple.__gt__,
}


def _numbers(text: str) -> tuple[int, ...]:
    numbers = [int(each) for each in re.findall(r"[0-9]+", text)[:3]]
    return tuple(numbers + [0] * (3 - len(numbers)))


def _place(folder: Path) -> Iterator[Finding]:
    state = folder / STATE
    place = state if state.is_dir() else folder
    if os.access(place, os.W_OK | os.X_OK):
        yield Finding("folder", State.OK, f"{place} can be written")
    elif place.exists() and os.statvfs(place).f_flag & os.ST_RDONLY:
        fix = "mount it for writing; until then ls, show and query work"
        yield Finding("folder", State.FAIL, f"{place} is on a disk mounted read-only", fix)
    else:
        fix = f"chmod u+rwx {place}, or work in a folder of your own"
        yield Finding("folder", State.FAIL, f"{place} cannot be written", fix)
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield Finding("disk", State.FAIL, str(error), "choose a folder that is there")
        return
    detail = f"{free / 1e9:,.1f} GB free"
    if free >= _LITTLE_ROOM:
        yield Finding("disk", State.OK, detail)
    else:
        level = State.FAIL if free < _NO_ROOM else State.WARN
        yield Finding("disk", level, detail, "make room; `weft prune` removes old releases")
