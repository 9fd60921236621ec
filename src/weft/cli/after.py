"""How a command ends that edits the version of a port: its files are offered, then the plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from weft.app.errors import Exit
from weft.app.plan import PlanOptions, make_plan
from weft.app.release import Bumped
from weft.cli.offer import offer
from weft.cli.options import mesh_here, warn
from weft.cli.output import put
from weft.cli.proposed import tell_proposed
from weft.cli.screen import Screen
from weft.cli.screens.plan import View, draw
from weft.cli.screens.release import nothing_to_bump
from weft.mesh.address import PortAddress


def offer_version(folder: Path, found: Bumped, screen: Screen, *, what: str, yes: bool) -> Exit:
    """Offer the edits of a version, and show the plan that they lead to; `what` is being done.

    Raises Usage, Invalid, WarehouseError and StoreError.
    """
    if found.draft is None:
        put(nothing_to_bump(found, what), screen)
        return Exit.DONE
    # The plan says what comes next.
    code = offer(folder, replace(found.draft, next_steps=()), screen, yes=yes)
    if code is Exit.DONE:
        _show_plan(str(PortAddress.parse(found.address).product), screen)
    return code


def _show_plan(product: str, screen: Screen) -> None:
    """Show people what applying the files of a product would change now; nothing is changed."""
    with mesh_here("") as mesh:
        planned = make_plan(mesh, PlanOptions((product,)))
        view = View(
            width=screen.width,
            colour=screen.colour,
            seconds=planned.seconds,
            now=mesh.system.now(),
            apply=f"weft apply --product {product}",
        )
    warn(planned.loaded, planned.seconds, screen)
    screen.show(draw(planned.plan, view))
    tell_proposed(planned.proposed, screen)
