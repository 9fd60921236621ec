"""`weft lineage`: what feeds a thing, and what it feeds."""

from __future__ import annotations

import click

from weft.app.errors import Exit
from weft.app.lineage import LineageOptions
from weft.app.lineage import lineage as traced
from weft.cli.completion import an_address
from weft.cli.number import Number
from weft.cli.options import env_option, mesh_here
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.lineage import lineage_result
from weft.cli.verb import verb


@verb(
    "lineage",
    ("weft lineage punctuality.performance", "everything before a product, and behind it"),
    (
        "weft lineage operations.flights.departures@1#departure_delay --depth 1",
        "where a column comes from, and who reads it, one step far",
    ),
)
@click.argument("address", shell_complete=an_address)
@env_option
@click.option(
    "--depth",
    default=0,
    type=Number(0),
    metavar="N",
    help="So many steps each way.  [default: to the end]",
)
@screen_options
def lineage(address: str, env: str, depth: int, screen: Screen) -> int:
    """Show what feeds a product, port, model, source or column, and what it feeds.

    A column is `domain.product.port@N#column`, or `#object.column` where a port has several
    objects.
    """
    with mesh_here(env) as mesh:
        found = traced(mesh, LineageOptions(address, depth))
        put(lineage_result(found, mesh.environment), screen, mesh.seconds)
    return Exit.DONE
