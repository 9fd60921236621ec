"""Try faults on a mesh: a program that reads trials as JSON lines and answers each with one.

    trials.py <ground>

Every apply and every look is a process of its own, forked from one that has imported everything
but opened nothing, so that a trial costs no more than what it tries.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NoReturn

import duckdb  # noqa: F401  (loaded once for all forks)
from effects import Effects, Fault, opened_with
from ground import Ground, Seen
from lake_ground import LAKE
from observation import applied, apply_all, torn, unsettled

from weft.app.bootstrap import opened
from weft.app.errors import Refusal
from weft.app.load import load
from weft.app.system import System
from weft.store.protocol import FencedOut, Locked, StoreError
from weft.warehouses.protocol import WarehouseError

OUTSIDE = (WarehouseError, StoreError, FencedOut, Locked, Refusal)


class Crashed(Exception):
    """A child process ended with an exception that nobody expected; the message is its trace."""


def forked(act: Callable[..., Any], *arguments: Any) -> Any:
    """Do something in a child process; its answer, or None when it was killed. Raises Crashed."""
    return answered(*started(act, *arguments))


def started(act: Callable[..., Any], *arguments: Any) -> tuple[int, int]:
    """Begin something in a child process; its id, and where its answer will come from."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        _answer(send, act, arguments)
    os.close(send)
    return child, receive


def answered(child: int, receive: int) -> Any:
    """Wait for a child process. Raises Crashed."""
    with os.fdopen(receive) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    if not text:
        return None
    result, trace = json.loads(text)
    if trace:
        raise Crashed(trace)
    return result


def _answer(send: int, act: Callable[..., Any], arguments: tuple[Any, ...]) -> NoReturn:
    """Do it, write the result or the trace of what went wrong to a pipe, and end the process."""
    result: Any = None
    try:
        result = act(*arguments)
    finally:
        trace = traceback.format_exc() if sys.exc_info()[0] else ""
        with os.fdopen(send, "w") as answer:
            json.dump([result, trace], answer)
        os._exit(0)


def faulty_apply(
    ground: Ground, folder: Path, fault: Fault, at: int | str, workers: int
) -> list[str]:
    """Apply with a fault; the names of the effects, the last being how it ended."""
    effects = Effects(fault, at)
    try:
        with ground.watched(effects), opened_with(folder, effects) as mesh:
            ending = applied(mesh, workers)
    except OUTSIDE as error:
        ending = f"{type(error).__name__}: {error}"
    return [*effects.names, ending]


class Trials:
    """Tries faults on the meshes of one ground."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def keep(self, folder: str, kept: str) -> None:
        """Keep a mesh as it is now."""
        self._ground.keep(Path(folder), Path(kept))

    def count(self, folder: str, workers: int) -> Any:
        """Apply undisturbed; the effects and how it ended."""
        return forked(faulty_apply, self._ground, Path(folder), Fault.NONE, 0, workers)

    def see(self, folder: str) -> Seen:
        """What consumers see of a mesh, in any way."""
        seen: Seen = forked(self._seen_by_all, Path(folder))[0]
        return {product: shown for product, shown in seen.items() if shown}

    def warm(self, folder: str) -> None:
        """Load a mesh once; then every fork has compiled schemas and imported parsers already."""
        with opened(Path(folder), "", System()) as mesh:
            load(mesh.folder, mesh.system, mesh.cache)

    def attempt(self, kept: str, folder: str, *rest: Any) -> list[str]:
        """One trial; what was wrong after it."""
        try:
            return self._try_faults(Path(kept), Path(folder), *rest)
        except Crashed as crash:
            return [str(crash)]

    def pause(self, kept: str, folder: str, at: int | str, versions: list[Seen]) -> dict[str, Any]:
        """Stop an apply, let another try, end the locks, let the other go through, wake the first.

        Returns how each of them ended, the lock that was in the way, and what was wrong.
        """
        place = Path(folder)
        self._ground.renew(Path(kept), place)
        child, receive = started(faulty_apply, self._ground, place, Fault.STOPPED, at, 1)
        _, status = os.waitpid(child, os.WUNTRACED)
        assert os.WIFSTOPPED(status), "there are not so many effects"
        found: dict[str, Any] = {"paused": child, "in the way": forked(_attempt, place)}
        forked(_unlock_all, place)
        found["other"] = forked(apply_all, place)
        before = forked(self._seen_by_all, place)
        os.kill(child, signal.SIGCONT)
        *_, found["ending"] = answered(child, receive)
        wrong = forked(self._torn, place, versions)
        if forked(self._seen_by_all, place) != before:
            wrong.append("the paused apply changed what consumers see")
        found["wrong"] = wrong + forked(self._recovered, place, versions[-1])
        shutil.rmtree(place)
        return found

    def _try_faults(
        self,
        kept: Path,
        folder: Path,
        faults: list[tuple[str, int]],
        versions: list[Seen],
        workers: int,
    ) -> list[str]:
        """Let applies fail one after the other, look after each, then apply in peace, look again.

        `versions` are the ones that consumers may see, the last of them at the end. Returns what
        was wrong.
        """
        self._ground.renew(kept, folder)
        wrong: list[str] = []
        for fault, at in faults:
            forked(faulty_apply, self._ground, folder, Fault(fault), at, workers)
            wrong += forked(self._torn, folder, versions)
        wrong += forked(self._recovered, folder, versions[-1])
        shutil.rmtree(folder)
        return wrong

    def _seen_by_all(self, folder: Path) -> list[Seen]:
        return list(self._ground.seen(folder).values())

    def _torn(self, folder: Path, versions: list[Seen]) -> list[str]:
        known = [tupled(each) for each in versions]
        return [line for seen in self._seen_by_all(folder) for line in torn(seen, known)]

    def _recovered(self, folder: Path, wanted: Seen) -> list[str]:
        ending = apply_all(folder)
        return list(unsettled(self._ground, folder, tupled(wanted), ending))


def _attempt(folder: Path) -> dict[str, Any]:
    """The lock that keeps an apply away; nothing when it was not kept away."""
    try:
        apply_all(folder)
    except Locked as error:
        return vars(error.lock)
    return {}


def _unlock_all(folder: Path) -> int:
    with opened(folder, "", System()) as mesh:
        locks = mesh.store.journal.locks()
        for lock in locks:
            mesh.store.journal.unlock(lock.id, "somebody", mesh.system.now())
    return len(locks)


def tupled(seen: Any) -> Seen:
    """What consumers see, after it was JSON."""
    return {
        product: {
            name: (tuple(columns), rows, hash) for name, (columns, rows, hash) in each.items()
        }
        for product, each in seen.items()
    }


TASKS = ("keep", "count", "see", "warm", "attempt", "pause")


def grounded(name: str) -> AbstractContextManager[Ground]:
    """Get a ground ready. Raises NoServer."""
    if name == "lake":
        return nullcontext(LAKE)
    from postgres_ground import postgres

    return postgres()


def main(ground: str) -> None:
    """Answer tasks until there are no more."""
    with grounded(ground) as ready:
        trials = Trials(ready)
        for line in sys.stdin:
            task, *arguments = json.loads(line)
            assert task in TASKS
            sys.stdout.write(json.dumps(getattr(trials, task)(*arguments)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
