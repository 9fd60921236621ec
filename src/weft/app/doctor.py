"""Doctor: look at everything that Weft stands on, and say what is wrong and how to put it right.

It reports and repairs nothing; whatever is broken, the rest is looked at all the same.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from weft.app.apply import unfinished_run
from weft.app.audit import verify_audit
from weft.app.bootstrap import STATE, Opened, opened
from weft.app.errors import Invalid
from weft.app.load import load
from weft.app.releases import histories, keeper_of
from weft.app.serving import is_served
from weft.app.system import System
from weft.app.workspace import SETTINGS
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.secret import Secret
from weft.mesh.settings import MeshSettings
from weft.mesh.words import count
from weft.store.protocol import StoreError
from weft.warehouses.protocol import Scope, WarehouseError

_PYTHON = (3, 11)
_LITTLE_ROOM = 1_000_000_000
_NO_ROOM = 50_000_000
_COMPARISON = re.compile(r"(>=|<=|==|<|>)\s*([0-9.]+)")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


class State(StrEnum):
    """How a finding stands: a warning costs something, a failure stops some verb."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `fix` is what to do where it is not ok."""

    name: str
    state: State
    detail: str
    fix: str = ""


def examine_machine(folder: Path, environment: str, system: System) -> tuple[Finding, ...]:
    """Look at the programs, the folder and the mesh in it; `environment` "" means production."""
    return (*_programs(), *_place(folder), *_mesh(folder, environment, system))


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
    if shutil.which("git"):
        yield Finding("git", State.OK, "runs are recorded with their commit")
    else:
        detail = "not found, so that runs are recorded without a commit"
        yield Finding("git", State.WARN, detail, "install git")


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


def _mesh(folder: Path, environment: str, system: System) -> Iterator[Finding]:
    if not (folder / SETTINGS).is_file():
        detail = f"there is none in {folder}"
        yield Finding(SETTINGS, State.FAIL, detail, "weft init, or weft demo to see one")
        return
    try:
        with opened(folder, environment, system) as mesh:
            yield Finding(SETTINGS, State.OK, f"mesh {mesh.settings.mesh}")
            yield from _variables(mesh.settings)
            for look in (_definitions, _store, _warehouses):
                try:
                    yield from look(mesh)
                except StoreError as error:
                    yield _broken_store(error)
    except Invalid as error:
        yield from _unusable(error.diagnostics)
    except StoreError as error:
        yield _broken_store(error)
    except OSError as error:
        yield Finding(SETTINGS, State.FAIL, str(error), "see that the file can be read")


def _broken_store(error: StoreError) -> Finding:
    fix = f"put back a backup of the store, or name another one in {SETTINGS}"
    return Finding("store", State.FAIL, str(error), fix)


def _unusable(diagnostics: tuple[Diagnostic, ...]) -> Iterator[Finding]:
    for each in diagnostics:
        if each.severity is Severity.ERROR:
            fix = each.note or "weft validate"
            yield Finding(SETTINGS, State.FAIL, f"{each.code}: {each.message}", fix)


def _variables(settings: MeshSettings) -> Iterator[Finding]:
    """Secrets whose variables are missing, which otherwise show on connecting."""
    options = [each.options for each in settings.warehouses.values()]
    for environment in settings.environments.values():
        options += environment.warehouses.values()
    values = [value for each in options for value in each.values()]
    missing = sorted({each.missing for each in values if isinstance(each, Secret)} - {""})
    for name in missing:
        yield Finding("variables", State.FAIL, f"{name} is not set", f"export {name}=…")
    if not missing:
        yield Finding("variables", State.OK, "all that weft.yaml names are set")


def _definitions(mesh: Opened) -> Iterator[Finding]:
    published = mesh.store.definitions.descriptors(mesh.environment)
    loaded = load(mesh.folder, mesh.system, mesh.cache, published.values())
    errors = sum(each.severity is Severity.ERROR for each in loaded.diagnostics)
    if errors:
        yield Finding("definitions", State.FAIL, count(errors, "error"), "weft validate")
    else:
        detail = f"{count(len(loaded.products), 'product')} in {count(loaded.files, 'file')}"
        yield Finding("definitions", State.OK, detail)
    if mesh.cache.usable:
        yield Finding("cache", State.OK, "unchanged definitions are not read again")
    else:
        path = mesh.folder / STATE / "cache.db"
        detail = f"{path} cannot be used, every verb reads everything"
        yield Finding("cache", State.WARN, detail, f"rm {path}")


