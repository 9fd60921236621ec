"""Unlock: end the lock of a run that will never end it itself."""

from __future__ import annotations

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound
from weft.mesh.run import Lock


def held_locks(mesh: Opened) -> tuple[Lock, ...]:
    """All locks that are held."""
    return mesh.store.journal.locks()


def find_lock(mesh: Opened, lock: str) -> Lock:
    """The lock of this id. Raises NotFound."""
    held = {each.id: each for each in held_locks(mesh)}
    if lock not in held:
        raise NotFound("lock", lock, held, next_step="weft unlock, to list them")
    return held[lock]


def unlock(mesh: Opened, lock: str) -> Lock:
    """End a lock by its id; its holder can record nothing more. Raises NotFound."""
    system = mesh.system
    ended = mesh.store.journal.unlock(lock, system.user(), system.now())
    return ended or find_lock(mesh, lock)
