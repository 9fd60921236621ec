"""A run looks at what is due by its promises, refreshes whatever has newer data, and says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import document, lay_out
from service_level_meshes import LINES, SUMS, Clock, level, promising
from weft.app.bootstrap import opened
from weft.app.refreshing import refresh
from weft.app.rollback import RollbackOptions, plan_rollback, roll_back
from weft.app.run import RunPlan, plan_run
from weft.app.status import status
from weft.mesh.run import RunEvent
from weft.plan.plan import StepKind

DAILY = level("frequency", 1, "d")
ALWAYS = "-- refresh: always\nSELECT id, sold_at FROM feed"


def run(
    folder: Path, clock: Clock, *select: str, everything: bool = False
) -> tuple[RunPlan, list[RunEvent]]:
    with opened(folder, "", clock.system) as mesh:
        planned = plan_run(mesh, select, everything=everything)
        return planned, list(refresh(mesh, planned))


def reasons(events: list[RunEvent]) -> dict[str, tuple[str, str]]:
    return {
        each.product: (each.kind, each.text) for each in events if each.kind in ("due", "not due")
    }


def builds(planned: RunPlan) -> list[str]:
    return [each.target for each in planned.plan.steps if each.kind is StepKind.BUILD]


def test_a_product_is_not_built_only_because_it_always_is_until_it_is_due(tmp_path: Path) -> None:
    clock = Clock()
    apply_files(tmp_path, promising([DAILY], select=ALWAYS), clock.system)
    clock.go_on(hours=1)
    planned, events = run(tmp_path, clock)
    assert builds(planned) == []
    assert reasons(events) == {LINES: ("not due", "until 2026-11-21 11:00Z")}
    clock.go_on(hours=22, minutes=10)
    planned, events = run(tmp_path, clock)
    assert "lines" in builds(planned)
    assert reasons(events) == {LINES: ("due", "promised every 1 d, last 23 h 10 min ago")}


def test_newer_data_is_published_whether_or_not_it_is_due(tmp_path: Path) -> None:
    clock = Clock()
    apply_files(tmp_path, promising([DAILY], [DAILY]), clock.system)
    lay_out(tmp_path, promising([DAILY], [DAILY], ["2,2026-11-20T12:30:00"]))
    clock.go_on(hours=1)
    planned, events = run(tmp_path, clock)
    assert builds(planned) == ["lines", "sums"]
    newer = ("due", f"newer data in {LINES}.feed")
    assert reasons(events) == {LINES: newer, SUMS: newer}


@pytest.mark.parametrize("everything", [True, False])
def test_what_is_asked_for_is_refreshed_without_a_word(tmp_path: Path, everything: bool) -> None:
    clock = Clock()
    apply_files(tmp_path, promising([DAILY], select=ALWAYS), clock.system)
    clock.go_on(minutes=1)
    select = () if everything else (LINES,)
    planned, events = run(tmp_path, clock, *select, everything=everything)
    assert "lines" in builds(planned)
    assert reasons(events) == {}


def test_a_mesh_without_promises_runs_as_ever(tmp_path: Path) -> None:
    clock = Clock()
    apply_files(tmp_path, promising(select=ALWAYS), clock.system)
    clock.go_on(minutes=1)
    planned, events = run(tmp_path, clock)
    assert "lines" in builds(planned)
    assert reasons(events) == {}


def test_a_run_that_finds_nothing_newer_counts_as_a_refresh(tmp_path: Path) -> None:
    clock = Clock()
    apply_files(tmp_path, promising([DAILY], [DAILY]), clock.system)
    clock.go_on(hours=25)
    planned, events = run(tmp_path, clock)
    assert planned.plan.empty
    assert {kind for kind, _ in reasons(events).values()} == {"due"}
    clock.go_on(hours=2)
    assert reasons(run(tmp_path, clock)[1])[SUMS] == ("not due", "until 2026-11-22 12:00Z")
    with opened(tmp_path, "", clock.system) as mesh:
        assert {each.found for each in status(mesh)} == {"refreshed 2 h ago"}


def test_what_is_only_not_due_is_no_refresh(tmp_path: Path) -> None:
    clock = Clock()
    apply_files(tmp_path, promising([DAILY]), clock.system)
    clock.go_on(hours=3)
    run(tmp_path, clock)
    with opened(tmp_path, "", clock.system) as mesh:
        assert {each.found for each in status(mesh)} == {"refreshed 3 h ago"}


def test_a_reader_waits_for_what_somebody_holds(tmp_path: Path) -> None:
    clock = Clock()
    apply_files(tmp_path, promising([DAILY], [DAILY]), clock.system)
    clock.go_on(hours=1)
    lay_out(tmp_path, promising([DAILY], [DAILY], ["2,2026-11-20T12:30:00"]))
    run(tmp_path, clock)
    with opened(tmp_path, "", clock.system) as mesh:
        options = RollbackOptions(LINES, reason="wrong fares")
        for _ in roll_back(mesh, plan_rollback(mesh, options), options.reason):
            pass
    clock.go_on(hours=1)
    run(tmp_path, clock)
    clock.go_on(hours=30)
    kind, why = reasons(run(tmp_path, clock)[1])[LINES]
    assert kind == "not due"
    assert why.endswith("holds it: wrong fares")
    assert reasons(run(tmp_path, clock)[1])[SUMS] == ("not due", f"waits for {LINES}")


def test_a_release_that_could_not_be_published_is_no_refresh(tmp_path: Path) -> None:
    clock = Clock()
    apply_files(tmp_path, promising([DAILY]), clock.system)
    (tmp_path / "data/feed.csv").write_text("id,sold_at\nnot a number,never\n")
    clock.go_on(hours=25)
    run(tmp_path, clock)
    with opened(tmp_path, "", clock.system) as mesh:
        assert {each.found for each in status(mesh)} == {"refreshed 1 d 1 h ago"}


def with_draft(files: dict[str, bytes], model: str) -> dict[str, bytes]:
    """The files with a second major of the lines, which is a draft with a model of its own."""
    folder = "domains/shop/lines"
    contract = json.loads(files[f"{folder}/lines.v1.odcs.yaml"])
    contract |= {"version": "2.0.0", "status": "draft", "slaProperties": []}
    product = json.loads(files[f"{folder}/product.yaml"])
    [port] = product["outputPorts"]
    product["outputPorts"].append({**port, "version": "2.0.0"})
    return files | {
        f"{folder}/product.yaml": document(product),
        f"{folder}/lines.v2.odcs.yaml": document(contract),
        f"{folder}/models/lines_v2.sql": model.encode(),
    }


def test_a_draft_that_fails_is_tried_again_when_its_product_is_due(tmp_path: Path) -> None:
    clock = Clock()
    broken = "SELECT CAST('x' || id AS INTEGER) AS id, sold_at FROM lines"
    apply_files(tmp_path, with_draft(promising([DAILY], [DAILY]), broken), clock.system)
    clock.go_on(hours=1)
    planned, _ = run(tmp_path, clock)
    assert planned.plan.empty
    clock.go_on(hours=24)
    planned, events = run(tmp_path, clock)
    assert builds(planned) == ["lines_v2"]
    assert [each.text for each in events if each.kind == "product"] == [f"{LINES} failed"]
    clock.go_on(hours=1)
    planned, events = run(tmp_path, clock)
    assert planned.plan.empty and reasons(events)[LINES][0] == "not due"
    with opened(tmp_path, "", clock.system) as mesh:
        assert {each.found for each in status(mesh)} == {"refreshed 1 h ago"}
        assert mesh.store.journal.releases("prod", LINES)[0].number == 1

    lay_out(tmp_path, with_draft(promising([DAILY], [DAILY], ["2,2026-11-21T12:30:00"]), broken))
    assert builds(run(tmp_path, clock)[0]) == ["lines", "lines_v2", "sums"]
    assert builds(run(tmp_path, clock)[0]) == []
    assert builds(run(tmp_path, clock, LINES)[0]) == ["lines_v2"]
