"""`weft query`: one SELECT over published ports."""

from __future__ import annotations

import sys

import click

from weft.app.errors import Exit, Usage
from weft.app.query import query as asked
from weft.cli.number import Number
from weft.cli.options import env_option, mesh_here
from weft.cli.output import put
from weft.cli.rows import ON_A_SCREEN, read_rows
from weft.cli.screen import Screen, screen_options
from weft.cli.verb import verb
from weft.mesh.words import count


@verb(
    "query",
    ('weft query "select * from operations.flights.departures_v1"', "what consumers see of a port"),
    ("weft query - -o csv < question.sql", "a query from a file, all its rows as CSV"),
)
@click.argument("sql")
@env_option
@click.option(
    "--limit",
    type=Number(0),
    metavar="N",
    help="Show so many rows.  [default: 100; 0: all]",
)
@screen_options
def query(sql: str, env: str, limit: int | None, screen: Screen) -> int:
    """Run one SELECT over published ports, by their logical names.

    `domain.product.object_v1` is major 1, `domain.product.object` the highest active one. Ports
    of several warehouses are brought together first, and gone afterwards.
    JSON, YAML, CSV and Markdown have all rows unless a limit is given. `-` reads the query from
    stdin.
    """
    text = _from_stdin() if sql == "-" else sql
    most = limit if limit is not None else ON_A_SCREEN if screen.format == "table" else 0
    with mesh_here(env) as mesh, asked(mesh, text) as answer:
        if answer.brought and sys.stderr.isatty():
            screen.say(f"brought {count(answer.brought, 'row')} together from several warehouses")
        table, more = read_rows(answer.rows, most)
    put(table, screen)
    if more:
        screen.say(f"the first {most:,} rows · all of them: --limit 0")
    return Exit.DONE


def _from_stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1} is none"
        raise Usage("a query is UTF-8", why=where, next_step="save it as UTF-8") from error
