"""Options that several verbs share, declared once, and the mesh they open."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from click.core import ParameterSource

from weft.app.bootstrap import Opened, opened
from weft.app.environments import refuse_unknown
from weft.app.errors import Refusal
from weft.app.load import Loaded
from weft.app.system import System
from weft.app.workspace import find_mesh
from weft.cli.completion import a_restatement, a_selector, an_environment
from weft.cli.diagnostics import draw
from weft.cli.next_step import env_of, in_env
from weft.cli.screen import Screen, colour_wanted


def _named(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse an empty name, as an unset variable makes it: it would mean production."""
    source = context.get_parameter_source(parameter.name or "")
    if value or source is ParameterSource.DEFAULT:
        return value
    raise click.BadParameter("it is empty; leave `--env` out to mean production")


env_option = click.option(
    "--env",
    default="",
    callback=_named,
    metavar="NAME",
    shell_complete=an_environment,
    help="Environment; `auto` is named after the git branch.  [default: production]",
)
product_option = click.option(
    "--product",
    "products",
    multiple=True,
    metavar="SELECTOR",
    shell_complete=a_selector,
    help="Only these products: an address, domain, glob, tag:x, changed:main, +a or a+.",
)
rebuild_option = click.option(
    "--rebuild", is_flag=True, help="Build the models again, changed or not."
)
restate_option = click.option(
    "--restate",
    "restate",
    multiple=True,
    metavar="MODEL=FROM..TO",
    shell_complete=a_restatement,
    help="Read a range of a model's time anew: sales.orders.lines=2026-01-01..2026-01-31.",
)
take_over_option = click.option(
    "--take-over", is_flag=True, help="Take products from the root that applied them last."
)
verbose_option = click.option(
    "-v", "--verbose", is_flag=True, help="Show new products and long lists in full."
)
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


@contextmanager
def mesh_here(environment: str, *, may_be_new: bool = False) -> Iterator[Opened]:
    """Open the mesh that the current folder lies in.

    Raises Usage for an environment that does not exist, unless it may be new. The commands that
    are named by whatever is refused inside mean the same environment.
    """
    with opened(find_mesh(Path.cwd()), environment, System()) as mesh:
        try:
            if not may_be_new:
                refuse_unknown(mesh)
            yield mesh
        except Refusal as refusal:
            env = env_of(mesh)
            refusal.why = in_env(refusal.why, env)
            refusal.next_step = in_env(refusal.next_step, env)
            raise


def warn(loaded: Loaded, seconds: float, screen: Screen) -> None:
    """Tell what the files were warned of; nothing where there is nothing."""
    if loaded.diagnostics:
        colour = colour_wanted(sys.stderr) and screen.colour
        screen.say(
            draw(loaded.diagnostics, files=loaded.files, seconds=seconds, colour=colour).rstrip()
        )
