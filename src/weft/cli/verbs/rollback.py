"""`weft rollback`: back to an earlier release, and held there."""

from __future__ import annotations

from typing import Any

import click

from weft.app.errors import Exit
from weft.app.rollback import Rollback, RollbackOptions, lift_hold, plan_rollback, roll_back
from weft.cli.cells import flow
from weft.cli.completion import a_product
from weft.cli.next_step import same_env
from weft.cli.number import Number
from weft.cli.options import env_option, mesh_here, yes_option
from weft.cli.output import Column, Table, report
from weft.cli.progress import follow
from weft.cli.screen import Screen, screen_options
from weft.cli.verb import verb
from weft.mesh.words import short_time


@verb(
    "rollback",
    ("weft rollback operations.flights --reason 'wrong delays'", "to the release before"),
    ("weft rollback operations.flights --lift", "let it publish again"),
)
@click.argument("product", shell_complete=a_product)
@env_option
@click.option(
    "--to",
    "release",
    default=None,
    type=Number(1),
    metavar="NUMBER",
    help="The release to go back to.  [default: the one before]",
)
@click.option("--reason", default="", help="Why; it stands with the hold.")
@click.option(
    "--breaks",
    multiple=True,
    metavar="PRODUCT",
    shell_complete=a_product,
    help="A consumer that may break.",
)
@click.option("--lift", is_flag=True, help="End the hold of an earlier rollback instead.")
@yes_option
@screen_options
def rollback(
    product: str, env: str, release: int | None, yes: bool, screen: Screen, **wish: Any
) -> int:
    """Point a product to an earlier release, with its contract, and hold it there.

    Without --to it is the release before the one that is shown now: a second time it goes further
    back, never to what was left. Builds and checks go on; nothing is published until the hold is
    lifted or a new definition is applied. What reads it is built on the older data by the next
    apply or run. Refused when the older contract breaks a consumer that is not named.
    """
    with mesh_here(env) as mesh:
        if wish.pop("lift"):
            lift_hold(mesh, product)
            go_on = f"weft run --product {product}{same_env(env)}"
            words = f"{product} publishes again.\n  go on:  {go_on}"
            columns = (Column("product"), Column("environment"))
            report(words, Table("lifted", columns, [(product, mesh.environment)]), screen)
            return Exit.DONE
        options = RollbackOptions(product, release or 0, **wish)
        ready = plan_rollback(mesh, options)
        screen.say(_announced(ready, mesh.environment, screen.width))
        if not screen.agree("Go back?", yes=yes):
            screen.say("Nothing was changed.")
            return Exit.BLOCKED
        return follow(
            roll_back(mesh, ready, options.reason),
            screen,
            mesh.system.monotonic,
            same_env(env),
            again=_again(ready, options),
        )


def _again(ready: Rollback, options: RollbackOptions) -> str:
    """Return the command that goes on: to the same release, even where it is current already."""
    breaks = "".join(f" --breaks {consumer}" for consumer in options.breaks)
    return f"weft rollback {options.product} --to {ready.target.number}{breaks}"


def _announced(ready: Rollback, environment: str, width: int) -> str:
    numbers = f"release {ready.current.number} -> release {ready.target.number} again"
    lines = [
        f"{ready.current.product} · {environment}: {numbers}, of {short_time(ready.target.at)}"
    ]
    if ready.downstream:
        lines.append(flow("read by: ", list(ready.downstream), width))
        lines.append("  the next apply or run builds them on the older data")
    return "\n".join(lines)
