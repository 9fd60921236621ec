"""A rollback that fails at any effect: the product is where it was or where it should be, held."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest
import small_mesh
from effects import Effects, Fault, opened_with
from lake_ground import leftovers
from observation import apply_all, current_releases

from memory_disk import quick_folder
from mesh_files import lay_out
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.rollback import RollbackOptions, plan_rollback, roll_back
from weft.app.system import System
from weft.store.protocol import StoreError
from weft.warehouses.protocol import WarehouseError

PRODUCT = "finance.rates"


def rolled_back(folder: Path, effects: Effects) -> None:
    with opened_with(folder, effects) as mesh:
        ready = plan_rollback(mesh, RollbackOptions(PRODUCT))
        for _ in roll_back(mesh, ready, "wrong rates"):
            pass


@pytest.mark.parametrize("fault", [Fault.FAILS, Fault.FAILS_AFTER])
def test_a_rollback_that_fails_is_gone_on_with(fault: Fault) -> None:
    with quick_folder() as place:
        kept, folder = Path(place, "kept"), Path(place, "mesh")
        for files in (small_mesh.first(), small_mesh.second()):
            lay_out(kept, files)
            apply_all(kept)
        shutil.copytree(kept, folder)
        undisturbed = Effects()
        rolled_back(folder, undisturbed)
        assert current_releases(folder)[PRODUCT].restores == 1
        for at in range(1, len(undisturbed.names) + 1):
            shutil.rmtree(folder)
            shutil.copytree(kept, folder)
            with suppress(StoreError, WarehouseError):
                rolled_back(folder, Effects(fault, at))
            apply_all(folder)
            assert_agreed(folder, undisturbed.names[at - 1])


def assert_agreed(folder: Path, effect: str) -> None:
    current = current_releases(folder)[PRODUCT]
    with opened(folder, "", System()) as mesh:
        recorded = mesh.store.journal.releases("prod", PRODUCT)[0]
        assert recorded == current, effect
        if current.restores:
            assert PRODUCT in mesh.store.journal.holds("prod"), effect
        assert make_plan(mesh, PlanOptions()).plan.empty, effect
        assert mesh.store.journal.locks() == ()
    assert not list(leftovers(folder, tidy=False)), effect
