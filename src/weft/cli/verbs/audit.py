"""`weft audit`: who did what, and the proof that the list is whole."""

from __future__ import annotations

import click

from weft.app.audit import audit_entries, verify_audit
from weft.app.errors import Exit
from weft.cli.number import Number
from weft.cli.options import mesh_here
from weft.cli.output import Column, Kind, Table, put, report
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.history import audit_table
from weft.cli.verb import VerbGroup, verb


@click.group(
    "audit",
    cls=VerbGroup,
    examples=(
        ("weft audit log", "the latest entries: who did what, when"),
        ("weft audit verify", "check that no entry was changed, removed or moved"),
    ),
)
def audit() -> None:
    """Show who did what, and prove that the list is whole."""


@verb(
    "log",
    ("weft audit log", "the latest entries"),
    ("weft audit log --limit 0 -o csv", "all of them, for somebody else's records"),
)
@click.option(
    "--limit",
    default=50,
    type=Number(0),
    metavar="N",
    help="So many.  [default: 50; 0: all]",
)
@screen_options
def log(limit: int, screen: Screen) -> int:
    """List entries of the audit log, newest first."""
    with mesh_here("") as mesh:
        put(audit_table(audit_entries(mesh, limit)), screen)
    return Exit.DONE


@verb(
    "verify",
    ("weft audit verify", "walk the whole chain"),
    ("weft audit verify --quiet", "the same, with the exit code as the only answer"),
)
@screen_options
def verify(screen: Screen) -> int:
    """Check the hash chain of the audit log; exits with 5 when broken."""
    with mesh_here("") as mesh:
        found = verify_audit(mesh)
    good = f"{found.entries:,} entr{'y is' if found.entries == 1 else 'ies are'} good"
    rest = f", the next is not: {found.problem}" if found.problem else "; the chain is whole."
    columns = (Column("entries", Kind.NUMBER), Column("problem", Kind.TEXT))
    table = Table("verification", columns, [(found.entries, found.problem)])
    report(good + rest, table, screen)
    return Exit.BLOCKED if found.problem else Exit.DONE


audit.add_command(log)
audit.add_command(verify)
