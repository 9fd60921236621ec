"""What an apply and a run say at their end of the products that stay where they were."""

from __future__ import annotations

from weft.app.bootstrap import Opened
from weft.app.errors import Exit
from weft.app.held import held_since
from weft.cli.cells import visible
from weft.cli.next_step import env_of
from weft.cli.screen import Screen
from weft.cli.screens.plan import kept_words, where_it_stays
from weft.mesh.words import short_time
from weft.plan.plan import HeldBack, Plan


def held_exit(plan: Plan) -> Exit:
    """Return the code for what is held before anything is done: nothing to read, or checks."""
    if any(each.unread or each.lost for each in plan.held):
        return Exit.UNREACHABLE
    return Exit.CHECKS if any(each.checks for each in plan.held) else Exit.DONE


def tell_held(mesh: Opened, plan: Plan, screen: Screen) -> None:
    """Tell which products were held back before anything was done, since when and by what."""
    checked = [each for each in plan.held if each.checks]
    since = held_since(mesh, [each.product for each in checked])
    env = env_of(mesh)
    for each in plan.held:
        if each.checks:
            screen.say(_by_checks(each, since.get(each.product, "")))
            continue
        stays = f"{each.product} {where_it_stays(each)}, {visible(each.cause)}"
        if each.by_person:
            screen.say(f"{stays}\n  let it go on:  weft rollback {each.product} --lift{env}")
        else:
            screen.say(stays)
    checked_alone = [each for each in plan.kept if each.checks]
    for kept in checked_alone:
        screen.say(kept_words(kept, kept.address))
    failing = dict.fromkeys(each.product for each in checked)
    failing |= dict.fromkeys(each.product for each in checked_alone)
    if failing:
        products = " ".join(failing)
        screen.say(f"  what failed, with its rows:  weft test {products}{env}")


def _by_checks(held: HeldBack, since: str) -> str:
    stays = where_it_stays(held)
    when = f" since {short_time(since)}" if since else ""
    return f"{held.product} {stays}{when}, checks failed: {visible(', '.join(held.checks))}"
