"""The first line of what people are shown: what it is, and at its right end how long it took."""

from __future__ import annotations

from collections.abc import Sequence

import click

from weft.cli.cells import cells, flow, pad

_TERMINAL = 80
_APART = 3


def headline(parts: Sequence[str], right: str, width: int, *, colour: bool = False) -> str:
    """Draw what is shown, in parts, and `right` at the end of the line; the first part stands out.

    `width` 0 is no terminal. What does not fit into one line goes on in the next.

    >>> headline(["sales.orders", "prod"], "0.1 s", 40)
    'sales.orders · prod                0.1 s'
    """
    first, *others = parts
    line = " · ".join(parts)
    room = (width or _TERMINAL) - cells(right)
    if not width or cells(line) + _APART <= room:
        drawn = pad(line, max(room, cells(line) + _APART)) + right
    else:
        drawn = flow("", [first, *others, right], width)
    return click.style(first, bold=True) + drawn.removeprefix(first) if colour else drawn
