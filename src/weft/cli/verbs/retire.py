"""`weft retire`: end a version of a port that nobody reads, and take that back."""

from __future__ import annotations

import click

from weft.app.bootstrap import Opened
from weft.app.errors import Usage
from weft.app.release import Bumped
from weft.app.retire import draft_retirement, draft_return
from weft.cli.after import offer_version
from weft.cli.completion import an_address
from weft.cli.offer import yes_option
from weft.cli.options import mesh_here
from weft.cli.screen import Screen, screen_options
from weft.cli.verb import verb
from weft.mesh.address import PortAddress


@verb(
    "retire",
    ("weft retire sales.orders.lines@1", "its last day is over, and nobody reads it"),
    (
        "weft retire sales.orders.lines@1 --override --reason 'it has names'",
        "somebody answers for ending it at once",
    ),
    ("weft retire sales.orders.lines@1 --undo", "bring it back as it was"),
)
@click.argument("address", metavar="DOMAIN.PRODUCT.PORT[@N]", shell_complete=an_address)
@click.option("--override", is_flag=True, help="End it though it is read; needs a --reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why it ends over its readers' heads.")
@click.option("--undo", is_flag=True, help="Take a retirement back.")
@yes_option
@screen_options
def retire(address: str, override: bool, reason: str, undo: bool, yes: bool, screen: Screen) -> int:
    """Retire a version of a port in its contract, and show the plan that takes it out of sight.

    It has to be deprecated, its last day over, no product may have it as its input, and nobody
    may have queried it for `retire.quiet` of weft.yaml, 14 days by default; else it is refused
    with the list. --override ends it all the same: who and why stand in the contract and, once it
    is applied, in the audit log.

    Its builds are kept as long as `weft rollback` can reach them, so that --undo brings the
    same data back without building it again.
    """
    wanted = PortAddress.parse(address)
    with mesh_here("") as mesh:
        found = _drafted(mesh, wanted, override=override, reason=reason, undo=undo)
        folder = mesh.folder
    return offer_version(folder, found, screen, what="retire", yes=yes)


def _drafted(
    mesh: Opened, address: PortAddress, *, override: bool, reason: str, undo: bool
) -> Bumped:
    """What is to be written. Raises Usage where the options do not fit together."""
    if undo and (override or reason):
        raise Usage("--undo stands alone", next_step=f"weft retire {address} --undo")
    if override != bool(reason.strip()):
        raise Usage(
            "--override and --reason go together",
            why="Whoever ends a port over the heads of its readers answers for it.",
            next_step=f"weft retire {address} --override --reason TEXT",
        )
    return draft_return(mesh, address) if undo else draft_retirement(mesh, address, reason.strip())
