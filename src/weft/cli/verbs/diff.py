"""`weft diff`: what two environments show, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from weft.app.branch_environment import resolved
from weft.app.diff import DiffOptions
from weft.app.diff import diff as compared
from weft.app.environments import refuse_unknown
from weft.app.errors import Exit
from weft.cli.completion import an_address, an_environment
from weft.cli.number import Number
from weft.cli.options import mesh_here
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.diff import diff_result
from weft.cli.verb import verb


@verb(
    "diff",
    ("weft diff prod dev", "which ports differ, in how many rows, and in which columns"),
    ("weft diff prod dev operations.flights.departures --rows 10", "with rows that differ"),
)
@click.argument("first", shell_complete=an_environment)
@click.argument("second", shell_complete=an_environment)
@click.argument("address", required=False, default="", shell_complete=an_address)
@click.option(
    "--key",
    multiple=True,
    metavar="COLUMN",
    help="A column that identifies a row.  [default: the contract's primary key]",
)
@click.option(
    "--rows",
    default=0,
    type=Number(0),
    metavar="N",
    help="Show so many differing rows of each object.  [default: 0]",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when something differs.")
@screen_options
def diff(first: str, second: str, screen: Screen, detailed_exitcode: bool, **wish: Any) -> int:
    """Compare what the ports of two environments show.

    Rows are counted as added, removed and changed, columns by their changes and their nulls; no
    row is shown unless it is asked for. Equal builds are not read. Rows are matched by the
    contract's primary key; without one, whole rows are compared, and nothing counts as changed.
    ADDRESS is a product, a port or a port version.
    """
    with mesh_here(second) as there:
        name = resolved(first, there.folder, there.settings.production)
        here = replace(there, environment=name)
        refuse_unknown(here, "weft env ls")
        began = there.system.monotonic()
        found = tuple(compared(here, there, DiffOptions(**wish)))
        seconds = there.system.monotonic() - began
        names = (here.environment, there.environment)
    put(diff_result(found, names, wish["address"], seconds), screen)
    differs = not all(each.same for each in found)
    return Exit.CHANGES if detailed_exitcode and differs else Exit.DONE
