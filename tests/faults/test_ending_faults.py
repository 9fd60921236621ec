"""Ending an environment that fails or is killed at any effect: a second time finishes it."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
import small_mesh
from effects import Effects, Fault, opened_with
from lake_ground import released
from observation import apply_all

from applying import apply_files
from environment_meshes import lake_files, store_rows
from memory_disk import quick_folder
from mesh_files import lay_out
from weft.app.bootstrap import opened
from weft.app.ending import end_environments, plan_ends
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.store.protocol import StoreError
from weft.warehouses.protocol import WarehouseError


def end_dev(folder: Path, effects: Effects) -> None:
    with opened_with(folder, effects) as mesh:
        for _ in end_environments(mesh, plan_ends(mesh, ["dev"])):
            pass


def killed(folder: Path, effects: Effects) -> None:
    """End the environment in a process of its own, which the fault kills."""
    child = os.fork()
    if child == 0:
        try:
            end_dev(folder, effects)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


@pytest.mark.parametrize(
    "fault", [Fault.FAILS, Fault.FAILS_AFTER, Fault.KILLED_BEFORE, Fault.KILLED_AFTER]
)
def test_what_was_interrupted_is_finished_by_the_second_time(fault: Fault) -> None:
    with quick_folder() as place:
        kept, folder = Path(place, "kept"), Path(place, "mesh")
        lay_out(kept, small_mesh.first())
        apply_all(kept)
        before, shown = (lake_files(kept), store_rows(kept)), released(kept)
        apply_files(kept, small_mesh.second(), environment="dev")
        lay_out(kept, small_mesh.first())
        shutil.copytree(kept, folder)
        undisturbed = Effects()
        end_dev(folder, undisturbed)
        assert (lake_files(folder), store_rows(folder)) == before
        for at, effect in enumerate(undisturbed.names, 1):
            shutil.rmtree(folder)
            shutil.copytree(kept, folder)
            effects = Effects(fault, at)
            if fault in (Fault.KILLED_BEFORE, Fault.KILLED_AFTER):
                killed(folder, effects)
            else:
                with suppress(StoreError, WarehouseError):
                    end_dev(folder, effects)
            assert released(folder) == shown, effect
            finish(folder)
            assert (lake_files(folder), store_rows(folder)) == before, effect


def finish(folder: Path) -> None:
    """End whatever is over or was interrupted, as a person would who is told of it."""
    with opened(folder, "", System()) as mesh:
        names = [each for each in ("dev",) if mesh.store.rows(each)]
        if names:
            for _ in end_environments(mesh, plan_ends(mesh, names)):
                pass
        assert make_plan(mesh, PlanOptions()).plan.empty
