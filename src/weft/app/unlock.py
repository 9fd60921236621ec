"""Unlock: end the lock of a run that will never end it itself."""

from __future__ import annotations

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound
from weft.mesh.run import Lock


def held_locks(mesh: Opened) -> tuple[Lock, ...]:
    """All locks that are held."""
    return mesh.store.journal.locks()


def unlock(mesh: Opened, lock: str) -> Lock:
    """End a lock by its id; its holder can record nothing more. Raises NotFound."""
    system = mesh.system
    journal = mesh.store.journal
    found = journal.unlock(lock, system.user(), system.now())
    if found is None:
        known = [each.id for each in journal.locks()]
        raise NotFound("lock", lock, known, next_step="weft unlock, to list them")
    return found
