"""`weft history`: releases of a product, runs of an environment, steps and checks of a run."""

from __future__ import annotations

import click

from weft.app.errors import Exit, Usage
from weft.app.history import product_history, run_detail, run_history
from weft.cli.completion import a_product
from weft.cli.next_step import same_env
from weft.cli.number import Number
from weft.cli.options import env_option, mesh_here
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.history import releases_result, runs_result, steps_result
from weft.cli.verb import verb


@verb(
    "history",
    ("weft history", "the latest runs: who, when, and how they ended"),
    ("weft history operations.flights", "the releases of a product, and which can be restored"),
)
@click.argument("product", required=False, metavar="[PRODUCT]", shell_complete=a_product)
@env_option
@click.option("--run", "run_id", default="", metavar="ID", help="The steps and checks of one run.")
@click.option(
    "--limit",
    default=20,
    type=Number(0),
    metavar="N",
    help="So many runs.  [default: 20; 0: all]",
)
@screen_options
def history(product: str | None, env: str, run_id: str, limit: int, screen: Screen) -> int:
    """Show what happened: runs, the releases of a product, or the steps and checks of a run."""
    if product and run_id:
        raise Usage("a product and --run do not go together", next_step="weft history --run ID")
    with mesh_here(env) as mesh:
        if product:
            found = releases_result(product_history(mesh, product), same_env(env))
        elif run_id:
            detail = run_detail(mesh, run_id)
            there = detail.run.environment
            where = "" if there == mesh.settings.production else same_env(there)
            found = steps_result(detail, where)
        else:
            found = runs_result(run_history(mesh, limit), mesh.environment, same_env(env))
        put(found, screen, mesh.seconds)
    return Exit.DONE
