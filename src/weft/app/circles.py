"""Refuse to publish products that would then read each other in a circle.

The files of one repository are checked when they are loaded. Here it is what several of them do at
the same time, or since a plan was made, that closes a circle.
"""

from __future__ import annotations

from collections.abc import Iterable

from weft.app.bootstrap import Opened
from weft.app.errors import Stale
from weft.app.remembered import described
from weft.app.under_way import published_by
from weft.plan.plan import Plan
from weft.project.product_order import order_products


def refuse_circles(mesh: Opened, plan: Plan, under_way: Iterable[Plan]) -> None:
    """Raise Stale where a plan closes a circle with what others have published or are about to.

    Of several runs at the same time those count that began before: the plans `under_way`, which
    were asked for before this. So what is recorded meanwhile is in one of both.
    """
    own = list(published_by(mesh, plan))
    if not any(each.reads for each in own):
        return
    reads = {each.product: each.reads for each in described(mesh).values()}
    for other in under_way:
        reads |= {each.address: each.reads for each in published_by(mesh, other)}
    _, circle = order_products(own, reads)
    if circle:
        raise Stale(
            "this plan is stale: by now it would let products read each other in a circle: "
            f"{' -> '.join(circle)}",
            why="one of these reads was published since it was made, or is about to be",
            next_step="weft plan",
        )
