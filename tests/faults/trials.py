"""Try faults on a mesh: a program that reads trials as JSON lines and answers each with one.

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
from pathlib import Path
from typing import Any, NoReturn

import duckdb  # noqa: F401  (loaded once for all forks)
from effects import Effects, Fault, opened_with
from observation import Seen, applied, apply_all, released, served, torn, unsettled

from weft.app.bootstrap import opened
from weft.app.errors import Refusal
from weft.app.load import load
from weft.app.system import System
from weft.store.protocol import FencedOut, Locked, StoreError
from weft.warehouses.protocol import WarehouseError

OUTSIDE = (WarehouseError, StoreError, FencedOut, Locked, Refusal)


def warm(folder: Path) -> None:
    """Load a mesh once, so that every fork has compiled schemas and imported parsers already."""
    with opened(folder, "", System()) as mesh:
        load(folder, mesh.system, mesh.cache)


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


def faulty_apply(folder: Path, fault: Fault, at: int, workers: int) -> list[str]:
    """Apply with a fault; the names of the effects, the last being how it ended."""
    effects = Effects(fault, at)
    try:
        with opened_with(folder, effects) as mesh:
            ending = applied(mesh, workers)
    except OUTSIDE as error:
        ending = f"{type(error).__name__}: {error}"
    return [*effects.names, ending]


def copied(kept: Path, folder: Path) -> None:
    """A copy of a mesh for one trial; immutable data is shared with it."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(kept, folder, copy_function=_copy, symlinks=True)


def _copy(source: str, target: str) -> None:
    shared = "/lake/files/" in source or "/data/" in source
    (os.link if shared else shutil.copy2)(source, target)


def seen_by_all(folder: Path) -> list[Seen]:
    """What consumers see now, in every way that there is."""
    return [released(folder), served(folder)]


def try_faults(
    kept: Path, folder: Path, faults: list[tuple[str, int]], versions: list[Seen], workers: int
) -> list[str]:
    """Let applies fail one after the other, look after each, then apply in peace and look again.

    `versions` are the ones that consumers may see, the last of them at the end. Returns what was
    wrong.
    """
    copied(kept, folder)
    wrong: list[str] = []
    for fault, at in faults:
        forked(faulty_apply, folder, Fault(fault), at, workers)
        wrong += forked(_torn, folder, versions)
    wrong += forked(_recovered, folder, versions[-1])
    shutil.rmtree(folder)
    return wrong


def _torn(folder: Path, versions: list[Seen]) -> list[str]:
    known = [tupled(each) for each in versions]
    return [line for seen in seen_by_all(folder) for line in torn(seen, known)]


def _recovered(folder: Path, wanted: Seen) -> list[str]:
    ending = apply_all(folder)
    return list(unsettled(folder, tupled(wanted), ending))


def pause_one(kept: Path, folder: Path, at: int, versions: list[Seen]) -> dict[str, Any]:
    """Stop an apply, let another try, end the locks, let the other go through, wake the first.

    Returns how each of them ended, the lock that was in the way, and what was wrong.
    """
    copied(kept, folder)
    child, receive = started(faulty_apply, folder, Fault.STOPPED, at, 1)
    _, status = os.waitpid(child, os.WUNTRACED)
    assert os.WIFSTOPPED(status), "there are not so many effects"
    found: dict[str, Any] = {"paused": child, "in the way": forked(_attempt, folder)}
    forked(_unlock_all, folder)
    found["other"] = forked(apply_all, folder)
    before = forked(seen_by_all, folder)
    os.kill(child, signal.SIGCONT)
    *_, found["ending"] = answered(child, receive)
    wrong = forked(_torn, folder, versions)
    if forked(seen_by_all, folder) != before:
        wrong.append("the paused apply changed what consumers see")
    found["wrong"] = wrong + forked(_recovered, folder, versions[-1])
    shutil.rmtree(folder)
    return found


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


def count(folder: str, workers: int) -> Any:
    """Apply undisturbed; the effects and how it ended."""
    return forked(faulty_apply, Path(folder), Fault.NONE, 0, workers)


def see(folder: str) -> Any:
    """What consumers see of a mesh."""
    return forked(seen_by_all, Path(folder))


def attempt(kept: str, folder: str, faults: Any, versions: Any, workers: int) -> list[str]:
    """One trial; what was wrong after it."""
    try:
        return try_faults(Path(kept), Path(folder), faults, versions, workers)
    except Crashed as crash:
        return [str(crash)]


TASKS: dict[str, Callable[..., Any]] = {
    "count": count,
    "see": see,
    "attempt": attempt,
    "pause": lambda kept, folder, *rest: pause_one(Path(kept), Path(folder), *rest),
    "warm": lambda folder: warm(Path(folder)),
}


def main() -> None:
    """Answer tasks until there are no more."""
    for line in sys.stdin:
        task, *arguments = json.loads(line)
        sys.stdout.write(json.dumps(TASKS[task](*arguments)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
