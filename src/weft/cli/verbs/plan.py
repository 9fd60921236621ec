"""`weft plan`: what would change, before anything does."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from weft.app.drift import drift_beside
from weft.app.environments import not_there_yet
from weft.app.errors import Exit
from weft.app.plan import PlanOptions, make_plan
from weft.app.salts import Restatement
from weft.app.saved_plan import write_plan
from weft.app.serving import unserved
from weft.app.telling import told_steps
from weft.cli.beginning import NO_PRODUCTS
from weft.cli.next_step import same_env
from weft.cli.options import (
    env_option,
    mesh_here,
    product_option,
    rebuild_option,
    restate_option,
    take_over_option,
    verbose_option,
    warn,
)
from weft.cli.output import put
from weft.cli.proposed import tell_proposed
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.plan import View, draw_sql, plan_result
from weft.cli.tables import tell_read, tell_unread
from weft.cli.verb import verb
from weft.plan.plan import Plan


@verb(
    "plan",
    ("weft plan", "what applying the files would do in production"),
    ("weft plan --env dev --out change.plan", "the same for `dev`, kept for `weft apply`"),
)
@env_option
@product_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan.")
@rebuild_option
@restate_option
@take_over_option
@click.option("--sql", is_flag=True, help="Show what every step runs and writes instead.")
@verbose_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when there are changes.")
@screen_options
def plan(
    env: str,
    products: tuple[str, ...],
    restate: tuple[str, ...],
    out: Path | None,
    screen: Screen,
    **flags: bool,
) -> int:
    """Show what applying the files would change.

    Compares the files with what was applied last and with what is really there. Nothing is
    changed. A saved plan is applied exactly as it is, or refused when it has become stale.
    """
    with mesh_here(env, may_be_new=True) as mesh:
        notice = not_there_yet(mesh)
        options = PlanOptions(
            products,
            flags["rebuild"],
            flags["take_over"],
            tuple(map(Restatement.parse, restate)),
            # What a plan is to do that is kept, it says by the keys of what it reads.
            read_tables=out is not None,
        )
        planned = make_plan(mesh, options)
        hidden, now = unserved(mesh), mesh.system.now()
        beside = drift_beside(mesh, planned.plan)
        in_sql = flags["sql"] and screen.format == "table"
        told = told_steps(mesh, planned.plan) if in_sql else {}
    warn(planned.loaded, planned.seconds, screen)
    tell_read(planned.tables, screen)
    if out:
        write_plan(planned.plan, out)
    words = ["weft apply", *([str(out)] if out else _same_scope(env, products))]
    again = {"--rebuild": flags["rebuild"], "--take-over": flags["take_over"]}
    words += [name for name, given in again.items() if given and not out]
    words += [f"--restate {each}" for each in restate if not out]
    view = View(
        width=screen.width,
        colour=screen.colour,
        whole=flags["verbose"],
        seconds=planned.seconds,
        now=now,
        apply=" ".join(words),
        notice=notice,
        env=same_env(env),
        drift=beside,
    )
    if in_sql:
        screen.put(draw_sql(planned.plan, told))
    else:
        put(plan_result(planned.plan, view), screen)
    if notice and screen.format != "table":
        screen.say(notice)
    tell_unread(planned.unread_tables, screen)
    _tell_hidden(hidden, " ".join(words), screen)
    tell_proposed(planned.proposed, screen)
    if not planned.loaded.products:
        screen.say(NO_PRODUCTS.rstrip())
    return _exit(planned.plan, detailed=flags["detailed_exitcode"])


def _tell_hidden(warehouses: Iterable[str], command: str, screen: Screen) -> None:
    """Say of which warehouses other programs do not see what is current."""
    for name in warehouses:
        screen.say(
            f"What other programs open in {name} is missing, was changed, or is out of date.\n"
            f"  renew it:  {command}"
        )


def _same_scope(env: str, products: tuple[str, ...]) -> list[str]:
    """Return the options that make `weft apply` plan the same again."""
    return [*same_env(env).split(), *(f"--product {each}" for each in products)]


def _exit(plan: Plan, *, detailed: bool) -> Exit:
    if plan.blocked:
        return Exit.BREAKING if plan.breaking else Exit.BLOCKED
    return Exit.CHANGES if detailed and not plan.empty else Exit.DONE
