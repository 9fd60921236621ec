"""What an apply and a run say at their end of the products that stay where they were."""

from __future__ import annotations

from weft.app.bootstrap import Opened
from weft.app.errors import Exit
from weft.app.held import held_since
from weft.cli.cells import visible
from weft.cli.options import same_env
from weft.cli.screen import Screen
from weft.cli.screens.plan import where_it_stays
from weft.mesh.words import short_time
from weft.plan.plan import HeldBack, Plan


def tell_held(mesh: Opened, plan: Plan, screen: Screen) -> Exit:
    """Tell which products were held back before anything was done, since when and by what.

    Returns CHECKS where checks hold one, DONE where none or a person does.
    """
    checked = [each for each in plan.held if each.checks]
    since = held_since(mesh, [each.product for each in checked])
    env = "" if mesh.production else same_env(mesh.environment)
    for each in plan.held:
        if each.checks:
            screen.say(_by_checks(each, since.get(each.product, "")))
        elif each.by_person:
            stays = f"{each.product} stays on release {each.release}, {visible(each.cause)}"
            screen.say(f"{stays}\n  let it go on:  weft rollback {each.product} --lift{env}")
    if checked:
        products = " ".join(each.product for each in checked)
        screen.say(f"  what failed, with its rows:  weft test {products}{env}")
    return Exit.CHECKS if checked else Exit.DONE


def _by_checks(held: HeldBack, since: str) -> str:
    stays = where_it_stays(held)
    when = f" since {short_time(since)}" if since else ""
    return f"{held.product} {stays}{when}, checks failed: {visible(', '.join(held.checks))}"
