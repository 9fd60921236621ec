"""`weft run`: newer data under the definitions that were applied last."""

from __future__ import annotations

import click

from weft.app.refreshing import refresh
from weft.app.run import plan_run
from weft.cli.cells import flow
from weft.cli.held import held_exit, tell_held
from weft.cli.next_step import same_env
from weft.cli.options import env_option, mesh_here, product_option
from weft.cli.progress import follow, put_no_run
from weft.cli.screen import Screen, screen_options
from weft.cli.tables import tell_read
from weft.cli.verb import verb
from weft.plan.plan import Plan


@verb(
    "run",
    ("weft run", "refresh what is due, and whatever has newer data"),
    ("weft run --product +punctuality.performance", "one product, and all that it reads"),
)
@env_option
@product_option
@click.option("--all", "everything", is_flag=True, help="Look at every product, due or not.")
@screen_options
def run(env: str, products: tuple[str, ...], everything: bool, screen: Screen) -> int:
    """Refresh data from the definitions that were applied last.

    Builds, checks and publishes what has newer data. The files are not applied; where they say
    something else, that is told. A product is due by what its ports promise of time; until then
    its tables are not read, and it is not built only because it always is. One that promises no
    time is due in every run, and so is what is named.
    """
    with mesh_here(env) as mesh:
        planned = plan_run(mesh, products, everything=everything)
        if planned.differing:
            names = list(planned.differing)
            screen.say(flow("not applied yet, run as they were: ", names, screen.width))
        tell_read(planned.tables, screen)
        plan = planned.plan
        code = held_exit(plan)
        events = refresh(mesh, planned)
        if plan.steps:
            clock = mesh.system.monotonic
            code = follow(events, screen, clock, same_env(env), code, again="weft run")
        else:
            put_no_run(screen, code, events)
            screen.say(f"Nothing to do: {_settled(plan)}. ({planned.seconds:.1f} s)")
        tell_held(mesh, plan, screen)
        return code


def _settled(plan: Plan) -> str:
    if plan.held:
        return "all data is as its sources, but for what is held back"
    return "all data is as its sources"
