"""A lost store is rebuilt from what the warehouses are marked with."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import opened
from weft.app.errors import Blocked
from weft.app.plan import PlanOptions, make_plan
from weft.app.rebuild_store import rebuild
from weft.app.system import System
from weft.mesh.run import StepState
from weft.plan.plan import StepKind
from weft.store.protocol import StoreError
from weft.warehouses.protocol import WarehouseError


def lose_the_store(folder: Path) -> None:
    for file in (folder / ".weft").glob("store.db*"):
        file.unlink()


def test_the_next_apply_records_what_is_there(own_skyline: Path) -> None:
    lose_the_store(own_skyline)
    with opened(own_skyline, "", System()) as mesh, pytest.raises(WarehouseError, match="another"):
        make_plan(mesh, PlanOptions())
    rebuild(own_skyline, System())
    with opened(own_skyline, "", System()) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
        assert {step.kind for step in plan.steps} == {StepKind.AUDIT}
        results = [each.result for each in apply_plan(mesh, plan, ApplyOptions()) if each.result]
        assert {each.state for each in results} == {StepState.DONE}
        assert make_plan(mesh, PlanOptions()).plan.empty
        assert mesh.store.journal.releases("prod", "operations.flights")[0].number == 1
        assert mesh.store.audit.verify()[1] == ""


def test_a_store_that_is_not_lost_stays(own_skyline: Path) -> None:
    with pytest.raises(Blocked, match="is not lost"):
        rebuild(own_skyline, System())


def test_a_store_that_was_used_keeps_its_id(own_skyline: Path, tmp_path: Path) -> None:
    with opened(own_skyline, "", System()) as mesh, pytest.raises(StoreError, match="used already"):
        mesh.store.take_over("another", "ann", "2026-01-01T00:00:00Z")


def test_without_a_warehouse_there_is_nothing_to_rebuild(tmp_path: Path) -> None:
    (tmp_path / "weft.yaml").write_text("mesh: m\nwarehouses:\n  lake: {type: duckdb, path: l}\n")
    with pytest.raises(Blocked, match="no store to rebuild"):
        rebuild(tmp_path, System())
