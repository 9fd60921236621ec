"""`weft retire`: end a version of a port that nobody reads, let readers notice, and undo that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from weft.app.bootstrap import Opened
from weft.app.errors import Usage
from weft.app.outage import draft_outage
from weft.app.release import Bumped
from weft.app.retire import draft_retirement, draft_return
from weft.cli.after import offer_version
from weft.cli.completion import a_port
from weft.cli.offer import yes_option
from weft.cli.options import mesh_here
from weft.cli.screen import Screen, screen_options
from weft.cli.verb import verb
from weft.mesh.address import PortAddress


@dataclass(frozen=True)
class _Wish:
    """What is to be done beside retiring, or in place of it, as the options say."""

    override: bool = False
    reason: str = ""
    outage: str = ""
    undo: bool = False


@verb(
    "retire",
    ("weft retire sales.orders.lines@1", "its last day is over, and nobody reads it"),
    (
        "weft retire sales.orders.lines@1 --override --reason 'it has names'",
        "somebody answers for ending it at once",
    ),
    ("weft retire sales.orders.lines@1 --undo", "bring it back as it was"),
    (
        "weft retire sales.orders.lines@1 --outage 2027-03-10",
        "before its last day: nobody can read it on that day, so that forgotten readers notice",
    ),
)
@click.argument("address", metavar="DOMAIN.PRODUCT.PORT[@N]", shell_complete=a_port)
@click.option("--override", is_flag=True, help="End it though it is read; needs a --reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why it ends over its readers' heads.")
@click.option(
    "--outage",
    default="",
    metavar="FROM/TO",
    help="Plan an outage before its last day: one day, or two days or moments.",
)
@click.option("--undo", is_flag=True, help="Take a retirement back, or a planned outage.")
@yes_option
@screen_options
def retire(address: str, yes: bool, screen: Screen, **wish: Any) -> int:
    """Retire a version of a port in its contract, and show the plan that takes it out of sight.

    It has to be deprecated, its last day over, no product may have it as its input, and nobody
    may have queried it for `retire.quiet` of weft.yaml, 14 days by default; else it is refused
    with the list. --override ends it all the same: who and why stand in the contract and, once it
    is applied, in the audit log.

    Its builds are kept as long as `weft rollback` can reach them, so that --undo brings the
    same data back without building it again.

    With --outage it is not retired yet: it cannot be read from one moment to another, for 7 days
    at most and before its last day, such as 2027-03-10T09:00Z/2027-03-10T12:00Z. Days are of UTC.
    Its consumers are told before, and their builds wait. The first `weft apply` or `weft run`
    after each moment begins the outage and ends it. Give it again to move it.
    """
    wanted = PortAddress.parse(address)
    with mesh_here("") as mesh:
        found = _drafted(mesh, wanted, _Wish(**wish))
        folder = mesh.folder
    return offer_version(folder, found, screen, what="retire", yes=yes)


def _drafted(mesh: Opened, address: PortAddress, wish: _Wish) -> Bumped:
    """What is to be written. Raises Usage where the options do not fit together."""
    override, reason, undo = wish.override, wish.reason, wish.undo
    if undo and (override or reason or wish.outage):
        raise Usage("--undo stands alone", next_step=f"weft retire {address} --undo")
    if wish.outage:
        if override or reason:
            next_step = f"weft retire {address} --outage {wish.outage}"
            raise Usage("--outage stands alone", next_step=next_step)
        return draft_outage(mesh, address, wish.outage)
    if override != bool(reason.strip()):
        raise Usage(
            "--override and --reason go together",
            why="Whoever ends a port over the heads of its readers answers for it.",
            next_step=f"weft retire {address} --override --reason TEXT",
        )
    return draft_return(mesh, address) if undo else draft_retirement(mesh, address, reason.strip())
