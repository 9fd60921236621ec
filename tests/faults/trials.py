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
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NoReturn

import duckdb  # noqa: F401  (loaded once for all forks)
from deeds import APPLY, DEEDS, NOTHING, SPOIL
from effects import Effects, Fault, opened_with
from ground import Ground, Seen
from lake_ground import LAKE
from observation import apply_all, torn, unsettled

from mesh_files import lay_out
from weft.app.bootstrap import opened
from weft.app.errors import Refusal
from weft.app.load import load
from weft.app.prune import prune
from weft.app.system import System
from weft.store.protocol import FencedOut, Locked, StoreError
from weft.warehouses.postgres import layers, parts
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


def with_a_fault(
    ground: Ground, folder: Path, name: str, fault: Fault, at: int | str, workers: int
) -> list[str]:
    """Do a deed with a fault; the names of the effects, the last being how it ended."""
    effects = Effects(fault, at)
    deed = DEEDS[name]
    try:
        with ground.watched(effects), opened_with(folder, effects, deed.environment) as mesh:
            ending = deed.act(mesh, workers)
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

    def do(self, folder: str, deed: str) -> Any:
        """Do a deed undisturbed; the effects and how it ended."""
        if deed == SPOIL:
            return forked(self._ground.spoil, Path(folder))
        return forked(with_a_fault, self._ground, Path(folder), deed, Fault.NONE, 0, 1)

    def see(self, folder: str) -> list[Seen]:
        """What consumers see of a mesh, in each way in which it is something else."""
        different: list[Seen] = []
        for seen in forked(self._seen_by_all, Path(folder)):
            shown = {product: objects for product, objects in seen.items() if objects}
            if shown not in different:
                different.append(shown)
        return different

    def end(self, folder: str) -> dict[str, Any]:
        """What an undisturbed mesh has: what consumers see, and what it keeps."""
        [seen] = self.see(folder)
        return {"seen": seen, "kept": forked(self._kept, Path(folder))}

    def _kept(self, folder: Path) -> list[str]:
        """The builds once nothing is left that can go."""
        with opened(folder, "", System()) as mesh:
            prune(mesh)
        return self._ground.builds(folder)

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

    def pause(
        self, kept: str, folder: str, at: int | str, told: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Stop an apply, let another try, end the locks, let the other go through, wake the first.

        Returns how each of them ended, the lock that was in the way, and what was wrong.
        """
        place = Path(folder)
        self._ground.renew(Path(kept), place)
        child, receive = started(with_a_fault, self._ground, place, APPLY, Fault.STOPPED, at, 1)
        _, status = os.waitpid(child, os.WUNTRACED)
        assert os.WIFSTOPPED(status), "there are not so many effects"
        found: dict[str, Any] = {"paused": child, "in the way": forked(_attempt, place)}
        forked(_unlock_all, place)
        found["other"] = forked(apply_all, place)
        before = forked(self._seen_by_all, place)
        os.kill(child, signal.SIGCONT)
        *_, found["ending"] = answered(child, receive)
        wrong = forked(self._torn, place, told["versions"])
        if forked(self._seen_by_all, place) != before:
            wrong.append("the paused apply changed what consumers see")
        found["wrong"] = wrong + self._recovered(place, told["ends"])
        shutil.rmtree(place)
        return found

    def _try_faults(
        self,
        kept: Path,
        folder: Path,
        faults: list[tuple[str, int]],
        workers: int,
        told: Mapping[str, Any],
    ) -> list[str]:
        """Let a deed fail some times, look after each, then do it in peace, and what follows.

        `told` has the `versions` that consumers may see meanwhile, and the `ends` to come to.
        Returns what was wrong.
        """
        self._ground.renew(kept, folder)
        deed = told["ends"][0]["deed"]
        wrong: list[str] = []
        for fault, at in faults:
            forked(with_a_fault, self._ground, folder, deed, Fault(fault), at, workers)
            wrong += forked(self._torn, folder, told["versions"])
        wrong += self._recovered(folder, told["ends"])
        shutil.rmtree(folder)
        return wrong

    def _seen_by_all(self, folder: Path) -> list[Seen]:
        return list(self._ground.seen(folder).values())

    def _torn(self, folder: Path, versions: list[Seen]) -> list[str]:
        known = [tupled(each) for each in versions]
        return [line for seen in self._seen_by_all(folder) for line in torn(seen, known)]

    def _recovered(self, folder: Path, ends: Iterable[Mapping[str, Any]]) -> list[str]:
        """Come to one end after the other; what was wrong, up to the first where something was."""
        for end in ends:
            if end["files"]:
                lay_out(folder, {path: text.encode() for path, text in end["files"].items()})
            if wrong := forked(self._ended, folder, end):
                return [f"{end['deed']}: {line}" for line in wrong]
        return []

    def _ended(self, folder: Path, end: Mapping[str, Any]) -> list[str]:
        deed = DEEDS[end["deed"]]
        with opened(folder, deed.environment, System()) as mesh:
            endings = {deed.act(mesh, 1)}
        if end["deed"] != APPLY:
            endings.add(apply_all(folder))
        tidy = endings != {NOTHING}
        wrong = list(unsettled(self._ground, folder, tupled(end["seen"]), tidy=tidy))
        kept = self._kept(folder)
        if kept != end["kept"]:
            more, less = set(kept) - set(end["kept"]), set(end["kept"]) - set(kept)
            wrong.append(f"builds that an undisturbed mesh has not: {more}, or has: {less}")
        return wrong


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


TASKS = ("keep", "do", "see", "end", "warm", "attempt", "pause")


def grounded(name: str) -> AbstractContextManager[Ground]:
    """Get a ground ready. Raises NoServer."""
    if name == "lake":
        return nullcontext(LAKE)
    from both_grounds import both
    from postgres_ground import postgres

    # So that few rows are layers, and small files tables, of their own, too.
    layers.SMALL_ROWS = 0
    parts.SMALL_BYTES = 0
    return postgres() if name == "postgres" else both()


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