def _store(mesh: Opened) -> Iterator[Finding]:
    identity = mesh.store.identity
    yield Finding("store", State.OK, f"of mesh {identity.mesh}, id {identity.id}")
    chain = verify_audit(mesh)
    if chain.problem:
        detail = f"{chain.entries} entries are good, then: {chain.problem}"
        fix = "find out who changed the store; a backup has the entries as they were"
        yield Finding("audit log", State.FAIL, detail, fix)
    else:
        yield Finding("audit log", State.OK, f"{chain.entries} entries, none changed")
    yield from _locks(mesh)
    yield from _runs(mesh)


def _locks(mesh: Opened) -> Iterator[Finding]:
    """Locks of dead processes; those of other machines may be alive."""
    system = mesh.system
    locks = mesh.store.journal.locks()
    dead = [each for each in locks if each.host == system.host and not system.alive(each.pid)]
    for each in dead:
        detail = f"{each.product} in {each.environment} is locked by a process that is gone"
        fix = f"the next weft apply takes it over; or weft unlock {each.id}"
        yield Finding("locks", State.WARN, detail, fix)
    if not dead:
        detail = f"{len(locks)} held, none by a dead process" if locks else "none held"
        yield Finding("locks", State.OK, detail)


def _runs(mesh: Opened) -> Iterator[Finding]:
    run = unfinished_run(mesh)
    if run is None:
        yield Finding("runs", State.OK, "the last one ended")
    else:
        detail = f"run {run.id} of {run.started} did not end"
        yield Finding("runs", State.WARN, detail, "weft apply goes on where it stopped")


def _warehouses(mesh: Opened) -> Iterator[Finding]:
    for name, settings in mesh.settings.warehouses.items():
        label = f"warehouse {name}"
        try:
            builds = mesh.warehouse(name).observe(Scope(mesh.environment, (), closely=True)).builds
        except WarehouseError as error:
            fix = f"correct `{name}` in {SETTINGS}, or make the warehouse reachable"
            yield Finding(label, State.FAIL, str(error), fix)
        else:
            yield Finding(label, State.OK, f"{settings.type}, {count(len(builds), 'build')}")
            yield from _data(mesh, name, builds)
            yield from _shown(mesh, name)


def _shown(mesh: Opened, warehouse: str) -> Iterator[Finding]:
    if is_served(mesh, warehouse):
        yield Finding("shown ports", State.OK, f"other programs see what is current in {warehouse}")
    else:
        detail = f"what other programs open in {warehouse} is missing, changed, or out of date"
        fix = f"weft apply --env {mesh.environment}"
        yield Finding("shown ports", State.WARN, detail, fix)


def _data(mesh: Opened, warehouse: str, intact: frozenset[str]) -> Iterator[Finding]:
    """Releases whose builds are gone or have lost files, in every environment."""
    keeper = keeper_of(mesh, warehouse)
    kept = [] if keeper is None else list(histories(keeper))
    lost = [
        (release, release is history[0])
        for history in kept
        for release in history
        if not intact.issuperset(release.keys)
    ]
    for release, current in lost:
        name = f"release {release.number} of {release.product} in {release.environment}"
        if current:
            detail, state = f"{name} is current and has lost data", State.FAIL
            fix = f"weft apply --env {release.environment}, which builds it again"
        else:
            detail, state = f"{name} has lost data, nobody can roll back to it", State.WARN
            fix = "put its files back from a backup, or leave it; weft prune removes it in time"
        yield Finding("data", state, detail, fix)
    if kept and not lost:
        releases = count(sum(map(len, kept)), "release")
        yield Finding("data", State.OK, f"all files of {releases} are there")
