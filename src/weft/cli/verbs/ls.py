"""`weft ls`: the products of a mesh."""

from __future__ import annotations

import click

from weft.app.errors import Exit
from weft.app.show import list_products
from weft.cli.completion import a_selector
from weft.cli.next_step import same_env
from weft.cli.options import env_option, mesh_here
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.products import products_result
from weft.cli.verb import verb


@verb(
    "ls",
    ("weft ls", "every product: its release, its ports, how it stands"),
    ("weft ls operations tag:pii --json", "some of them, by domain, glob, tag, +a or a+"),
)
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...", shell_complete=a_selector)
@env_option
@screen_options
def ls(selectors: tuple[str, ...], env: str, screen: Screen) -> int:
    """List the products of the files and of the environment.

    What another root applied is `elsewhere`; what this one applied and its files no longer define
    is `removed`. Of what is `proposed` nothing is built.
    """
    with mesh_here(env) as mesh:
        listing = list_products(mesh, selectors)
        put(products_result(listing, mesh.environment, same_env(env)), screen, mesh.seconds)
    return Exit.DONE
