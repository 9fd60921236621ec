"""Refuse to publish products that would then read each other in a circle.

The files of one repository are checked when they are loaded. Here it is what several of them do at
the same time, or since a plan was made, that closes a circle.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from weft.app.bootstrap import Opened
from weft.app.errors import Stale
from weft.app.situation import described
from weft.mesh.manifest import ProductManifest
from weft.plan.plan import Plan, StepKind
from weft.project.product_order import order_products

_PLAN = msgspec.json.Decoder(Plan)


def refuse_circles(mesh: Opened, plan: Plan, run: str) -> None:
    """Raise Stale where a plan closes a circle with what others have published or are about to.

    Of several runs under way those count that began before this `run`, which holds its locks: so
    the first of them goes on, and only that one.
    """
    own = list(_published(mesh, plan))
    if not any(each.reads for each in own):
        return
    # In this order: what is recorded meanwhile is in one of both.
    under_way = [_PLAN.decode(each) for each in mesh.store.journal.under_way(run)]
    reads = {each.product: each.reads for each in described(mesh).values()}
    for other in under_way:
        reads |= {each.address: each.reads for each in _published(mesh, other)}
    _, circle = order_products(own, reads)
    if circle:
        raise Stale(
            "this plan is stale: by now it would let products read each other in a circle: "
            f"{' -> '.join(circle)}",
            why="one of these reads was published since it was made, or is about to be",
            next_step="weft plan",
        )


def _published(mesh: Opened, plan: Plan) -> Iterator[ProductManifest]:
    """The definitions of the products that a plan publishes and does not remove."""
    steps = (step for step in plan.steps if step.kind is StepKind.PUBLISH)
    products = {step.product for step in steps}.difference(plan.removed)
    applied = products.difference(plan.manifests)
    yield from (plan.manifests[each] for each in sorted(products - applied))
    yield from mesh.store.definitions.manifests(plan.environment, sorted(applied)).values()
