"""Shows a draft, asks, writes it and says what to do next: how every scaffolding verb ends."""

from __future__ import annotations

from pathlib import Path

import click

from weft.app.errors import Exit
from weft.app.new_files import Draft, write
from weft.cli.output import Column, Result, Table, put
from weft.cli.screen import Screen
from weft.cli.screens.draft import draw_draft

yes_option = click.option("-y", "--yes", is_flag=True, help="Write without asking.")


def offer(folder: Path, draft: Draft, screen: Screen, *, yes: bool) -> Exit:
    """Show the files of a draft, and write them when a person or `--yes` agrees."""
    if screen.asks and not yes:
        screen.say(draw_draft(draft, colour=screen.colour))
    if not screen.agree(f"Write this to {folder}?", yes=yes):
        screen.say("Nothing was written.")
        return Exit.BLOCKED
    write(folder, draft)
    put(_written(draft), screen)
    if draft.note:
        screen.say(draft.note)
    for number, step in enumerate(draft.next_steps):
        screen.say(f"{'  next:' if number == 0 else '       '}  {step}")
    return Exit.DONE


def _written(draft: Draft) -> Result:
    rows = [("created", new.path) for new in draft.files]
    rows += [("changed", edit.path) for edit in draft.edits]
    table = Table("files", (Column("action"), Column("path")), rows)
    return Result("files", table.data, table, lambda _: "".join(f"{a} {p}\n" for a, p in rows))
