"""Who reads what changes, and what becomes of each of them."""

from __future__ import annotations

from collections.abc import Sequence

from weft.cli.cells import cells, flow, visible
from weft.mesh.address import PortAddress
from weft.plan.impact import toll_of
from weft.plan.plan import Affected

_HEAD = "Affected: "


def affected_lines(affected: Sequence[Affected], width: int) -> list[str]:
    """Draw the consumers of ports, behind what they pay for the change; nothing for none."""
    if not affected:
        return []
    several = len({each.port for each in affected}) > 1
    told = [_words(each, with_port=several) for each in affected]
    toll = toll_of(affected)
    lines = [f"{_HEAD}{toll}:"] if toll else []
    return [*lines, *flow(" " * cells(_HEAD) if toll else _HEAD, told, width).splitlines()]


def _words(consumer: Affected, *, with_port: bool) -> str:
    """Return a consumer, how it reads a port, and what becomes of it."""
    address = PortAddress.parse(consumer.port)
    how = f"pins {address.major}" if consumer.pinned else "floats"
    how = f"{address.port} {how}" if with_port else how
    return f"{consumer.consumer} ({how}, {visible(consumer.verdict)})"
