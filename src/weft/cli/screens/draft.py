"""Files before they are written: their paths, and their text where there is room for it."""

from __future__ import annotations

from difflib import unified_diff

import click

from weft.app.new_files import Draft, Edit
from weft.cli.cells import visible
from weft.mesh.words import count

# What nobody reads line by line; the files are there to be looked at once they are written.
_MOST_LINES = 400


def draw_draft(draft: Draft, *, colour: bool) -> str:
    """Draw every new file in full and every edit as the lines that differ.

    Of new files that are long together only the paths are drawn, and how long each is.
    """
    if sum(new.text.count("\n") for new in draft.files) > _MOST_LINES:
        blocks = [
            (f"+ {each.path}", [count(each.text.count("\n"), "line")]) for each in draft.files
        ]
    else:
        blocks = [(f"+ {new.path}", new.text.splitlines()) for new in draft.files]
    blocks += [(f"~ {edit.path}", _differing(edit)) for edit in draft.edits]
    return "\n".join(_block(head, lines, colour) for head, lines in blocks)


def _differing(edit: Edit) -> list[str]:
    """Return the lines that an edit takes and gives, and one around them on each side."""
    lines = unified_diff(edit.before.splitlines(), edit.after.splitlines(), lineterm="", n=1)
    # Two lines name the files; lines of files have one character before them.
    return [line for line in list(lines)[2:] if not line.startswith("@@")]


def _block(head: str, lines: list[str], colour: bool) -> str:
    head = click.style(visible(head), bold=True) if colour else visible(head)
    return "\n".join([head, *(f"    {visible(line)}".rstrip() for line in lines)]) + "\n"
