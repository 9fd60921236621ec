"""Tell in full what the steps of a plan will do, in the words of the warehouses that do it."""

from __future__ import annotations

from collections.abc import Iterable

from weft.app.bootstrap import Opened
from weft.plan.keys import table_key
from weft.plan.plan import CopySpec, Plan, Step, VerifySpec
from weft.warehouses.protocol import Act, TellsSteps


def told_steps(mesh: Opened, plan: Plan) -> dict[str, list[Act]]:
    """What every step will do, by its id; where nobody can tell, the plan's own statements.

    Raises WarehouseError where a warehouse cannot be opened.
    """
    told = {step.id: [Act(each) for each in step.statements] for step in plan.steps}
    unread = {table_key(each, "") for found in plan.manifests.values() for each in found.tables}
    vague = _vague(plan.steps, unread)
    for name in dict.fromkeys(step.warehouse for step in plan.steps):
        warehouse = mesh.warehouse(name)
        if isinstance(warehouse, TellsSteps):
            own = (s for s in plan.steps if s.warehouse == name and s.id not in vague)
            told |= warehouse.tell(own, plan.sources, plan.environment)
    told |= {step.id: _copied(step, step.copy) for step in plan.steps if step.copy}
    return told | {step.id: _compared(step.verify) for step in plan.steps if step.verify}


def _copied(step: Step, spec: CopySpec) -> list[Act]:
    """What a copy does, on two warehouses."""
    return [
        Act(f"asked of {spec.source}:", is_statement=False),
        Act(spec.select),
        Act(f"its rows are kept on {step.warehouse} as build {spec.key}", is_statement=False),
    ]


def _compared(spec: VerifySpec) -> list[Act]:
    """What a comparison asks; the columns only where rows differ."""
    return [
        Act(
            f"build {spec.key} is compared with what readers have on {spec.source}:",
            is_statement=False,
        ),
        Act(spec.whole),
        Act("only where that differs:", is_statement=False),
        *(Act(each.statement) for each in spec.columns),
    ]


def _vague(steps: Iterable[Step], unread: Iterable[str]) -> frozenset[str]:
    """The steps that read copies of which nobody knows yet which types their columns will have.

    Warehouses could not describe what they make, nor what is made of tables that are `unread`,
    which are keys.
    """
    keys: set[str] = set(unread)
    found: set[str] = set()
    for step in steps:
        reads: set[str] = set()
        if step.copy and not all(column.type for column in step.copy.columns):
            reads = {step.copy.key}
            keys.add(step.copy.key)
        elif step.build:
            growing = step.build.growing
            base = (growing.base,) if growing else ()
            reads = keys.intersection((*step.build.reads, *base))
            keys.update({step.build.key} if reads else ())
        elif step.audit:
            reads = keys.intersection((step.audit.key, *step.audit.reads))
        elif step.release:
            reads = keys.intersection(step.release.keys)
        if reads:
            found.add(step.id)
    return frozenset(found)
