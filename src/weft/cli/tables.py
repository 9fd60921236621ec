"""What is told of the tables that sources name: what was read of them, or that it still will be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from weft.app.table_contents import TableRead
from weft.cli.cells import flow
from weft.cli.screen import Screen
from weft.mesh.words import count


def tell_read(tables: Iterable[TableRead], screen: Screen) -> None:
    """Say for each table that was read how many rows it has, and whether they are other ones."""
    for each in tables:
        words = count(each.rows, "row") if each.is_new else f"{count(each.rows, 'row')}, as before"
        screen.say(f"read {each.source} from {each.warehouse}: {words}")


def tell_unread(sources: Sequence[str], screen: Screen) -> None:
    """Say which tables are read only when the plan is carried out."""
    if sources:
        screen.say(flow("read at run time: ", list(sources), screen.width))
