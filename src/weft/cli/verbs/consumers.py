"""`weft consumers`: who reads a port, and who has moved to its newest version."""

from __future__ import annotations

import click

from weft.app.consumers import board
from weft.app.errors import Exit
from weft.cli.completion import a_port
from weft.cli.next_step import same_env
from weft.cli.options import env_option, mesh_here
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.consumers import board_result
from weft.cli.verb import verb
from weft.mesh.address import PortAddress


@verb(
    "consumers",
    ("weft consumers sales.orders.lines", "who is on which major, and who has moved"),
    ("weft consumers sales.orders.lines@1 --json", "those of one major, for a program"),
)
@click.argument("port", metavar="DOMAIN.PRODUCT.PORT[@N]", shell_complete=a_port)
@env_option
@screen_options
def consumers(port: str, env: str, screen: Screen) -> int:
    """Show who reads a port: products of all repositories, and the people who query it.

    A product is on a major, has tested the newest one by saying yes to it, or has moved. What
    would break it are the changes up to the newest major that concern the columns it reads.
    Reads are counted by day: queries by person, builds by product.
    """
    with mesh_here(env) as mesh:
        found = board(mesh, PortAddress.parse(port))
        shown = board_result(found, mesh.environment, mesh.system.now(), same_env(env))
        put(shown, screen, mesh.seconds)
    return Exit.DONE
