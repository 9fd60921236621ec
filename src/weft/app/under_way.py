"""What other runs are about to publish: their plans, and the definitions in these."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from weft.app.bootstrap import Opened
from weft.mesh.manifest import ProductManifest
from weft.plan.plan import Plan, StepKind

_PLAN = msgspec.json.Decoder(Plan)


def plans_under_way(mesh: Opened, run: str) -> tuple[Plan, ...]:
    """The plans of runs that began before a run, which holds its locks, and have not ended.

    So of several runs at once one is the first, and need not wait for any of the others.
    """
    return tuple(map(_PLAN.decode, mesh.store.journal.under_way(run)))


def published_by(mesh: Opened, plan: Plan) -> Iterator[ProductManifest]:
    """The definitions of the products that a plan publishes and does not remove."""
    steps = (step for step in plan.steps if step.kind is StepKind.PUBLISH)
    products = {step.product for step in steps}.difference(plan.removed)
    applied = products.difference(plan.manifests)
    yield from (plan.manifests[each] for each in sorted(products - applied))
    yield from mesh.store.definitions.manifests(plan.environment, sorted(applied)).values()
