"""`weft why`: what keeps a product, port or model from being up to date."""

from __future__ import annotations

import click

from weft.app.errors import Exit
from weft.app.why import why as asked
from weft.cli.completion import an_address
from weft.cli.next_step import same_env
from weft.cli.options import env_option, mesh_here
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.why import why_result
from weft.cli.verb import verb


@verb(
    "why",
    ("weft why operations.flights", "what differs from what was applied, old and new"),
    ("weft why operations.flights.stg_flights", "why a model would be built again"),
)
@click.argument("address", shell_complete=an_address)
@env_option
@screen_options
def why(address: str, env: str, screen: Screen) -> int:
    """Say how a product, port or model stands, and which field makes it so."""
    with mesh_here(env) as mesh:
        found = why_result(asked(mesh, address), mesh.environment, same_env(env))
        put(found, screen, mesh.seconds)
    return Exit.DONE
