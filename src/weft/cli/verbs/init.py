"""`weft init`: begin a mesh in a folder."""

from __future__ import annotations

from pathlib import Path

import click

from weft.app.init import draft_mesh
from weft.cli.offer import offer, yes_option
from weft.cli.screen import Screen, screen_options
from weft.cli.verb import verb


@verb(
    "init",
    ("weft init", "make this folder a mesh, named after the folder"),
    ("weft init skyline --yes", "make a folder `skyline` with a mesh in it, without asking"),
)
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", default="", help="Name of the mesh.  [default: the folder's]")
@yes_option
@screen_options
def init(folder: Path, name: str, yes: bool, screen: Screen) -> int:
    """Begin a mesh in a folder.

    Shows the files first and asks before it writes them: weft.yaml, a .gitignore and a folder
    for domains. A file that exists is never overwritten.
    """
    return offer(folder, draft_mesh(folder, name), screen, yes=yes)
