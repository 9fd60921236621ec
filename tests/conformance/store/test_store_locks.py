"""Locks and fences: one holder at a time, whoever pauses, dies or is unlocked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from weft.mesh.run import Lock, Run, RunState, StepResult, StepState
from weft.store.protocol import WHOLE, FencedOut, Finished, Locked, Outdated, Store

AT = "2026-03-01T10:00:05Z"
WORKER = Path(__file__).with_name("worker.py")

Start = Callable[..., "subprocess.Popen[str]"]
STEPS = (StepResult("build a", "a.p", "build", "m", StepState.DONE),)


@pytest.fixture
def start(url: str) -> Iterator[Start]:
    """Starts another program that uses the same store."""
    started: list[subprocess.Popen[str]] = []

    def start_one(task: str, *arguments: str) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, str(WORKER), task, url, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start_one
    for each in started:
        each.kill()
        each.communicate()


def fact(worker: subprocess.Popen[str]) -> object:
    assert worker.stdout is not None
    return json.loads(worker.stdout.readline())


def say(worker: subprocess.Popen[str]) -> None:
    assert worker.stdin is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()


def test_locks_are_taken_in_address_order_and_say_who_has_them(
    store: Store, new_run: Callable[[str], Run]
) -> None:
    locks = store.journal.begin(new_run("r1"), ["b.a", "a_b.c", "a.z", "b.a"], b"{}")
    assert [lock.product for lock in locks] == ["a.z", "a_b.c", "b.a"]
    assert store.journal.locks() == locks
    assert len({lock.id for lock in locks}) == 3
    assert locks[0] == Lock(
        id=locks[0].id,
        product="a.z",
        environment="prod",
        fence=1,
        holder="ana",
        host="loom",
        pid=4711,
        since="2026-03-01T10:00:00Z",
    )


def test_all_products_are_locked_or_none(store: Store, new_run: Callable[[str], Run]) -> None:
    held = store.journal.begin(new_run("r1"), ["a.m", "a.n"], b"{}")
    entries = store.audit.entries()
    with pytest.raises(Locked) as refused:
        store.journal.begin(new_run("r2"), ["a.z", "a.n", "a.m", "a.a"], b"{}")
    assert refused.value.lock == held[0]
    assert store.journal.locks() == held
    assert [run.id for run in store.journal.runs()] == ["r1"]
    assert store.audit.entries() == entries


def test_environments_do_not_lock_each_other(store: Store, new_run: Callable[[str], Run]) -> None:
    store.journal.begin(new_run("r1"), ["a.p"], b"{}")
    dev = replace(new_run("r2"), environment="dev")
    (lock,) = store.journal.begin(dev, ["a.p"], b"{}")
    assert (lock.environment, lock.fence) == ("dev", 1)


def test_finishing_gives_one_lock_back_and_ending_the_rest(
    store: Store, new_run: Callable[[str], Run]
) -> None:
    run = new_run("r1")
    locks = store.journal.begin(run, ["a.a", "a.b", "a.c"], b"{}")
    store.journal.begin(new_run("r2"), ["b.b"], b"{}")
    store.journal.finish(locks[1], Finished("a.b", "prod"), run, AT)
    assert [lock.product for lock in store.journal.locks()] == ["a.a", "a.c", "b.b"]
    store.journal.end(replace(run, state=RunState.DONE, ended=AT))
    assert [lock.product for lock in store.journal.locks()] == ["b.b"]


def test_plans_under_way_are_those_of_earlier_runs_that_hold_locks(
    store: Store, new_run: Callable[[str], Run]
) -> None:
    runs = [new_run(f"r{number}") for number in range(5)]
    runs[1] = replace(runs[1], environment="dev")
    for number, run in enumerate(runs):
        store.journal.begin(run, [f"a.p{number}", f"a.q{number}"], f"[{number}]".encode())
    assert store.journal.under_way("r4") == (b"[0]", b"[2]", b"[3]")
    assert store.journal.under_way("r2") == (b"[0]",)
    assert store.journal.under_way("r1") == store.journal.under_way("unknown") == ()
    for lock in store.journal.locks():
        if lock.product in ("a.p0", "a.q0", "a.p2"):
            store.journal.unlock(lock.id, "ben", AT)
    store.journal.end(replace(runs[3], state=RunState.FAILED, ended=AT))
    assert store.journal.under_way("r4") == (b"[2]",)


def test_fences_only_grow(store: Store, new_run: Callable[[str], Run]) -> None:
    fences = []
    for number in range(5):
        run = new_run(f"r{number}")
        (lock,) = store.journal.begin(run, ["a.p"], b"{}")
        fences.append(lock.fence)
        match number % 3:
            case 0:
                store.journal.finish(lock, Finished("a.p", "prod"), run, AT)
            case 1:
                store.journal.unlock(lock.id, "ben", AT)
            case 2:
                store.journal.end(replace(run, state=RunState.FAILED, ended=AT))
    assert fences == [1, 2, 3, 4, 5]


def test_an_unlocked_holder_records_nothing(
    store: Store, open_one: Callable[[], Store], new_run: Callable[[str], Run]
) -> None:
    run, other = new_run("r1"), open_one()
    (lock,) = store.journal.begin(run, ["a.p"], b"{}")
    assert other.journal.unlock(lock.id, "ben", AT) == lock
    assert other.journal.unlock(lock.id, "ben", AT) is None
    (newer,) = other.journal.begin(new_run("r2"), ["a.p"], b"{}")
    before = store.audit.entries()
    with pytest.raises(FencedOut):
        store.journal.finish(lock, Finished("a.p", "prod", STEPS), run, AT)
    assert store.journal.steps("r1") == ()
    assert store.journal.locks() == (newer,)
    assert store.audit.entries() == before


@pytest.mark.parametrize(
    ("lock", "run", "place"),
    [
        (("r1-9", 1), "r1", ("a.p", "prod")),
        (("r1-1", 2), "r1", ("a.p", "prod")),
        (("r1-1", 1), "r2", ("a.p", "prod")),
        (("r1-1", 1), "r1", ("a.q", "prod")),
        (("r1-1", 1), "r1", ("a.p", "dev")),
    ],
)
def test_only_the_exact_lock_lets_a_product_finish(
    store: Store,
    new_run: Callable[[str], Run],
    lock: tuple[str, int],
    run: str,
    place: tuple[str, str],
) -> None:
    begun = new_run("r1")
    held, _ = store.journal.begin(begun, ["a.p", "a.q"], b"{}")
    assert (held.id, held.fence) == ("r1-1", 1)
    shown = replace(held, id=lock[0], fence=lock[1])
    with pytest.raises(FencedOut):
        store.journal.finish(shown, Finished(*place), replace(begun, id=run), AT)
    assert len(store.journal.locks()) == 2


def test_the_locks_of_a_dead_run_are_taken_over(
    store: Store, new_run: Callable[[str], Run]
) -> None:
    dead = replace(new_run("dead"), pid=1)
    old = store.journal.begin(dead, ["a.a", "a.b", "a.c"], b"{}")
    asked = []

    def alive(lock: Lock) -> bool:
        asked.append(lock)
        return lock.pid != 1

    new = store.journal.begin(new_run("r2"), ["a.c", "a.b", "a.x"], b"{}", alive)
    assert asked == list(old[1:])
    assert store.journal.locks() == new
    assert [lock.fence for lock in new] == [2, 2, 1]
    interrupted = store.journal.runs()[1]
    assert (interrupted.id, interrupted.state) == ("dead", RunState.INTERRUPTED)
    assert interrupted.ended == "2026-03-01T10:00:00Z"
    assert "process 1 on loom" in interrupted.message
    with pytest.raises(FencedOut):
        store.journal.finish(old[0], Finished("a.a", "prod"), dead, AT)


def test_nothing_is_taken_over_when_a_living_run_is_in_the_way_too(
    store: Store, new_run: Callable[[str], Run]
) -> None:
    store.journal.begin(replace(new_run("dead"), pid=1), ["a.a"], b"{}")
    store.journal.begin(new_run("r2"), ["a.b"], b"{}")
    before = store.journal.locks()
    with pytest.raises(Locked) as refused:
        store.journal.begin(new_run("r3"), ["a.a", "a.b"], b"{}", alive=lambda lock: lock.pid != 1)
    assert refused.value.lock.product == "a.b"
    assert store.journal.locks() == before
    assert {run.state for run in store.journal.runs()} == {RunState.RUNNING}


def test_everyone_lives_unless_told_otherwise(store: Store, new_run: Callable[[str], Run]) -> None:
    store.journal.begin(replace(new_run("dead"), pid=1), ["a.a"], b"{}")
    with pytest.raises(Locked):
        store.journal.begin(new_run("r2"), ["a.a"], b"{}")


def test_of_eight_programs_exactly_one_wins_each_round(start: Start, store: Store) -> None:
    rounds = 50
    workers = [start("compete", str(rounds)) for _ in range(8)]
    won = [number for worker in workers for number in fact(worker)]  # type: ignore[attr-defined]
    assert sorted(won) == list(range(rounds))
    assert store.audit.verify() == (rounds, "")


def test_programs_that_take_turns_never_share_a_fence(start: Start, store: Store) -> None:
    turns = 12
    workers = [start("take_turns", str(turns)) for _ in range(4)]
    fences = [fence for worker in workers for fence in fact(worker)]  # type: ignore[attr-defined]
    assert sorted(fences) == list(range(1, 4 * turns + 1))
    assert store.journal.locks() == ()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot pause a program")
def test_a_paused_program_that_was_taken_for_dead_is_refused(
    start: Start, store: Store, new_run: Callable[[str], Run]
) -> None:
    worker = start("hold_on")
    assert fact(worker) == 1
    worker.send_signal(signal.SIGSTOP)
    run = new_run("r2")
    (lock,) = store.journal.begin(run, ["a.p"], b"{}", alive=lambda lock: False)
    assert lock.fence == 2
    worker.send_signal(signal.SIGCONT)
    say(worker)
    assert fact(worker) == "fenced out"
    store.journal.finish(lock, Finished("a.p", "prod", STEPS), run, AT)
    assert store.journal.steps("paused") == ()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork the killed program")
def test_what_was_acknowledged_survives_a_kill_and_what_was_not_is_whole_or_absent(
    start: Start, open_one: Callable[[], Store]
) -> None:
    worker = start("commit_for_ever")
    acknowledged: list[tuple[str, str, int]] = []
    for trial in range(30):
        say(worker)
        victim = fact(worker)
        assert isinstance(victim, int)
        time.sleep(trial * 0.001)
        os.kill(victim, signal.SIGKILL)
        while (told := fact(worker)) != "killed":
            acknowledged.append(tuple(told))  # type: ignore[arg-type]

    store = open_one()
    good, fault = store.audit.verify()
    runs = {run.id: run for run in store.journal.runs(limit=1_000_000)}
    finished = {run for run in runs if store.journal.steps(run)}
    interrupted = {id for id, run in runs.items() if run.state is RunState.INTERRUPTED}
    assert fault == ""
    assert good == len(runs) + len(finished) + len(interrupted)
    assert {run for kind, run, _ in acknowledged if kind == "begun"} <= runs.keys()
    assert {run for kind, run, _ in acknowledged if kind == "finished"} <= finished
    assert not finished & interrupted
    unended = runs.keys() - finished - interrupted
    assert len(unended) == len(store.journal.locks()) <= 1
    assert [fence for kind, _, fence in acknowledged if kind == "begun"] == sorted(
        {fence for _, _, fence in acknowledged}
    )


def test_a_whole_environment_is_locked_against_every_product(
    store: Store, new_run: Callable[[str], Run]
) -> None:
    (whole,) = store.journal.begin(new_run("r1"), [WHOLE], b"{}")
    with pytest.raises(Locked) as refused:
        store.journal.begin(new_run("r2"), ["a.p"], b"{}")
    assert refused.value.lock == whole
    dev = replace(new_run("r3"), environment="dev")
    assert len(store.journal.begin(dev, ["a.p"], b"{}")) == 1


def test_a_locked_product_keeps_the_environment_from_being_locked(
    store: Store, new_run: Callable[[str], Run]
) -> None:
    (lock,) = store.journal.begin(new_run("r1"), ["a.p"], b"{}")
    with pytest.raises(Locked) as refused:
        store.journal.begin(new_run("r2"), [WHOLE], b"{}")
    assert refused.value.lock == lock
    store.journal.begin(new_run("r3"), [WHOLE], b"{}", lambda _: False)
    assert [each.product for each in store.journal.locks()] == [WHOLE]


def test_an_environment_ends_with_all_that_is_kept_of_it(
    store: Store, new_run: Callable[[str], Run]
) -> None:
    store.journal.begin(new_run("r1"), ["a.p"], b"{}")
    kept = store.rows("prod")
    run = replace(new_run("r2"), environment="dev", branch="fix")
    store.journal.begin(run, [WHOLE], b"{}")
    store.definitions.set_salts("dev", {"a.p.m": "1"}, "ana", AT)
    assert store.journal.run("r2") == run
    assert store.rows("dev") > 0
    store.end(run, AT, Outdated("here", AT))
    assert (store.rows("dev"), store.rows("prod")) == (0, kept)
    assert (store.journal.runs("dev"), store.definitions.salts("dev")) == ((), {})
    assert store.audit.entries(1)[0].action == "environment.ended"
    assert store.audit.verify()[1] == ""


def test_an_environment_does_not_end_without_its_lock(
    store: Store, new_run: Callable[[str], Run]
) -> None:
    run = new_run("r1")
    store.journal.begin(run, ["a.p"], b"{}")
    kept = store.rows("prod")
    with pytest.raises(FencedOut):
        store.end(run, AT, Outdated("here", AT))
    assert store.rows("prod") == kept
