"""`weft env`: which environments there are, and ending them."""

from __future__ import annotations

import click

from weft.app.ending import end_environments, plan_ends
from weft.app.environment_list import list_environments
from weft.app.errors import Exit
from weft.cli.completion import an_environment_that_ends
from weft.cli.options import mesh_here, yes_option
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.environments import ended_result, environments_result
from weft.cli.verb import VerbGroup, verb


@click.group(
    "env",
    cls=VerbGroup,
    examples=(
        ("weft env ls", "every environment: whose, how old, how large, and when it ends"),
        ("weft env gc --dry-run", "what would go with those whose time is over"),
    ),
)
def env() -> None:
    """Look at environments, and end those that nobody needs."""


@verb(
    "ls",
    ("weft env ls", "whose they are, from which branch, how large, and when they end"),
    ("weft env ls --json", "the same for a program"),
)
@screen_options
def ls(screen: Screen) -> int:
    """List the environments of the mesh.

    An environment has releases of its own for what differs from production and shows production's
    for the rest. `own bytes` end with it; `shown bytes` are all that its own releases show,
    adopted or not.
    """
    with mesh_here("") as mesh:
        put(environments_result(list_environments(mesh)), screen, mesh.seconds)
    return Exit.DONE


@verb(
    "gc",
    ("weft env gc", "end every environment past its `ttl` of weft.yaml"),
    ("weft env gc fix_delays --yes", "end this one, without asking"),
)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=an_environment_that_ends)
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
@yes_option
@screen_options
def gc(names: tuple[str, ...], dry_run: bool, yes: bool, screen: Screen) -> int:
    """End environments: their releases, the builds that nobody else shows, and what is recorded.

    Without names those are meant that are past their time to live, counted from the last release,
    and those whose end was interrupted. Production never ends, and a build that it shows, or
    another environment does, stays. The audit log stays as well.
    """
    with mesh_here("") as mesh:
        found = plan_ends(mesh, names)
        if dry_run or not found:
            put(ended_result(found, done=False, named=bool(names)), screen)
            return Exit.DONE
        screen.say(ended_result(found, done=False).text(screen).rstrip())
        if not screen.agree(_question(len(found)), yes=yes):
            screen.say("Nothing was removed.")
            return Exit.BLOCKED
        put(ended_result(tuple(end_environments(mesh, found)), done=True), screen)
    return Exit.DONE


def _question(number: int) -> str:
    return "End this environment?" if number == 1 else f"End these {number:,} environments?"


for _command in (ls, gc):
    env.add_command(_command)
