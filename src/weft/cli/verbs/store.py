"""`weft store`: what Weft remembers as one file, and from a file into another store."""

from __future__ import annotations

from pathlib import Path

import click

from weft.app.errors import Exit
from weft.app.move_store import export_store, import_store
from weft.cli.options import mesh_here
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.store import moved_result
from weft.cli.verb import VerbGroup, verb

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(
    "store",
    cls=VerbGroup,
    examples=(
        ("weft store export mesh.store", "everything that Weft remembers, in one file"),
        ("weft store import mesh.store", "the same in the store that weft.yaml names now"),
    ),
)
def store() -> None:
    """Move what Weft remembers to another place, such as from a file to a server."""


@verb(
    "export",
    ("weft store export mesh.store", "write all of it into a new file"),
    ("weft store export mesh.store --json", "the same, and tell a program what was written"),
)
@click.argument("file", type=_FILE)
@screen_options
def export(file: Path, screen: Screen) -> int:
    """Write applied definitions, runs, locks, releases and the audit log into a new file.

    What runs meanwhile goes on; the file has the store as it was at one moment. It ends with a
    checksum. Data in warehouses is not in it.
    """
    with mesh_here("") as mesh:
        put(moved_result(export_store(mesh, file), imported=False), screen)
    return Exit.DONE


@verb(
    "import",
    ("weft store import mesh.store", "fill the new store that weft.yaml names"),
    ("weft plan", "afterwards there is nothing to do"),
)
@click.argument("file", type=_FILE)
@screen_options
def import_(file: Path, screen: Screen) -> int:
    """Fill the store that weft.yaml names, which must be empty, from an exported file.

    All of it is taken over or nothing. The store takes the id of the exported one, so that
    warehouses know it; let nobody use the old one any more.
    """
    with mesh_here("") as mesh:
        put(moved_result(import_store(mesh, file), imported=True), screen)
    return Exit.DONE


store.add_command(export)
store.add_command(import_)
