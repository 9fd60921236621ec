"""What consumers say to a version that would break them, as a list."""

from __future__ import annotations

from collections.abc import Sequence

import click

from weft.app.signoff import Asked
from weft.cli.cells import visible
from weft.cli.output import Column, Kind, Result, Table, draw_table
from weft.cli.screen import Screen
from weft.mesh.signoff import Answer, Signoff
from weft.plan.plan import BREAKS, Expected

_COLUMNS = (
    *(Column(name) for name in ("version", "consumer")),
    Column("state", title="answer"),
    Column("answer_by", title="until"),
    Column("by"),
    Column("reason", Kind.TEXT),
)
_COLOURS = {Answer.YES: "green", Answer.NO: "red", Answer.OPEN: "yellow"}


def signoffs_result(address: str, asked: Asked) -> Result:
    """Return what is said to a version, and what consumers expect of it, for every format."""
    rows = [
        (
            f"{each.product}.{each.port} {each.version}",
            each.consumer,
            each.state,
            each.answer_by,
            each.actor,
            each.reason,
        )
        for each in asked.signoffs
    ]
    table = Table("signoffs", _COLUMNS, rows)

    def text(screen: Screen) -> str:
        if not rows:
            return f"Nobody has to agree to {address}.\n  what a plan would do:  weft plan\n"
        broken = "".join(map(_broken, asked.expected))
        return f"{draw_table(table, screen)}{broken}{_next(asked.signoffs)}"

    data = {"signoffs": asked.signoffs, "expected": asked.expected}
    return Result("signoffs", data, table, text)


def _broken(expected: Expected) -> str:
    if not expected.breaks:
        return ""
    why = visible(expected.verdict.removeprefix(BREAKS).strip())
    return f"{expected.consumer} would break on {expected.port}: {why}\n"


def _next(signoffs: Sequence[Signoff]) -> str:
    waiting = [each for each in signoffs if each.state is not Answer.YES]
    if not waiting:
        port = signoffs[0].address
        return f"  release it:  weft release {port} --promote\n"
    first = waiting[0]
    answer = f"weft release signoff {first.address} --consumer {first.consumer}"
    return f"  answer:  {answer} --yes\n           {answer} --no --reason TEXT\n"


def answered_result(signoff: Signoff) -> Result:
    """Return an answer that was kept, for every format."""
    table = Table(
        "signoff",
        (Column("address"), Column("consumer"), Column("answer")),
        [(signoff.address, signoff.consumer, signoff.state)],
    )

    def text(screen: Screen) -> str:
        said = str(signoff.state)
        word = click.style(said, fg=_COLOURS[signoff.state]) if screen.colour else said
        head = f"{signoff.consumer} says {word} to {signoff.address} ({signoff.version})"
        return f"{head}\n  what all say:  weft release signoff {signoff.address}\n"

    return Result("signoff", {"signoff": signoff}, table, text)
