"""`weft release signoff`: what consumers say to a version that would break them."""

from __future__ import annotations

import click

from weft.app.errors import Exit, Usage
from weft.app.signoff import sign_off, signoffs
from weft.cli.completion import a_port, a_product
from weft.cli.options import mesh_here
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.signoffs import answered_result, signoffs_result
from weft.cli.verb import verb
from weft.mesh.address import PortAddress
from weft.mesh.signoff import Answer


@verb(
    "signoff",
    ("weft release signoff sales.orders.lines@2", "who is asked, and what they say"),
    (
        "weft release signoff sales.orders.lines@2 --consumer finance.margin --no "
        "--reason 'we need net'",
        "it is not released until that is settled",
    ),
)
@click.argument("address", metavar="DOMAIN.PRODUCT.PORT[@N]", shell_complete=a_port)
@click.option(
    "--consumer",
    default="",
    metavar="PRODUCT",
    shell_complete=a_product,
    help="The product that answers.",
)
@click.option("--yes/--no", "agrees", default=None, help="What it says.")
@click.option("--reason", default="", metavar="TEXT", help="Why; a no needs one.")
@screen_options
def signoff(address: str, consumer: str, agrees: bool | None, reason: str, screen: Screen) -> int:
    """Show what consumers say to a new major that would break them, or answer for one of them.

    They are asked when an apply shows the version: as a candidate, with its last day to answer by,
    or as it is released. Expectations that hold count as a yes; what silence means after that day
    is `release.silence` of weft.yaml. A no keeps the candidate from being released, unless the
    contract waives it: `sign-off of PRODUCT`.
    """
    port = PortAddress.parse(address)
    if bool(consumer) != (agrees is not None):
        raise Usage(
            "an answer is of one --consumer, and it is --yes or --no",
            next_step=f"weft release signoff {address} --consumer PRODUCT --yes",
        )
    with mesh_here("") as mesh:
        if agrees is None:
            put(signoffs_result(address, signoffs(mesh, port)), screen)
            return Exit.DONE
        answer = Answer.YES if agrees else Answer.NO
        put(answered_result(sign_off(mesh, port, consumer, answer, reason)), screen)
    return Exit.DONE
