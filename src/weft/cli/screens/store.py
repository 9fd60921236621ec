"""What was moved between a store and a file."""

from __future__ import annotations

from weft.app.move_store import Moved
from weft.cli.cells import visible
from weft.cli.output import Column, Kind, Result, Table
from weft.cli.screen import Screen


def moved_result(moved: Moved, *, imported: bool) -> Result:
    """Return what was exported, or imported, for every format."""
    numbers = (Column("rows", Kind.NUMBER), Column("bytes", Kind.NUMBER))
    table = Table("store", (Column("file"), *numbers), [(moved.file, moved.rows, moved.bytes)])

    def text(screen: Screen) -> str:
        file = visible(moved.file)
        if imported:
            return f"{moved.rows:,} rows came from {file}.\n  nothing is to do:  weft plan\n"
        size = f"{moved.rows:,} rows, {moved.bytes:,} bytes"
        return (
            f"{file}: {size}.\n  into the store that weft.yaml names next:  "
            f"weft store import {file}\n"
        )

    return Result("store", {"imported": imported, **vars(moved)}, table, text)
