"""Files before they are written: their paths, and their text where there is room for it."""

from __future__ import annotations

from difflib import unified_diff

import click

from weft.app.new_files import Draft


def draw_draft(draft: Draft, *, colour: bool) -> str:
    """Draw every new file in full and every edit as the lines that differ."""
    blocks = [(f"+ {new.path}", new.text.splitlines()) for new in draft.files]
    for edit in draft.edits:
        lines = unified_diff(edit.before.splitlines(), edit.after.splitlines(), lineterm="", n=1)
        blocks.append((f"~ {edit.path}", [line for line in lines if line[:3] not in _HEADS]))
    return "\n".join(_block(head, lines, colour) for head, lines in blocks)


_HEADS = ("---", "+++", "@@ ")


def _block(head: str, lines: list[str], colour: bool) -> str:
    head = click.style(head, bold=True) if colour else head
    return "\n".join([head, *(f"    {line}".rstrip() for line in lines)]) + "\n"
