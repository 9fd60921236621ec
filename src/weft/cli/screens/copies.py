"""What a plan brings over from other warehouses, a line for each copy."""

from __future__ import annotations

from weft.cli.cells import visible
from weft.mesh.words import age, count, size
from weft.plan.plan import CopySpec, Plan


def copy_lines(plan: Plan, now: str) -> list[str]:
    """Draw the copies of a plan, with rows, bytes and age as far as they are known at `now`."""
    return [
        f"  copy {visible(step.target)} from {step.copy.source} to {step.warehouse}: "
        f"{', '.join(_known(step.copy, now))}"
        for step in plan.steps
        if step.copy
    ]


def _known(copy: CopySpec, now: str) -> list[str]:
    numbers = [] if copy.rows is None else [count(copy.rows, "row")]
    numbers += [] if copy.bytes is None else [size(copy.bytes)]
    numbers += [f"released {age(copy.released, now)} ago"] if copy.released and now else []
    return numbers or ["as this plan builds it"]
