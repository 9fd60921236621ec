"""`weft plan`: what would change, before anything does."""

from __future__ import annotations

from pathlib import Path

import click

from weft.app.errors import Exit
from weft.app.plan import Planned, PlanOptions, make_plan, write_plan
from weft.cli.options import env_option, mesh_here, product_option
from weft.cli.output import Column, Kind, Result, Table, put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.plan import View, draw, draw_sql
from weft.cli.verb import verb
from weft.plan.plan import ChangeClass, Plan


@verb(
    "plan",
    ("weft plan", "what applying the files would do in production"),
    ("weft plan --env dev --out change.plan", "the same for `dev`, kept for `weft apply`"),
)
@env_option
@product_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan.")
@click.option("--rebuild", is_flag=True, help="Build the models again, changed or not.")
@click.option("--sql", is_flag=True, help="Show the statements of every step.")
@click.option("-v", "--verbose", is_flag=True, help="Show new products in full.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when there are changes.")
@screen_options
def plan(
    env: str,
    products: tuple[str, ...],
    out: Path | None,
    rebuild: bool,
    screen: Screen,
    **shown: bool,
) -> int:
    """Show what applying the files would change.

    Compares the files with what was applied last and with what is really there. Nothing is
    changed. A saved plan is applied exactly as it is, or refused when it has become stale.
    """
    with mesh_here(env) as mesh:
        planned = make_plan(mesh, PlanOptions(products, rebuild))
    if out:
        write_plan(planned.plan, out)
    apply = " ".join(["weft apply", *([str(out)] if out else _same_scope(env, products))])
    view = View(screen.width, screen.colour, shown["verbose"], planned.seconds, apply)
    put(_result(planned, view, sql=shown["sql"]), screen)
    return _exit(planned.plan, detailed=shown["detailed_exitcode"])


def _same_scope(env: str, products: tuple[str, ...]) -> list[str]:
    """Return the options that make `weft apply` plan the same again."""
    return [*(["--env", env] if env else []), *(f"--product {each}" for each in products)]


def _exit(plan: Plan, *, detailed: bool) -> Exit:
    if plan.blocked:
        breaking = any(each.category is ChangeClass.BREAKING for each in plan.changes)
        return Exit.BREAKING if breaking else Exit.BLOCKED
    return Exit.CHANGES if detailed and not plan.empty else Exit.DONE


def _result(planned: Planned, view: View, *, sql: bool) -> Result:
    plan = planned.plan
    columns = ("product", "action", "kind", "name", "category", "effect")
    rows = [[getattr(change, name) for name in columns] for change in plan.changes]
    table = Table("plan", tuple(Column(name) for name in columns[:-1]) + (
        Column("effect", Kind.TEXT),
    ), rows)
    text = draw_sql(plan) if sql else draw(plan, view)
    return Result("plan", {"plan": plan}, table, lambda _: text)
