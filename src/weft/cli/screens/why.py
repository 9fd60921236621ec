"""How one thing stands, and every field that makes it so."""

from __future__ import annotations

from weft.app.why import Why
from weft.cli.cells import visible
from weft.cli.output import Column, Kind, Result, Table, draw_table
from weft.cli.screen import Screen
from weft.mesh.words import short_time


def why_result(why: Why, environment: str, env: str = "") -> Result:
    """Return an answer for every format; the table has a row per reason.

    `env` is the option by which the next command means the same environment.
    """
    columns = (Column("field"), *(Column(name, Kind.TEXT) for name in ("old", "new", "note")))
    rows = [(each.field, each.old, each.new, each.note) for each in why.reasons]
    table = Table("reasons", columns, rows)

    def text(screen: Screen) -> str:
        lines = []
        if why.release:
            since = f"  release {why.release.number} of {short_time(why.release.at)}"
            by = f", {why.run.kind} {why.run.id} by {visible(why.run.actor)}" if why.run else ""
            lines.append(since + by)
        if why.reasons:
            lines += ["", draw_table(table, screen).rstrip("\n"), ""]
        lines.append(f"  next:  {why.next_step}{env}")
        return "\n".join(lines) + "\n"

    return Result("why", {"why": why}, table, text, (why.address, environment, why.verdict))
