"""`weft unlock`: end the lock of a run that cannot end it itself."""

from __future__ import annotations

import click

from weft.app.errors import Exit
from weft.app.unlock import find_lock, held_locks
from weft.app.unlock import unlock as end_lock
from weft.cli.options import mesh_here, yes_option
from weft.cli.output import put, report
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.history import locks_table
from weft.cli.verb import verb


@verb(
    "unlock",
    ("weft unlock", "list the locks that are held, and who holds them"),
    ("weft unlock 4f1c09ab23de", "end one; its run can record nothing more"),
)
@click.argument("lock", required=False, metavar="[LOCK]")
@yes_option
@screen_options
def unlock(lock: str | None, yes: bool, screen: Screen) -> int:
    """End a lock by its id, or list the locks.

    A run whose process is gone from this machine loses its locks by itself; this is for runs on
    other machines. A run that still lives is refused from then on, and nothing is mixed up.
    """
    with mesh_here("") as mesh:
        locks = held_locks(mesh)
        if lock is None:
            if locks or screen.format != "table":
                put(locks_table(locks), screen)
            else:
                screen.say("Nothing is locked.")
            return Exit.DONE
        found = find_lock(mesh, lock)
        if not screen.agree(f"End lock {lock} of {found.holder} on {found.product}?", yes=yes):
            screen.say("Nothing was unlocked.")
            return Exit.BLOCKED
        ended = end_lock(mesh, lock)
    words = f"{ended.product} in {ended.environment} is free; {ended.holder} held it."
    report(words, locks_table([ended]), screen)
    return Exit.DONE
