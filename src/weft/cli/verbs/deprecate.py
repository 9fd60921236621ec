"""`weft deprecate`: say when a version of a port ends."""

from __future__ import annotations

import click

from weft.app.deprecate import draft_deprecation
from weft.app.ended_contract import Sunset
from weft.cli.after import offer_version
from weft.cli.completion import a_port
from weft.cli.offer import yes_option
from weft.cli.options import mesh_here
from weft.cli.screen import Screen, screen_options
from weft.cli.verb import verb
from weft.mesh.address import PortAddress


@verb(
    "deprecate",
    (
        "weft deprecate sales.orders.lines@1 --until 2027-03-31 --successor @2",
        "its consumers have until then to move",
    ),
    ("weft consumers sales.orders.lines", "who has moved"),
)
@click.argument("address", metavar="DOMAIN.PRODUCT.PORT[@N]", shell_complete=a_port)
@click.option("--until", required=True, metavar="DATE", help="Its last day, such as 2027-03-31.")
@click.option(
    "--successor",
    default="",
    metavar="ADDRESS",
    shell_complete=a_port,
    help="What to read instead, such as @2 for another major of the same port.",
)
@click.option("--reason", default="", metavar="TEXT", help="Why it ends.")
@yes_option
@screen_options
def deprecate(
    address: str, until: str, successor: str, reason: str, yes: bool, screen: Screen
) -> int:
    """Say in its contract that a version of a port ends, and show the plan.

    The contract gets its last day (`endOfSupport`), its successor and the reason, and the next
    patch version. Consumers read on as before. The apply that publishes it tells them, and their
    own `weft validate` and `weft plan` warn them. Give the command again to move the day.
    """
    wanted = PortAddress.parse(address)
    with mesh_here("") as mesh:
        found = draft_deprecation(mesh, wanted, Sunset(until, successor, reason))
        folder = mesh.folder
    return offer_version(folder, found, screen, what="deprecate", yes=yes)
