"""`weft apply`: do what a plan says, and exactly that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from weft.app.apply import ApplyOptions, apply_plan, refuse_unless_allowed
from weft.app.bootstrap import Opened
from weft.app.drift import drift_beside
from weft.app.environments import exists, not_there_yet, refuse_unknown
from weft.app.errors import Exit, Usage
from weft.app.plan import Planned, PlanOptions, make_plan
from weft.app.salts import Restatement
from weft.app.saved_plan import for_saved_plan, read_plan
from weft.app.scheduling import confirm_all
from weft.cli.beginning import NO_PRODUCTS
from weft.cli.cells import visible
from weft.cli.held import held_exit, tell_held
from weft.cli.next_step import env_of
from weft.cli.options import (
    env_option,
    mesh_here,
    product_option,
    rebuild_option,
    restate_option,
    take_over_option,
    verbose_option,
    warn,
    yes_option,
)
from weft.cli.progress import follow, put_no_run
from weft.cli.proposed import tell_proposed
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.plan import View, draw
from weft.cli.tables import tell_read
from weft.cli.verb import verb
from weft.plan.plan import Plan


@verb(
    "apply",
    ("weft apply", "plan, show it, ask, and do it in production"),
    ("weft apply change.plan", "do exactly what `weft plan --out change.plan` showed"),
)
@click.argument(
    "file", required=False, metavar="[PLAN]", type=click.Path(dir_okay=False, path_type=Path)
)
@env_option
@product_option
@rebuild_option
@restate_option
@take_over_option
@click.option("--allow-drop", is_flag=True, help="Let destructive steps run.")
@click.option("--new-env", is_flag=True, help="Make the environment where nobody can be asked.")
@verbose_option
@yes_option
@screen_options
def apply(
    file: Path | None,
    env: str,
    products: tuple[str, ...],
    restate: tuple[str, ...],
    screen: Screen,
    **flags: bool,
) -> int:
    """Carry out a plan: build, check, and publish what holds its contract.

    Without a saved plan one is made, shown and asked about. What was interrupted, by Ctrl-C or
    worse, is gone on with by the next apply. A failing check holds its product on the release it
    has, and exits with 6. An environment that does not exist yet is made where a person agrees to
    it, or with --new-env.
    """
    if file and (env or products or restate or flags["rebuild"] or flags["take_over"]):
        raise Usage("a saved plan says itself what it is for", next_step=f"weft apply {file}")
    options = ApplyOptions(allow_drop=flags["allow_drop"])
    saved = read_plan(file) if file else None
    yes = flags["yes"] or saved is not None
    may_be_new = flags["new_env"] or (screen.asks and not yes)
    with mesh_here(saved.environment if saved else env, may_be_new=True) as mesh:
        if not may_be_new:
            refuse_unknown(mesh, f"add --new-env, where `{mesh.environment}` is meant")
        where = env_of(mesh)
        if saved:
            options, plan = for_saved_plan(mesh, saved, options), saved
        else:
            now = mesh.system.now()
            view = View(screen.width, screen.colour, flags["verbose"], now=now, apply="", env=where)
            wanted = PlanOptions(
                products,
                flags["rebuild"],
                flags["take_over"],
                tuple(map(Restatement.parse, restate)),
                read_tables=True,
            )
            planned = _shown(mesh, wanted, options, view, screen)
            plan = planned.plan
        refuse_unless_allowed(plan, options)
        code = held_exit(plan)
        if plan.empty and exists(mesh):
            if saved:
                _serve(mesh, plan, options, screen)
            put_no_run(screen, code)
        elif screen.agree(f"Apply this to {plan.environment}?", yes=yes):
            events = apply_plan(mesh, plan, options)
            code = follow(events, screen, mesh.system.monotonic, where, before=code)
        else:
            screen.say("Nothing was applied.")
            return Exit.BLOCKED
        if not saved:
            confirm_all(mesh, planned.scope, plan)
        tell_held(mesh, plan, screen)
        return code


def _serve(mesh: Opened, plan: Plan, options: ApplyOptions, screen: Screen) -> bool:
    """Show other programs what an interrupted run published; False when it could not be done."""
    warnings = [each for each in apply_plan(mesh, plan, options) if each.kind == "warning"]
    for event in warnings:
        screen.say(visible(event.text))
    return not warnings


def _shown(
    mesh: Opened, wanted: PlanOptions, options: ApplyOptions, view: View, screen: Screen
) -> Planned:
    """Make a plan and show it, as talk where the result is written in another format."""
    notice = not_there_yet(mesh)
    planned = make_plan(mesh, wanted)
    idle = planned.plan.empty and not planned.plan.blocked and exists(mesh)
    if idle and not _serve(mesh, planned.plan, options, screen):
        # Damage may have been in the way, and a plan knows of it from now on.
        planned = make_plan(mesh, wanted)
    warn(planned.loaded, planned.seconds, screen)
    tell_read(planned.tables, screen)
    beside = drift_beside(mesh, planned.plan)
    view = replace(view, seconds=planned.seconds, notice=notice, drift=beside)
    screen.show(draw(planned.plan, view))
    tell_proposed(planned.proposed, screen)
    if not planned.loaded.products:
        screen.say(NO_PRODUCTS.rstrip())
    return planned
