"""Environments as lists: those that are there, and what goes with those that end."""

from __future__ import annotations

from collections.abc import Sequence

from weft.app.ending import EnvironmentEnd
from weft.app.environment_list import EnvironmentLine
from weft.cli.output import Column, Kind, Result, Table, draw_table
from weft.cli.screen import Screen
from weft.mesh.words import count

_LINE = (
    Column("environment"),
    Column("state"),
    Column("owner", Kind.TEXT),
    Column("branch", Kind.TEXT),
    *(Column(name, Kind.TIME) for name in ("made", "released", "ends")),
    Column("products", Kind.NUMBER),
    Column("own_bytes", Kind.NUMBER, "own bytes"),
    Column("shown_bytes", Kind.NUMBER, "shown bytes"),
)
_END = (
    Column("environment"),
    Column("why"),
    *(Column(name, Kind.NUMBER) for name in ("releases", "builds", "bytes")),
    Column("served", title="served files"),
    Column("rows", Kind.NUMBER, "store rows"),
)


def environments_result(lines: Sequence[EnvironmentLine]) -> Result:
    """Return the environments for every format."""
    rows = [
        (
            each.name,
            each.state,
            each.owner,
            each.branch,
            each.made,
            each.released,
            each.ends,
            each.products,
            each.own_bytes,
            each.shown_bytes,
        )
        for each in lines
    ]
    table = Table("environments", _LINE, rows)

    def text(screen: Screen) -> str:
        return f"{draw_table(table, screen)}{_next(lines)}\n"

    head = (count(len(lines), "environment"),)
    return Result("environments", {"environments": lines}, table, text, head)


def _next(lines: Sequence[EnvironmentLine]) -> str:
    """Say what to do next: end what is over, compare what is there, or make the first one."""
    states = {each.state: each.name for each in reversed(lines)}
    if "expired" in states or "ending" in states:
        return "  end what is over:  weft env gc"
    if "live" in states:
        return f"  what differs:  weft diff {lines[0].name} {states['live']}"
    return "  nothing was applied to another one; make it:  weft apply --env NAME"


def ended_result(found: Sequence[EnvironmentEnd], *, done: bool, named: bool = False) -> Result:
    """Return what goes with environments, or went, for every format."""
    rows = [
        (
            each.environment,
            each.why,
            each.releases,
            each.builds,
            each.bytes,
            "yes" if each.served else "",
            each.rows,
        )
        for each in found
    ]
    table = Table("ended", _END, rows)

    def text(screen: Screen) -> str:
        if not found:
            told = "Nothing is left of them." if named else "No environment is past its time."
            return f"{told}\n  what there is:  weft env ls\n"
        size = f"{sum(each.bytes for each in found):,} bytes"
        told = f"{count(len(found), 'environment')}, {size}"
        if done:
            return f"{draw_table(table, screen)}{told}: ended\n  what is left:  weft env ls\n"
        names = " ".join(each.environment for each in found)
        return f"{draw_table(table, screen)}{told}\n  do it:  weft env gc {names}\n"

    return Result("ended", {"done": done, "environments": found}, table, text)
