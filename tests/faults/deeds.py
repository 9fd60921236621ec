"""What is done to a mesh while things fail; what was interrupted is finished by doing it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from growing_mesh import PRODUCT
from observation import applied

from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened
from weft.app.drift import look
from weft.app.ending import end_environments, plan_ends
from weft.app.reverting import plan_revert
from weft.app.rollback import RollbackOptions, lift_hold, plan_rollback, roll_back

NOTHING = "nothing to do"


@dataclass(frozen=True)
class Deed:
    """`act` does it on an open mesh with so many workers, and says how that ended."""

    act: Callable[[Opened, int], str]
    environment: str = ""


def _reverted(mesh: Opened, workers: int) -> str:
    """Bring back everything that was changed outside."""
    looked = look(mesh)
    drifts = [each.drift for each in looked.open]
    if not drifts:
        return NOTHING
    plan = plan_revert(mesh, drifts, looked.recorded, allow_drop=True)
    return list(apply_plan(mesh, plan, ApplyOptions(allow_drop=True, workers=workers)))[-1].text


def _rolled_back(mesh: Opened, workers: int) -> str:
    """Go back by one release, once: where the product is held there already, it stays."""
    ready = plan_rollback(mesh, RollbackOptions(PRODUCT))
    if ready.current.restores:
        return NOTHING
    return list(roll_back(mesh, ready, "wrong visits"))[-1].text


def _gone_on(mesh: Opened, workers: int) -> str:
    """Lift what a rollback holds, and apply."""
    lift_hold(mesh, PRODUCT)
    return applied(mesh, workers)


def _ended(mesh: Opened, workers: int) -> str:
    """End the other environment, if there still is something of it."""
    if not mesh.store.rows(DEV):
        return NOTHING
    return "done" if list(end_environments(mesh, plan_ends(mesh, [DEV]))) else NOTHING


DEV = "dev"
APPLY = "apply"
# No deed of ours: somebody else changes what Weft left.
SPOIL = "spoil"
DEEDS = {
    APPLY: Deed(applied),
    "apply to dev": Deed(applied, DEV),
    "end dev": Deed(_ended),
    "revert": Deed(_reverted),
    "roll back": Deed(_rolled_back),
    "go on": Deed(_gone_on),
}
