"""After files were written: the plan that they lead to, for the product that they are of."""

from __future__ import annotations

from weft.app.plan import PlanOptions, make_plan
from weft.cli.next_step import env_of
from weft.cli.options import mesh_here, warn
from weft.cli.screen import Screen
from weft.cli.screens.plan import View, draw


def show_plan(env: str, product: str, screen: Screen) -> None:
    """Show people what applying the files of a product would change now; nothing is changed.

    Raises Invalid, WarehouseError and StoreError.
    """
    with mesh_here(env) as mesh:
        planned = make_plan(mesh, PlanOptions((product,)))
        view = View(
            width=screen.width,
            colour=screen.colour,
            seconds=planned.seconds,
            now=mesh.system.now(),
            apply=f"weft apply --product {product}{env_of(mesh)}",
            env=env_of(mesh),
        )
    warn(planned.loaded, planned.seconds, screen)
    screen.show(draw(planned.plan, view))
