"""Carry out a run, say why each product is refreshed or not, and remember what was looked at."""

from __future__ import annotations

from collections.abc import Iterator

from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened
from weft.app.run import RunPlan
from weft.app.scheduling import confirm
from weft.mesh.run import RunEvent

DUE, NOT_DUE = "due", "not due"


def refresh(mesh: Opened, planned: RunPlan) -> Iterator[RunEvent]:
    """Do what a run plans. Yields and raises what an apply does.

    First of all it is told why each product is refreshed that promises anything of time, or not;
    nothing where somebody asked for it.
    """
    for each in planned.due:
        if each.promised and each.why:
            kind = DUE if each.due else NOT_DUE
            yield RunEvent(kind, "", text=each.why, product=each.product)
    if planned.plan.steps:
        yield from apply_plan(mesh, planned.plan, ApplyOptions())
    confirm(mesh, planned.known, planned.looked, planned.plan)
