"""`weft demo`: the example mesh, written, applied and queried in one command."""

from __future__ import annotations

import os
from pathlib import Path

import click

from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened, opened
from weft.app.demo import FOLDER, QUERY, write_demo
from weft.app.errors import Exit
from weft.app.plan import PlanOptions, make_plan
from weft.app.query import query
from weft.app.system import System
from weft.cli.options import warn
from weft.cli.output import draw_table
from weft.cli.progress import follow, put_no_run
from weft.cli.rows import read_rows
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.plan import View, draw
from weft.cli.verb import verb

_NEXT = """\
Try next, in {folder}:
  weft ls                                              the products and how they stand
  weft show operations.flights.departures              a port and what it promises
  weft lineage punctuality.performance.delay_causes    where its data comes from
  weft test --rows departures.tailnum_exists           rows that failed a check
  edit a model, then: weft plan                        what the change would do
"""


@verb(
    "demo",
    ("weft demo", "write the example mesh into ./skyline, apply it, show it"),
    (
        "weft demo /tmp/skyline --warehouse TYPE",
        "the same, its data in a database of yours",
    ),
)
@click.argument("folder", default=FOLDER, type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write the files of an earlier demo anew.")
@click.option(
    "--warehouse",
    default="",
    metavar="TYPE",
    help="Keep the data in a warehouse of this type, which the environment says how to reach.",
)
@screen_options
def demo(folder: Path, force: bool, warehouse: str, screen: Screen) -> int:
    """Write an example mesh on real flight data, plan it, apply it, and ask it a question.

    A second time it finds everything done. Nothing outside the folder is touched, but for the
    database where one is asked for: the variables that its own programs read say where it is, and
    weft.yaml in the folder names them.
    """
    written = write_demo(folder, warehouse=warehouse, force=force).written
    shown = os.path.relpath(folder)
    screen.say(
        f"The example mesh is in {shown}: {len(written)} files."
        if written
        else f"The example mesh is in {shown} already; nothing was written."
    )
    with opened(folder.resolve(), "", System()) as mesh:
        code = _apply(mesh, screen)
        if code in (Exit.DONE, Exit.CHECKS):
            _ask(mesh, screen)
            screen.show(_NEXT.format(folder=shown))
    return code


def _apply(mesh: Opened, screen: Screen) -> int:
    planned = make_plan(mesh, PlanOptions())
    warn(planned.loaded, planned.seconds, screen)
    view = View(screen.width, screen.colour, False, planned.seconds, apply="")
    screen.show(draw(planned.plan, view))
    if planned.plan.empty:
        put_no_run(screen)
        return Exit.DONE
    return follow(apply_plan(mesh, planned.plan, ApplyOptions()), screen, mesh.system.monotonic)


def _ask(mesh: Opened, screen: Screen) -> None:
    """One question over a port, asked as anybody could ask it."""
    with query(mesh, QUERY) as answer:
        table, _ = read_rows(answer.rows, 10)
    question = "\n".join(f"  {line}" for line in QUERY.rstrip().splitlines())
    screen.show(f"\n{question}\n\n{draw_table(table, screen)}\n")
