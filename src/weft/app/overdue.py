"""Refuse a plan that is carried out so late that it would show or allow what is over by then."""

from __future__ import annotations

from collections.abc import Iterator

from weft.app.errors import Stale
from weft.contract.candidates import is_shown
from weft.mesh.words import minute
from weft.plan.plan import Plan


def refuse_overdue(plan: Plan, now: str) -> None:
    """Raise Stale where an outage, a preview or a waiver of a plan is over at an ISO time."""
    for what, until in _over(plan, now):
        raise Stale(
            f"this plan is stale: {what} is over",
            why=f"it was to last until {until}",
            next_step="weft plan",
        )


def _over(plan: Plan, now: str) -> Iterator[tuple[str, str]]:
    """What is over of a plan, in words, and when it was to be."""
    today = now[:10]
    for step in plan.steps:
        # What is shown again as it was shows no more than readers have.
        again = step.release is not None and step.release.restores
        for port in step.release.ports if step.release else ():
            if port.outage and port.outage <= now:
                yield f"the outage of {step.product}.{port.name}", minute(port.outage)
            if port.candidate and not again and not is_shown(port.candidate, today):
                yield f"the preview of {step.product}.{port.name}", port.candidate
    for change in plan.changes:
        for field in change.fields:
            waiver = field.waiver
            if waiver is not None and waiver.until < today:
                yield f"the waiver of {waiver.by} for `{waiver.change}`", waiver.until
