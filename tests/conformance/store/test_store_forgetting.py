"""What a store forgets, and what it keeps for those who still ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from weft.mesh.check import CheckResult, Verdict
from weft.mesh.manifest import ProductManifest
from weft.mesh.release import Release
from weft.mesh.run import Run, RunState, StepResult, StepState
from weft.store.protocol import Audited, Finished, Outdated, Store

STEPS = (StepResult("s", "a.p", "build", "m", StepState.DONE),)
FOUND = (CheckResult("c", "c", Verdict.PASS),)


@pytest.fixture
def filled(store: Store, new_run: Callable[[str], Run]) -> Store:
    """One run a day, each with a definition, a release and a verdict; the last one goes on."""
    for day in (1, 2, 3):
        run = replace(new_run(f"r{day}"), started=f"2026-03-0{day}T10:00:00.000Z")
        [lock] = store.journal.begin(run, ["a.p"], b"{}")
        finished = Finished(
            "a.p",
            "prod",
            steps=STEPS,
            manifest=ProductManifest("a", "p", "skyline", "", "lake", "x", digest=f"d{day}"),
            release=Release("a.p", "prod", day, (), run=run.id),
            verdicts={f"audit{day}": Audited(f"build{day}", FOUND)},
        )
        store.journal.finish(lock, finished, run, run.started)
        if day < 3:
            store.journal.end(replace(run, state=RunState.DONE, ended=run.started))
    return store


def kept(store: Store) -> tuple[list[str], list[str], list[str]]:
    """The runs whose plans and whose steps are kept, and the audits with a verdict."""
    runs = ["r1", "r2", "r3"]
    return (
        [run for run in runs if _has_plan(store, run)],
        [run for run in runs if store.journal.steps(run)],
        sorted(store.definitions.verdicts([f"audit{day}" for day in (1, 2, 3)])),
    )


def _has_plan(store: Store, run: str) -> bool:
    try:
        return store.journal.plan(run) == b"{}"
    except KeyError:
        return False


ALL = ["r1", "r2", "r3"]
AUDITS = ["audit1", "audit2", "audit3"]


@pytest.mark.parametrize(
    ("outdated", "runs", "audits"),
    [
        (Outdated("skyline", "2026-03-01T10:00:00+00:00"), ALL, AUDITS),
        (Outdated("skyline", "2026-03-02T10:00:00+00:00"), ["r2", "r3"], AUDITS),
        (Outdated("skyline", "2026-04-01T10:00:00+00:00"), ["r3"], AUDITS),
        (Outdated("skyline", "2026-04-01T10:00:00Z", runs=frozenset(["r1"])), ["r1", "r3"], AUDITS),
        (Outdated("other", "2026-04-01T10:00:00Z"), ALL, AUDITS),
        (
            Outdated("skyline", "2026-01-01T10:00:00Z", builds=frozenset(["build1", "build3"])),
            ALL,
            ["audit2"],
        ),
    ],
)
def test_what_is_outdated_goes_and_the_rest_stays(
    filled: Store, outdated: Outdated, runs: list[str], audits: list[str]
) -> None:
    filled.forget(outdated)
    assert kept(filled) == (runs, runs, audits)


def test_history_and_what_is_applied_stay(filled: Store) -> None:
    before = len(filled.audit.entries())
    filled.forget(Outdated("skyline", "2026-04-01T10:00:00Z"))
    assert [run.id for run in filled.journal.runs()] == ["r3", "r2", "r1"]
    assert [each.number for each in filled.journal.releases("prod", "a.p")] == [3, 2, 1]
    assert filled.definitions.manifests("prod", ["a.p"])["a.p"].digest == "d3"
    assert len(filled.audit.entries()) == before
    assert filled.audit.verify() == (before, "")
