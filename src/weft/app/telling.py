"""Tell in full what the steps of a plan will do, in the words of the warehouses that do it."""

from __future__ import annotations

from weft.app.bootstrap import Opened
from weft.plan.plan import Plan
from weft.warehouses.protocol import Act, TellsSteps


def told_steps(mesh: Opened, plan: Plan) -> dict[str, list[Act]]:
    """What every step will do, by its id; of a warehouse that cannot tell, the plan's statements.

    Raises WarehouseError where one cannot be opened.
    """
    told = {step.id: [Act(each) for each in step.statements] for step in plan.steps}
    for name in dict.fromkeys(step.warehouse for step in plan.steps):
        warehouse = mesh.warehouse(name)
        if isinstance(warehouse, TellsSteps):
            told |= warehouse.tell([s for s in plan.steps if s.warehouse == name], plan.sources)
    return told
