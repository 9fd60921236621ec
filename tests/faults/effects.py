"""Count every effect of a use case on store, warehouse and disk, and stop it at one of them.

The proxies stand at the seams that the code has anyway; what is behind them is real.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any

from weft.app.bootstrap import Opened, opened
from weft.app.system import System
from weft.store.protocol import StoreError
from weft.warehouses.duckdb import open_warehouse
from weft.warehouses.duckdb.disk import Disk, full_disk
from weft.warehouses.protocol import WarehouseError


class Fault(StrEnum):
    """What happens at the chosen effect."""

    NONE = "none"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    FAILS = "fails"
    FAILS_AFTER = "fails after"
    STOPPED = "stopped before"
    SERVER_KILLED = "server killed"


@dataclass
class Effects:
    """The effects so far. At number `at`, counted from 1, or at the first that is called so, the
    fault happens, once.

    `kill_server` ends the server that a warehouse or a store needs.
    """

    fault: Fault = Fault.NONE
    at: int | str = 0
    kill_server: Callable[[], None] = lambda: None
    names: list[str] = field(default_factory=list)
    guard: Lock = field(default_factory=Lock)

    def perform(
        self,
        name: str,
        act: Callable[[], Any],
        error: Callable[[], Exception],
        after: Callable[[], None] = lambda: None,
    ) -> Any:
        """Do one effect, or not; before a fault that comes after it, `after` is waited for."""
        with self.guard:
            self.names.append(name)
            here = self.at == len(self.names) or (self.at == name and name not in self.names[:-1])
            fault = self.fault if here else Fault.NONE
        if fault is Fault.KILLED_BEFORE:
            _die()
        if fault is Fault.STOPPED:
            os.kill(os.getpid(), signal.SIGSTOP)
        if fault is Fault.SERVER_KILLED:
            self.kill_server()
        if fault is Fault.FAILS:
            raise error()
        result = act()
        if fault in (Fault.KILLED_AFTER, Fault.FAILS_AFTER):
            after()
        if fault is Fault.KILLED_AFTER:
            _die()
        if fault is Fault.FAILS_AFTER:
            raise error()
        return result


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """An object whose methods in `effects` are effects; everything else passes through."""

    def __init__(
        self, target: Any, kind: str, watch: tuple[str, ...], effects: Effects, error: Any
    ) -> None:
        self._kind = kind
        self._effects = effects
        self._error = error
        # Attributes and no `__getattr__`, which `isinstance` does not ask about Protocols.
        for name in dir(target):
            if not name.startswith("_"):
                found = getattr(target, name)
                setattr(self, name, self._effect(name, found) if name in watch else found)

    def _effect(self, name: str, found: Callable[..., Any]) -> Callable[..., Any]:
        def effect(*args: Any, **named: Any) -> Any:
            what = f"{self._kind}.{name} {_about(args)}".strip()
            return self._effects.perform(
                what, lambda: found(*args, **named), lambda: self._error(args)
            )

        return effect


@dataclass(frozen=True)
class WatchedStore:
    """A store whose every write is an effect."""

    identity: Any
    definitions: Any
    journal: Any
    audit: Any
    settlements: Any
    signoffs: Any
    evidence: Any
    reads: Any
    notices: Any
    measurements: Any
    forget: Callable[..., Any]
    end: Callable[..., Any]
    rows: Callable[[str], int]
    close: Callable[[], None]


@contextmanager
def opened_with(folder: Path, effects: Effects, environment: str = "") -> Iterator[Opened]:
    """Open a mesh with proxies at its seams."""
    with opened(folder, environment, System()) as mesh:
        watched = replace(mesh, store=_store(mesh.store, effects), connected={})
        for name, settings in mesh.settings.warehouses.items():
            found = (
                _lake(mesh, name, effects) if settings.type == "duckdb" else mesh.warehouse(name)
            )
            watched.connected[name] = _watched(found, effects)
        try:
            yield watched
        finally:
            for each in watched.connected.values():
                each.close()


def _lake(mesh: Opened, name: str, effects: Effects) -> Any:
    """A lake whose every operation on the disk is an effect."""
    options = mesh.settings.warehouses[name].options
    identity = mesh.store.identity
    folder = str(mesh.folder)
    return open_warehouse(name, options, folder, identity.mesh, identity.id, disk=_disk(effects))


def _store(store: Any, effects: Effects) -> Any:
    def error(args: Any) -> Exception:
        return StoreError("store: no room is left", full=True)

    def watched(name: str, *watch: str) -> Watched:
        return Watched(getattr(store, name), "store", watch, effects, error)

    whole: Any = Watched(store, "store", ("forget", "end"), effects, error)
    return WatchedStore(
        store.identity,
        watched("definitions", "set_salts"),
        watched("journal", "begin", "finish", "end", "unlock", "hold", "lift"),
        watched("audit", "add"),
        store.settlements,
        store.signoffs,
        store.evidence,
        watched("reads", "add"),
        store.notices,
        watched("measurements", "add"),
        whole.forget,
        whole.end,
        whole.rows,
        lambda: None,
    )


def _watched(warehouse: Any, effects: Effects) -> Any:
    def error(args: Any) -> Exception:
        return WarehouseError("the engine gave up", interrupted=True)

    watch = ("run", "serve", "rows", "load", "forget", "end")
    return Watched(warehouse, "warehouse", watch, effects, error)


_OPERATIONS = (
    *("make_folder", "write", "sync", "rename", "link"),
    *("remove", "remove_folder", "leave_folder"),
)


def _disk(effects: Effects) -> Any:
    def error(args: Any) -> Exception:
        failed = full_disk(str(args[-1]))
        failed.__cause__ = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return failed

    return Watched(Disk(), "disk", _OPERATIONS, effects, error)


def _about(args: tuple[Any, ...]) -> str:
    """What an effect is about, without what differs from one run to the next."""
    first = args[0] if args else ""
    if isinstance(first, str):
        target = str(args[-1]) if isinstance(args[-1], str) else first
        return target.rpartition("/.weft/")[2]
    return str(getattr(first, "id", "") or getattr(first, "product", ""))
