"""`weft status`: what is promised, and how it is kept."""

from __future__ import annotations

import click

from weft.app.errors import Exit
from weft.app.status import Beside, outages, previews
from weft.app.status import status as attained
from weft.cli.completion import an_address
from weft.cli.looking import looking
from weft.cli.next_step import same_env
from weft.cli.options import env_option, mesh_here
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.status import status_result
from weft.cli.verb import verb
from weft.contract.attainment import LevelState


@verb(
    "status",
    ("weft status", "every service level against reality, worst first"),
    ("weft status operations.flights.departures@1 --measure", "one port, measured now"),
)
@click.argument("address", required=False, default="", shell_complete=an_address)
@env_option
@click.option("--measure", is_flag=True, help="Measure first what is promised.")
@click.option("-v", "--verbose", is_flag=True, help="Show every window of days.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when a level is broken.")
@screen_options
def status(address: str, env: str, screen: Screen, **wish: bool) -> int:
    """Show what published ports promise of time and reliability, and how that is kept.

    Levels are measured with every release; --measure does it now, and asks whether ports answer.
    ADDRESS is a domain, a product, a port or a port version. What cannot be measured says why.
    """
    with mesh_here(env) as mesh:
        with looking(screen, long=wish["measure"]) as told:
            found = attained(mesh, address, fresh=wish["measure"], told=told)
        beside, name = Beside(outages(mesh, address), previews(mesh, address)), mesh.environment
        shown = status_result(found, name, same_env(env), address, beside, whole=wish["verbose"])
        put(shown, screen, mesh.seconds)
    broken = any(each.state is LevelState.BROKEN for each in found)
    return Exit.CHANGES if broken and wish["detailed_exitcode"] else Exit.DONE
