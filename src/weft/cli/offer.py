"""Shows a draft, asks, writes it and says what to do next: how every scaffolding verb ends."""

from __future__ import annotations

from pathlib import Path

import click

from weft.app.errors import Exit
from weft.app.new_files import Draft, write
from weft.cli.cells import flow, visible
from weft.cli.next_step import in_env
from weft.cli.output import Column, Result, Table, put
from weft.cli.screen import Screen
from weft.cli.screens.draft import draw_draft

yes_option = click.option("-y", "--yes", is_flag=True, help="Write without asking.")


def offer(folder: Path, draft: Draft, screen: Screen, *, yes: bool, env: str = "") -> Exit:
    """Show the files of a draft, and write them when a person or `--yes` agrees.

    `env` is the option by which the next commands mean the environment that the draft is made for.
    """
    asks = screen.asks and not yes
    if asks:
        screen.say(draw_draft(draft, colour=screen.colour))
        _tell(draft, screen)
    if not screen.agree(f"Write this to {folder}?", yes=yes):
        screen.say("Nothing was written.")
        return Exit.BLOCKED
    write(folder, draft)
    put(_written(draft), screen)
    if not asks:
        _tell(draft, screen)
    for number, step in enumerate(draft.next_steps):
        screen.say(f"{'  next:' if number == 0 else '       '}  {in_env(step, env)}")
    return Exit.DONE


def _tell(draft: Draft, screen: Screen) -> None:
    for note in draft.notes:
        screen.say(flow("", visible(note).split(), screen.width, joint=" "))


def _written(draft: Draft) -> Result:
    rows = [("created", new.path) for new in draft.files]
    rows += [("changed", edit.path) for edit in draft.edits]
    table = Table("files", (Column("action"), Column("path")), rows)
    text = "".join(f"{action} {visible(path)}\n" for action, path in rows)
    data = {**table.data, "notes": list(draft.notes)}
    return Result("files", data, table, lambda _: text)
