"""The audit log: every change of state has its entry, in one unbroken chain."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from weft.mesh.manifest import ProductManifest
from weft.mesh.release import Release
from weft.mesh.run import AuditEntry, Hold, Run, RunState, StepResult, StepState
from weft.store.protocol import Finished, Outdated, Store

AT = "2026-03-01T10:00:05Z"
MANIFEST = ProductManifest("a", "p", "skyline", "domains/a/p", "lake", "duckdb", digest="d1")


def told(store: Store) -> list[tuple[str, str, str, dict[str, object]]]:
    """Who did what to what, oldest first, with the detail read."""
    return [
        (each.actor, each.action, each.subject, json.loads(each.detail))
        for each in reversed(store.audit.entries())
    ]


def test_an_apply_is_told_from_beginning_to_end(
    store: Store, new_run: Callable[[str], Run]
) -> None:
    run = new_run("r1")
    (lock,) = store.journal.begin(run, ["a.p"], b"{}")
    finished = Finished("a.p", "prod", manifest=MANIFEST, release=Release("a.p", "prod", 4, ()))
    store.journal.finish(lock, finished, run, AT)
    store.journal.end(replace(run, state=RunState.DONE, ended="2026-03-01T10:00:06Z"))
    assert told(store) == [
        (
            "ana",
            "run.begun",
            "r1",
            {
                "commit": "c0ffee",
                "environment": "prod",
                "kind": "apply",
                "plan": "plan of r1",
                "products": 1,
            },
        ),
        (
            "ana",
            "product.applied",
            "a.p",
            {"definition": "d1", "environment": "prod", "run": "r1"},
        ),
        (
            "ana",
            "release.published",
            "a.p",
            {"environment": "prod", "fence": 0, "release": 4, "restores": 0, "run": "r1"},
        ),
        ("ana", "run.ended", "r1", {"environment": "prod", "state": "done"}),
    ]
    times = [each.at for each in reversed(store.audit.entries())]
    assert times == ["2026-03-01T10:00:00Z", AT, AT, "2026-03-01T10:00:06Z"]


@pytest.mark.parametrize(
    ("finished", "action"),
    [
        (Finished("a.p", "prod"), "product.refreshed"),
        (Finished("a.p", "prod", manifest=MANIFEST), "product.applied"),
        (Finished("a.p", "prod", removed=True), "product.removed"),
    ],
)
@pytest.mark.parametrize(
    ("states", "worst"),
    [
        ((StepState.DONE, StepState.REUSED), ""),
        ((StepState.DONE, StepState.SKIPPED), "product.skipped"),
        ((StepState.HELD, StepState.SKIPPED), "product.held"),
        ((StepState.HELD, StepState.FAILED, StepState.DONE), "product.failed"),
    ],
)
def test_the_worst_step_says_how_a_product_ended(
    store: Store,
    record: Callable[..., None],
    finished: Finished,
    action: str,
    states: tuple[StepState, ...],
    worst: str,
) -> None:
    steps = tuple(StepResult("s", "a.p", "build", "m", state) for state in states)
    record(replace(finished, steps=steps))
    assert store.audit.entries(1)[0].action == (worst or action)


def test_locks_holds_and_salts_are_told(store: Store, new_run: Callable[[str], Run]) -> None:
    store.journal.begin(replace(new_run("r1"), pid=1), ["a.p"], b"{}")
    store.journal.begin(new_run("r2"), ["a.p"], b"{}", alive=lambda lock: False)
    store.journal.unlock("r2-1", "ben", AT)
    store.journal.unlock("r2-1", "ben", AT)
    store.journal.hold(Hold("a.p", "prod", 3, "cem", "wrong\nnumbers", AT))
    store.journal.lift("a.p", "prod", "cem", AT)
    store.journal.lift("a.p", "prod", "cem", AT)
    store.definitions.set_salts("prod", {"a.p.n": "s", "a.p.m": "s"}, "dov", AT)
    assert [each for each in told(store) if each[1] != "run.begun"] == [
        (
            "ana",
            "run.interrupted",
            "r1",
            {"by": "r2", "host": "loom", "pid": 1, "product": "a.p"},
        ),
        ("ben", "lock.ended", "a.p", {"environment": "prod", "holder": "ana", "lock": "r2-1"}),
        (
            "cem",
            "hold.placed",
            "a.p",
            {"environment": "prod", "reason": "wrong\nnumbers", "release": 3},
        ),
        ("cem", "hold.lifted", "a.p", {"environment": "prod"}),
        ("dov", "rebuild.asked", "prod", {"models": ["a.p.m", "a.p.n"]}),
    ]


@pytest.mark.parametrize(
    "finished",
    [Finished("a.p", "prod", lift_hold=True), Finished("a.p", "prod", removed=True)],
    ids=["overridden", "removed"],
)
def test_a_hold_that_ends_with_a_product_is_told(
    store: Store, record: Callable[..., None], finished: Finished
) -> None:
    store.journal.hold(Hold("a.p", "prod", 3, "cem", "", AT))
    record(finished, "r1")
    assert told(store)[-1] == ("ana", "hold.lifted", "a.p", {"environment": "prod"})
    count = len(store.audit.entries())
    record(finished, "r2")
    assert len(store.audit.entries()) == count + 2


def test_entries_are_chained_and_numbered_without_gaps(
    store: Store, open_one: Callable[[], Store]
) -> None:
    others = (store, open_one())
    added = [
        others[number % 2].audit.add("ana", "plan.saved", f"s{number}", "détail\n", AT)
        for number in range(6)
    ]
    assert [each.number for each in added] == [1, 2, 3, 4, 5, 6]
    assert added[0].previous == "0" * 64
    assert [each.previous for each in added[1:]] == [each.hash for each in added[:-1]]
    assert store.audit.entries() == tuple(reversed(added))
    assert store.audit.entries(2) == (added[5], added[4])
    assert store.audit.verify() == (6, "")


def test_an_entry_is_what_was_added(store: Store) -> None:
    entry = store.audit.add("ana", "plan.saved", "a.p", "why", AT)
    assert entry == AuditEntry(1, AT, "ana", "plan.saved", "a.p", "why", "0" * 64, hash=entry.hash)


def test_what_is_in_the_store_has_its_entries(
    store: Store, new_run: Callable[[str], Run], record: Callable[..., None]
) -> None:
    record(Finished("a.p", "prod", release=Release("a.p", "prod", 1, ())), "r1")
    store.journal.end(replace(new_run("r1"), state=RunState.DONE, ended=AT))
    store.journal.begin(replace(new_run("r2"), pid=1), ["a.p"], b"{}")
    store.journal.begin(new_run("r3"), ["a.p"], b"{}", alive=lambda lock: False)
    store.journal.hold(Hold("a.p", "prod", 3, "cem", "", AT))
    store.journal.hold(Hold("a.q", "prod", 3, "cem", "", AT))
    store.journal.lift("a.q", "prod", "cem", AT)
    store.forget(Outdated("skyline", "2099-01-01T00:00:00Z"))
    good, problem = store.audit.verify()
    assert (good, problem) == (len(store.audit.entries()), "")
