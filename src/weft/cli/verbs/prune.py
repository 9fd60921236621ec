"""`weft prune`: remove what rollback need not reach any more."""

from __future__ import annotations

import click

from weft.app.errors import Exit
from weft.app.prune import prune as pruned
from weft.cli.options import mesh_here, yes_option
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.history import pruned_result, removes_anything
from weft.cli.verb import verb


@verb(
    "prune",
    ("weft prune --dry-run", "what would be removed, and how much room that makes"),
    ("weft prune --yes", "remove it without asking"),
)
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
@yes_option
@screen_options
def prune(dry_run: bool, yes: bool, screen: Screen) -> int:
    """Remove releases past `keep` of weft.yaml, in all environments, and builds nobody needs.

    The current release of a product always stays, and nothing that Weft did not make is touched.
    An apply does the same after publishing.
    """
    with mesh_here("") as mesh:
        found = pruned(mesh, dry_run=True)
        if dry_run or not removes_anything(found):
            if not dry_run:
                pruned(mesh)  # The store may have something to forget all the same.
            put(pruned_result(found, done=False), screen)
            return Exit.DONE
        screen.say(pruned_result(found, done=False).text(screen).rstrip())
        if not screen.agree("Remove this?", yes=yes):
            screen.say("Nothing was removed.")
            return Exit.BLOCKED
        put(pruned_result(pruned(mesh), done=True), screen)
    return Exit.DONE
