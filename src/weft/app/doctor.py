"""Doctor: look at everything that Weft stands on, and say what is wrong and how to put it right.

It reports and repairs nothing; whatever is broken, the rest is looked at all the same. Programs
and disk are in `surroundings.py`, warehouses in `holdings.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from weft.app.audit import verify_audit
from weft.app.bootstrap import STATE, Opened, opened
from weft.app.errors import Invalid
from weft.app.finding import Finding, State
from weft.app.holdings import holdings
from weft.app.load import load
from weft.app.runs import is_alive, unfinished_run
from weft.app.surroundings import surroundings
from weft.app.system import System
from weft.app.workspace import SETTINGS
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.secret import Secret
from weft.mesh.settings import MeshSettings
from weft.mesh.words import count
from weft.store.protocol import StoreError


def examine_machine(folder: Path, environment: str, system: System) -> tuple[Finding, ...]:
    """Look at the programs, the folder and the mesh in it; `environment` "" means production."""
    return (*surroundings(folder), *_mesh(folder, environment, system))


def _mesh(folder: Path, environment: str, system: System) -> Iterator[Finding]:
    if not (folder / SETTINGS).is_file():
        detail = f"there is none in {folder}"
        yield Finding(SETTINGS, State.FAIL, detail, "weft init, or weft demo to see one")
        return
    try:
        with opened(folder, environment, system) as mesh:
            yield Finding(SETTINGS, State.OK, f"mesh {mesh.settings.mesh}")
            yield from missing_secrets(mesh.settings)
            for look in (_definitions, _store, holdings):
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
    if error.full:
        fix = "make room; `weft prune` removes old releases"
    elif error.damaged:
        fix = "put back a backup, or move the store away and run weft doctor --rebuild-store"
    else:
        fix = f"do as it says, or name another store in {SETTINGS}"
    return Finding("store", State.FAIL, str(error), fix)


def _unusable(diagnostics: tuple[Diagnostic, ...]) -> Iterator[Finding]:
    for each in diagnostics:
        if each.severity is Severity.ERROR:
            fix = each.note or "weft validate"
            yield Finding(SETTINGS, State.FAIL, f"{each.code}: {each.message}", fix)


def missing_secrets(settings: MeshSettings) -> Iterator[Finding]:
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
    locks = mesh.store.journal.locks()
    dead = [each for each in locks if not is_alive(mesh, each)]
    for each in dead:
        detail = f"{each.product} in {each.environment} is locked by a process that is gone"
        fix = f"weft apply, which takes it over, or weft unlock {each.id}"
        yield Finding("locks", State.WARN, detail, fix, each.environment)
    if not dead:
        detail = f"{len(locks)} held, none by a dead process" if locks else "none held"
        yield Finding("locks", State.OK, detail)


def _runs(mesh: Opened) -> Iterator[Finding]:
    run = unfinished_run(mesh)
    if run is None:
        yield Finding("runs", State.OK, "the last one ended")
    else:
        detail = f"run {run.id} of {run.started} did not end"
        fix = "weft apply, which goes on there"
        yield Finding("runs", State.WARN, detail, fix, run.environment)
