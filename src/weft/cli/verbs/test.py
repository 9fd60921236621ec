"""`weft test`: unit tests, then the contracts on the real data."""

from __future__ import annotations

from typing import Any

import click

from weft.app.errors import Exit, Usage
from weft.app.test import TestOptions, failing_rows, run_tests
from weft.cli.completion import a_check, a_selector
from weft.cli.next_step import same_env
from weft.cli.options import env_option, mesh_here
from weft.cli.output import put
from weft.cli.rows import ON_A_SCREEN, read_rows
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.tests import Tally
from weft.cli.verb import verb


@verb(
    "test",
    ("weft test", "every unit test, then every promise against the real data"),
    ("weft test --rows departures.tailnum_exists", "all rows that failed a check"),
)
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...", shell_complete=a_selector)
@env_option
@click.option("--unit", is_flag=True, help="Unit tests only.")
@click.option("--contracts", is_flag=True, help="Contracts only.")
@click.option(
    "--rows",
    default="",
    metavar="CHECK",
    shell_complete=a_check,
    help="Show the rows that failed a check.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show the checks that hold, too.")
@screen_options
def test(selectors: tuple[str, ...], env: str, rows: str, screen: Screen, **flags: Any) -> int:
    """Run unit tests on given rows, then measure the contracts on the newest data.

    Nothing is built or published. Exits with 6 where a unit test fails or a promise that blocks
    is broken. Rows that failed are kept for 14 days; `--rows` shows them.
    """
    if flags["unit"] and flags["contracts"]:
        raise Usage("--unit and --contracts leave nothing to do", next_step="weft test")
    with mesh_here(env) as mesh:
        if rows:
            return _show_rows(failing_rows(mesh, rows), screen)
        tally = Tally(screen.colour, flags["verbose"] or bool(selectors), same_env(env))
        options = TestOptions(selectors, unit=not flags["contracts"], contracts=not flags["unit"])
        began = mesh.system.monotonic()
        for tested in run_tests(mesh, options):
            screen.show(tally.take(tested))
        put(tally.result(mesh.system.monotonic() - began), screen)
    return tally.exit_code()


def _show_rows(answer: Any, screen: Screen) -> int:
    with answer:
        table, more = read_rows(answer, ON_A_SCREEN if screen.format == "table" else 0)
    put(table, screen)
    if more:
        screen.say(f"the first {ON_A_SCREEN:,} rows · all of them: -o csv")
    return Exit.DONE
