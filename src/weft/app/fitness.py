"""See, before anything is done, that the warehouses of a plan are fit for it."""

from __future__ import annotations

from weft.app.bootstrap import Opened
from weft.plan.plan import Plan
from weft.warehouses.protocol import HasHealth


def refuse_unfit(mesh: Opened, plan: Plan) -> None:
    """Raise WarehouseError where a step of a plan could not do its work, whatever it is."""
    products: dict[str, set[str]] = {}
    for step in plan.steps:
        products.setdefault(step.warehouse, set()).add(step.product)
    for name, found in products.items():
        warehouse = mesh.warehouse(name)
        if isinstance(warehouse, HasHealth):
            warehouse.health.require(sorted(found), plan.environment)
