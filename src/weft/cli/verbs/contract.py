"""`weft contract`: show a contract whole, and bring it up to date with its model and its data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from weft.app.contract_file import contract_file
from weft.app.contract_sync import draft_sync
from weft.app.errors import Exit
from weft.app.workspace import find_mesh
from weft.cli.completion import a_port
from weft.cli.next_step import env_of
from weft.cli.offer import offer, yes_option
from weft.cli.options import env_option, mesh_here
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.contract import contract_result, draft_result, up_to_date
from weft.cli.verb import VerbGroup, verb
from weft.contract.syncing import Wish
from weft.mesh.address import PortAddress


@click.group(
    "contract",
    cls=VerbGroup,
    examples=(
        (
            "weft contract show sales.orders.lines@1 --resolved",
            "the whole ODCS document, fragments in their places",
        ),
        ("weft contract sync sales.orders.lines@1", "columns and promises from model and data"),
    ),
)
def contract() -> None:
    """Show contracts whole, and keep them up to date."""


@verb(
    "show",
    ("weft contract show sales.orders.lines@1", "the contract as its file has it"),
    (
        "weft contract show sales.orders.lines@1 --resolved > contract.odcs.yaml",
        "plain ODCS for any other tool",
    ),
)
@click.argument("address", metavar="DOMAIN.PRODUCT.PORT[@N]", shell_complete=a_port)
@click.option("--resolved", is_flag=True, help="With the fragments that it uses in their places.")
@screen_options
def show(address: str, resolved: bool, screen: Screen) -> int:
    """Show the contract of a port, as the files have it.

    With `--resolved` it is the document that is compared, checked and published: plain ODCS.
    Without a major the highest one is meant.
    """
    found = contract_file(find_mesh(Path.cwd()), PortAddress.parse(address))
    put(contract_result(found, resolved=resolved), screen)
    return Exit.DONE


@verb(
    "sync",
    ("weft contract sync sales.orders.lines@1", "what would change, to accept or not"),
    (
        "weft contract sync sales.orders.lines@1 --key order_id,line --yes",
        "and name its primary key",
    ),
    (
        "weft contract sync sales.orders.lines@1 --at-least",
        "change only what the model or the data does not keep",
    ),
)
@click.argument("address", metavar="DOMAIN.PRODUCT.PORT[@N]", shell_complete=a_port)
@click.option(
    "--exact/--at-least",
    "exact",
    default=True,
    help="The model's columns, and promises that the data suggests; or only what is not kept.",
)
@click.option("--key", default="", metavar="COLUMNS", help="Its primary key, with commas between.")
@click.option("--ranges", is_flag=True, help="Promise the least and the greatest values, too.")
@click.option("--examples", is_flag=True, help="Write two values of each column as examples.")
@env_option
@click.option("--dry-run", is_flag=True, help="Only show what would be written.")
@yes_option
@screen_options
def sync(address: str, env: str, yes: bool, screen: Screen, **wish: Any) -> int:
    """Bring a contract up to date with its model and with the rows that were made.

    Names, types, what may be empty, short lists of values and bounds: shown as a change to the
    file, whose comments and order stay, and written when you agree. What an author promised is
    widened where the data does not keep it and never made narrower; keys are proposed and not
    made up. Values of columns with a `classification` are not written. A model without a contract
    gets one. Without a major the highest one is meant.
    """
    wanted = PortAddress.parse(address)
    key = tuple(each.strip() for each in wish["key"].split(",") if each.strip())
    asked = Wish(wish["exact"], key, wish["ranges"], wish["examples"])
    with mesh_here(env) as mesh:
        draft = draft_sync(mesh, wanted, asked)
        if not draft.files and not draft.edits:
            put(up_to_date(wanted, draft), screen)
            return Exit.DONE
        if wish["dry_run"]:
            put(draft_result(draft), screen)
            return Exit.DONE
        return offer(mesh.folder, draft, screen, yes=yes, env=env_of(mesh))


for _command in (show, sync):
    contract.add_command(_command)
