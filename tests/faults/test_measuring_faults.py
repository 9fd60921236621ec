"""What is not measured because a run was stopped at just that is measured later, as of then."""

from __future__ import annotations

from pathlib import Path

import pytest
from effects import Effects, Fault, opened_with

from mesh_files import lay_out
from service_level_meshes import LINES, level, promising
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened, opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.status import status
from weft.app.system import System
from weft.contract.attainment import Attainment, LevelState
from weft.store.protocol import StoreError

LEVELS = (
    level("frequency", 1, "d"),
    level("latency", 100, "y", "sold_at"),
    level("availability", 99, "percent"),
)


def apply(mesh: Opened) -> None:
    plan = make_plan(mesh, PlanOptions(read_tables=True)).plan
    for _ in apply_plan(mesh, plan, ApplyOptions()):
        pass


def measuring(folder: Path) -> int:
    """At which effect of an apply the measurements are written."""
    lay_out(folder, promising(LEVELS))
    effects = Effects()
    with opened_with(folder, effects) as mesh:
        apply(mesh)
    [place] = [place for place, name in enumerate(effects.names) if name.startswith("store.add")]
    return place + 1


@pytest.mark.parametrize("fault", [Fault.FAILS, Fault.FAILS_AFTER])
def test_measurements_that_were_lost_are_made_up_for(tmp_path: Path, fault: Fault) -> None:
    place = measuring(tmp_path / "good")
    folder = tmp_path / "bad"
    lay_out(folder, promising(LEVELS))
    with pytest.raises(StoreError), opened_with(folder, Effects(fault, place)) as mesh:
        apply(mesh)
    with opened(folder, "", System()) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
        assert plan.empty
        assert mesh.store.journal.locks() == ()
        published = mesh.store.journal.releases("prod", LINES)[0].at
        before = states(status(mesh))
        after = status(mesh, fresh=True)
    assert set(before.values()) == (
        {LevelState.UNKNOWN} if fault is Fault.FAILS else {LevelState.KEPT}
    )
    assert set(states(after).values()) == {LevelState.KEPT}
    assert {each.at for each in after if each.level.property != "availability"} == {published}


def states(attained: tuple[Attainment, ...]) -> dict[str, LevelState]:
    return {each.level.name: each.state for each in attained}
