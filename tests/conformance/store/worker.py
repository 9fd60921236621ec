"""Another program that uses a store: `worker.py <task> <url> <arguments>`; tells JSON lines."""

from __future__ import annotations

import json
import os
import sys

from weft.mesh.run import Run, RunState, StepResult, StepState
from weft.store.opening import open_store
from weft.store.protocol import FencedOut, Finished, Locked, Store

AT = "2026-03-01T10:00:00Z"


def tell(fact: object) -> None:
    """Write a line that arrives whole and at once, or not at all."""
    os.write(1, json.dumps(fact).encode() + b"\n")


def open_it(url: str) -> Store:
    return open_store(url, "skyline", str(os.getpid()), "/")


def run_of(id: str) -> Run:
    return Run(id, "apply", "prod", "p", RunState.RUNNING, AT, actor=id, pid=os.getpid())


def compete(url: str, rounds: str) -> None:
    """Try to lock a fresh product in each round, keep it, and tell which rounds were won."""
    store = open_it(url)
    won = []
    for number in range(int(rounds)):
        try:
            store.journal.begin(run_of(f"{os.getpid()}-{number}"), [f"a.p{number}"], b"{}")
            won.append(number)
        except Locked:
            continue
    tell(won)


def take_turns(url: str, turns: str) -> None:
    """Lock and finish one product again and again, and tell the fences that were given."""
    store = open_it(url)
    fences: list[int] = []
    while len(fences) < int(turns):
        run = run_of(f"{os.getpid()}-{len(fences)}")
        try:
            (lock,) = store.journal.begin(run, ["a.p"], b"{}")
        except Locked:
            continue
        fences.append(lock.fence)
        store.journal.finish(lock, Finished("a.p", "prod"), run, AT)
    tell(fences)


def hold_on(url: str) -> None:
    """Lock a product, wait for a line, finish it, and tell how that went."""
    store = open_it(url)
    run = run_of("paused")
    (lock,) = store.journal.begin(run, ["a.p"], b"{}")
    tell(lock.fence)
    sys.stdin.readline()
    try:
        store.journal.finish(lock, Finished("a.p", "prod"), run, AT)
        tell("finished")
    except FencedOut:
        tell("fenced out")


def commit_for_ever(url: str) -> None:
    """For each line of input fork a child that commits until it is killed, telling what is kept."""
    for trial, _ in enumerate(sys.stdin):
        child = os.fork()
        if not child:
            commit(open_it(url), trial)
        os.waitpid(child, 0)
        tell("killed")


def commit(store: Store, trial: int) -> None:
    """Apply one product again and again; the first fact is the process to kill."""
    tell(os.getpid())
    turn = 0
    while True:
        run = run_of(f"{trial}-{turn}")
        (lock,) = store.journal.begin(run, ["a.p"], b"{}", alive=lambda lock: False)
        tell(["begun", run.id, lock.fence])
        steps = (StepResult("s", "a.p", "build", "m", StepState.DONE, message="x" * turn),)
        store.journal.finish(lock, Finished("a.p", "prod", steps), run, AT)
        tell(["finished", run.id, lock.fence])
        turn += 1


if __name__ == "__main__":
    tasks = {task.__name__: task for task in (compete, take_turns, hold_on, commit_for_ever)}
    tasks[sys.argv[1]](*sys.argv[2:])
