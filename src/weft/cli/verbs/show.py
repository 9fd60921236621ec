"""`weft show`: one product, port or model, whole."""

from __future__ import annotations

import click

from weft.app.errors import Exit, Usage
from weft.app.show import named_part, show_product
from weft.app.status import attained_by
from weft.cli.completion import an_address
from weft.cli.next_step import same_env
from weft.cli.options import env_option, mesh_here
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.products import port_result, product_result, sql_result, transform_result
from weft.cli.verb import verb
from weft.mesh.manifest import PortVersion


@verb(
    "show",
    ("weft show operations.flights", "a product: its ports, what it reads, who reads it"),
    ("weft show operations.flights.departures --sql", "the SQL of the model behind a port"),
)
@click.argument("address", shell_complete=an_address)
@env_option
@click.option("--sql", is_flag=True, help="Show the model's SQL instead.")
@screen_options
def show(address: str, env: str, sql: bool, screen: Screen) -> int:
    """Show a product, or one of its ports, models or columns.

    A port is `a.b.port`, or `a.b.port@1` for a major; a column of it `a.b.port#column`.
    """
    with mesh_here(env) as mesh:
        detail = show_product(mesh, address)
        part = named_part(detail, address)
        promises = (
            attained_by(mesh, detail.manifest.address, part)
            if isinstance(part, PortVersion)
            else ()
        )
        seconds = mesh.seconds
    if sql:
        if part is None:
            raise Usage(f"{address} names no model or port", next_step=f"weft show {address}")
        found = sql_result(detail.manifest, part)
    elif part is None:
        found = product_result(detail, same_env(env))
    elif isinstance(part, PortVersion):
        found = port_result(detail.manifest, part, same_env(env), promises)
    else:
        found = transform_result(detail.manifest, part, same_env(env))
    put(found, screen, seconds)
    return Exit.DONE
