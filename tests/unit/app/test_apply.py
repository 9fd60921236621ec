"""Applying: what is refused, what is recorded, and what an interruption leaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened, opened
from weft.app.errors import Blocked, Breaking, Stale
from weft.app.plan import PlanOptions, make_plan
from weft.app.runs import unfinished_run
from weft.app.system import System
from weft.mesh.run import Hold, Run, RunEvent, RunState
from weft.plan.plan import Base, Plan
from weft.store.protocol import FencedOut, Locked

COLUMNS = {"id": "integer"}


def orders(select: str = "SELECT 1 AS id", ports: tuple[str, ...] = ("orders",)) -> Product:
    shown = tuple(Port(name, COLUMNS, required=("id",)) for name in ports)
    return Product("shop.orders", {name: select for name in {"orders", *ports}}, shown)


def costs() -> Product:
    return Product("shop.costs", {"costs": "SELECT 2 AS id"}, (Port("costs", COLUMNS),))


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[Opened]:
    lay_out(tmp_path, mesh_files([orders(), costs()]))
    with opened(tmp_path, "", System()) as mesh:
        yield mesh


def planned(mesh: Opened, *products: Product) -> Plan:
    if products:
        lay_out(mesh.folder, mesh_files(products))
    return make_plan(mesh, PlanOptions()).plan


def apply(mesh: Opened, plan: Plan, **options: object) -> list[RunEvent]:
    return list(apply_plan(mesh, plan, ApplyOptions(**options)))  # type: ignore[arg-type]


def newest(mesh: Opened) -> Run:
    return mesh.store.journal.runs(mesh.environment, 1)[0]


def test_everything_is_recorded(mesh: Opened) -> None:
    plan = planned(mesh)
    events = apply(mesh, plan)
    assert events[0].kind == "started" and events[-1].kind == "ended"
    assert [each.done for each in events if each.kind == "step"] == list(
        range(1, len(plan.steps) + 1)
    )
    run = newest(mesh)
    assert (run.state, run.plan, run.kind, run.pid) == (
        RunState.DONE,
        plan.id,
        "apply",
        mesh.system.pid,
    )
    assert {step.step for step in mesh.store.journal.steps(run.id)} == {
        step.id for step in plan.steps
    }
    applied = mesh.store.definitions.applied("prod")
    assert {address: each.release for address, each in applied.items()} == {
        "shop.costs": 1,
        "shop.orders": 1,
    }
    described = mesh.store.definitions.descriptors("prod")["shop.orders.orders@1"]
    assert (described.release, [each.name for each in described.objects["orders"]]) == (1, ["id"])
    assert mesh.store.journal.locks() == ()


def test_a_plan_is_stale_once_it_was_applied(mesh: Opened) -> None:
    plan = planned(mesh)
    apply(mesh, plan)
    with pytest.raises(Stale):
        apply(mesh, plan)
    assert newest(mesh).state is RunState.FAILED
    assert mesh.store.journal.locks() == ()


@pytest.mark.parametrize("what", ["definitions", "inputs", "hold"])
def test_a_saved_plan_is_stale_when_files_inputs_or_holds_changed(mesh: Opened, what: str) -> None:
    plan = planned(mesh)
    now = {address: base.definition for address, base in plan.base.items()}
    options = ApplyOptions(
        definitions=now | ({"shop.orders": "other"} if what == "definitions" else {}),
        input_contracts={"shop.orders": "other"} if what == "inputs" else {},
    )
    if what == "hold":
        hold = Hold("shop.orders", "prod", 1, "ana", "why", "2026-01-01T00:00:00Z")
        mesh.store.journal.hold(hold)
    with pytest.raises(Stale):
        list(apply_plan(mesh, plan, options))


def test_drops_need_to_be_allowed(mesh: Opened) -> None:
    apply(mesh, planned(mesh))
    plan = planned(mesh, orders())
    with pytest.raises(Blocked, match=r"drops something: shop\.costs"):
        apply(mesh, plan)
    apply(mesh, plan, allow_drop=True)
    assert set(mesh.store.definitions.applied("prod")) == {"shop.orders"}
    assert "shop.costs.costs@1" not in mesh.store.definitions.descriptors("prod")


def test_a_breaking_plan_is_refused(mesh: Opened) -> None:
    apply(mesh, planned(mesh))
    wide = {"id": "integer", "more": "string"}
    select = "SELECT 1 AS id, 'x' AS more"
    port = Port("orders", wide, required=("id",), version="1.1.0")
    apply(mesh, planned(mesh, Product("shop.orders", {"orders": select}, (port,)), costs()))
    plan = planned(mesh, orders(select), costs())
    assert plan.breaking == ("shop.orders.orders@1",)
    with pytest.raises(Breaking):
        apply(mesh, plan)


def test_a_failing_check_holds_its_product_alone(mesh: Opened) -> None:
    apply(mesh, planned(mesh))
    plan = planned(mesh, orders("SELECT CAST(NULL AS INTEGER) AS id"), costs())
    events = apply(mesh, plan)
    assert events[-1].text == "held"
    assert "shop.orders held" in [each.text for each in events]
    again = planned(mesh)
    assert again.empty and again.held[0].checks == ("required id",)
    assert mesh.store.definitions.applied("prod")["shop.orders"].release == 1
    apply(mesh, planned(mesh, orders("SELECT 3 AS id"), costs()))
    assert mesh.store.definitions.applied("prod")["shop.orders"].release == 2


def test_a_run_that_its_caller_leaves_is_interrupted_and_gone_on_with(mesh: Opened) -> None:
    plan = planned(mesh)
    with closing(apply_plan(mesh, plan, ApplyOptions(workers=1))) as events:  # type: ignore[type-var]
        while next(events).kind != "product":
            pass
    assert newest(mesh).state is RunState.INTERRUPTED
    assert mesh.store.journal.locks() == ()
    with opened(mesh.folder, "", System()) as again:
        rest = make_plan(again, PlanOptions()).plan
        assert 0 < len(rest.steps) < len(plan.steps)
        apply(again, rest)
        assert make_plan(again, PlanOptions()).plan.empty


def test_nothing_to_do_is_no_run(mesh: Opened) -> None:
    apply(mesh, planned(mesh))
    before = newest(mesh)
    assert unfinished_run(mesh) is None
    assert apply(mesh, planned(mesh)) == []
    assert newest(mesh) == before


@pytest.mark.parametrize(
    ("stop", "told"),
    [
        (KeyboardInterrupt(), "ended by SIGINT"),
        (KeyboardInterrupt(15), "ended by SIGTERM"),
        (OSError("out of memory"), "out of memory"),
    ],
)
def test_history_says_what_ended_a_run(mesh: Opened, stop: BaseException, told: str) -> None:
    events = apply_plan(mesh, planned(mesh), ApplyOptions(workers=1))
    next(events)
    with pytest.raises(type(stop)):
        events.throw(stop)  # type: ignore[attr-defined]
    assert (newest(mesh).state, newest(mesh).message) == (RunState.INTERRUPTED, told)


def test_nothing_to_do_still_ends_what_a_killed_run_left(mesh: Opened) -> None:
    apply(mesh, planned(mesh))
    ports = mesh.folder / ".weft" / "lake" / "ports.duckdb"
    ports.unlink()
    killed = replace(newest(mesh), id="killed", state=RunState.RUNNING, ended="", pid=2**22 + 1)
    mesh.store.journal.begin(killed, [], b"{}")
    assert unfinished_run(mesh) == killed
    assert [each.kind for each in apply(mesh, planned(mesh))] == ["started", "ended"]
    states = [run.state for run in mesh.store.journal.runs("prod", 2)]
    assert states == [RunState.DONE, RunState.INTERRUPTED]
    assert ports.exists()
    assert unfinished_run(mesh) is None


def test_a_run_that_is_alive_is_left_alone(mesh: Opened) -> None:
    apply(mesh, planned(mesh))
    alive = replace(newest(mesh), id="alive", state=RunState.RUNNING, ended="")
    mesh.store.journal.begin(alive, ["shop.orders"], b"{}")
    assert unfinished_run(mesh) is None
    with pytest.raises(Locked) as refused:
        apply(mesh, planned(mesh, orders("SELECT 5 AS id"), costs()))
    assert refused.value.lock.product == "shop.orders"
    assert refused.value.lock.pid == mesh.system.pid


def test_a_run_whose_lock_was_ended_records_nothing_more(mesh: Opened) -> None:
    events = apply_plan(mesh, planned(mesh), ApplyOptions(workers=1))
    next(events)
    for lock in mesh.store.journal.locks():
        mesh.store.journal.unlock(lock.id, "somebody", mesh.system.now())
    with pytest.raises(FencedOut):
        list(events)
    assert newest(mesh).state is RunState.INTERRUPTED
    assert mesh.store.definitions.applied("prod") == {}


def test_recording_a_release_late_ends_no_hold(mesh: Opened) -> None:
    apply(mesh, planned(mesh))
    hold = Hold("shop.orders", "prod", 1, "ana", "why", "2026-01-01T00:00:00Z")
    mesh.store.journal.hold(hold)
    plan = planned(mesh)
    again = replace(
        plan,
        base={"shop.orders": plan_base(mesh, hold)},
        manifests=mesh.store.definitions.manifests("prod", ["shop.orders"]),
    )
    apply(mesh, again)
    assert mesh.store.journal.holds("prod") == {"shop.orders": hold}


def plan_base(mesh: Opened, hold: Hold) -> Base:
    digest = mesh.store.definitions.applied("prod")["shop.orders"].digest
    return Base(digest, digest, 1, hold=hold.since, warehouse="lake")


def test_environments_do_not_see_each_other(tmp_path: Path) -> None:
    files = mesh_files([orders()])
    apply_files(tmp_path, files)
    apply_files(tmp_path, mesh_files([orders("SELECT 7 AS id")]), environment="dev")
    with opened(tmp_path, "", System()) as mesh:
        assert mesh.store.definitions.applied("prod")["shop.orders"].release == 1
        assert mesh.store.definitions.applied("dev")["shop.orders"].release == 1
        lake = tmp_path / ".weft" / "lake"
        assert (lake / "ports.duckdb").exists() and (lake / "ports.dev.duckdb").exists()
