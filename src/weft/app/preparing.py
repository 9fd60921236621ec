"""Ask warehouses before an apply whether they understand what was said anew in their SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from weft.app.bootstrap import Opened
from weft.app.errors import Invalid
from weft.app.load import Loaded
from weft.app.telling import told_steps
from weft.mesh.diagnostic import Diagnostic, Span
from weft.mesh.manifest import Transform
from weft.plan.plan import Plan, Step
from weft.warehouses.protocol import Act


def refuse_unprepared(mesh: Opened, plan: Plan, loaded: Loaded) -> None:
    """Have the builds of moved domains described where they are to run.

    A plan that breaks consumers is never carried out, so nothing of it is described. Raises Invalid
    with a diagnostic at every model that its warehouse refuses, and WarehouseError.
    """
    moved = [step for step in plan.steps if _transform(step, loaded) is not None]
    # Beside a breaking change consumers stand as they were compiled against what it takes away.
    if not moved or plan.breaking:
        return
    homes = {step.warehouse for step in moved}
    there = tuple(step for step in plan.steps if step.warehouse in homes)
    told = told_steps(mesh, replace(plan, steps=there))
    refused = [each for step in moved for each in _refusals(step, told[step.id], loaded)]
    if refused:
        raise Invalid([*refused, *loaded.diagnostics])


def _refusals(step: Step, acts: Iterable[Act], loaded: Loaded) -> Iterator[Diagnostic]:
    transform = _transform(step, loaded)
    for act in acts:
        if transform and act.problem:
            yield Diagnostic(
                "W330",
                f"{step.warehouse} cannot run model `{transform.name}`",
                Span(transform.path),
                note=act.problem.rstrip("."),
                help=f"weft show {step.product}.{transform.name} --sql",
            )


def _transform(step: Step, loaded: Loaded) -> Transform | None:
    """The model that a step builds, where it is written in another dialect than it runs in."""
    manifest = loaded.products.get(step.product)
    if step.build is None or manifest is None or not manifest.warehouse_dialect:
        return None
    return next(each for each in manifest.transforms if each.name == step.build.model)
