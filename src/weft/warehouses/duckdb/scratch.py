"""Folders for unfinished work, each locked by its process, so that leftovers are known as such."""

from __future__ import annotations

import itertools
import os
import re
from threading import Lock

from weft.warehouses.duckdb.disk import Disk, fault, names_in
from weft.warehouses.duckdb.layout import Layout, checked, is_name
from weft.warehouses.duckdb.locking import PATIENCE, locked
from weft.warehouses.protocol import WarehouseError

_LOCK = "lock"
_OURS = re.compile(r"lock|[0-9]+-[a-z.]+")


class Scratch:
    """The folders under `tmp/` that this process works in. A lock ends with its process."""

    def __init__(self, layout: Layout, disk: Disk) -> None:
        self._layout = layout
        self._disk = disk
        self._held: dict[str, int] = {}
        self._refused: set[str] = set()
        self._count = itertools.count(1)
        self._guard = Lock()

    def file(self, owner: str, name: str) -> str:
        """Return a path for a new file in the folder of `owner`, a run; it is free.

        Raises WarehouseError when somebody else has that folder; that one is waited for once.
        """
        with self._guard:
            if owner in self._refused or (owner not in self._held and not self.take(owner)):
                self._refused.add(owner)
                folder = self._folder(owner)
                raise WarehouseError(f"{folder} is used by another program", interrupted=True)
        return self._layout.draft(owner, next(self._count), name)

    def number(self) -> int:
        """Return a number that this process has not given before."""
        return next(self._count)

    def take(self, owner: str) -> bool:
        """Make and lock the folder of `owner`; False when somebody keeps it for too long."""
        return self._take(owner, PATIENCE)

    def take_free(self, purpose: str) -> str:
        """Take the first folder for a purpose that nobody has; return its owner's name."""
        return next(
            owner
            for owner in (f"{purpose}-{place}" for place in itertools.count(1))
            if self._take(owner, 0)
        )

    def take_dead(self) -> list[str]:
        """Take the folders that killed processes left; return their owners' names."""
        names = [name for name in self._owners() if name not in self._held]
        return [name for name in names if self._take(name, 0)]

    def drop(self, owner: str) -> None:
        """Remove the folder of `owner` and unlock it.

        Somebody who takes it for one that was left may have it as soon as its lock is gone; he
        removes it then.
        """
        number = self._held.pop(owner)
        try:
            self._disk.leave_folder(self._folder(owner))
        finally:
            os.close(number)

    def drop_all(self) -> None:
        """Remove and unlock every folder of this process."""
        for owner in tuple(self._held):
            self.drop(owner)

    def living(self) -> set[str]:
        """Return the owners that are at work, in this process or another."""
        return {name for name in self._owners() if name in self._held or self._is_locked(name)}

    def _take(self, owner: str, patience: float) -> bool:
        number = self._locked(self._folder(checked(owner)), patience)
        if number is not None:
            self._held[owner] = number
        return number is not None

    def _folder(self, owner: str) -> str:
        return f"{self._layout.temporary}/{owner}"

    def _owners(self) -> list[str]:
        names = (name for name in names_in(self._layout.temporary) if is_name(name))
        return [name for name in names if self._is_ours(name)]

    def _is_ours(self, owner: str) -> bool:
        return all(_OURS.fullmatch(name) for name in names_in(self._folder(owner)))

    def _is_locked(self, owner: str) -> bool:
        path = os.path.join(self._folder(owner), _LOCK)
        try:
            number = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise fault("lock", path, error) from error
        try:
            return not locked(number, path)
        finally:
            os.close(number)

    def _locked(self, folder: str, patience: float) -> int | None:
        """Lock a folder; None when somebody has it.

        The one who held it may have removed the folder while we waited: then the lock is on a
        file that is gone, and we begin again.
        """
        path = os.path.join(folder, _LOCK)
        while True:
            self._disk.make_folder(folder)
            number = self._disk.open_lock(path)
            if number is None:
                continue
            free = locked(number, path, patience=patience)
            if free and _is_file(number, path):
                return number
            os.close(number)
            if not free:
                return None


def _is_file(number: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(number), os.stat(path))
    except FileNotFoundError:
        return False
