"""Rows that a warehouse streams, as a table."""

from __future__ import annotations

from typing import Any

from arro3.core import DataType, RecordBatchReader

from weft.cli.output import Column, Kind, Table

ON_A_SCREEN = 100


def read_rows(stream: Any, most: int) -> tuple[Table, bool]:
    """Read at most so many rows of an Arrow stream, 0 for all; and whether there are more."""
    reader = RecordBatchReader.from_arrow(stream)
    fields = [reader.schema.field(place) for place in range(len(reader.schema.names))]
    columns = tuple(
        Column(field.name, Kind.NUMBER if DataType.is_numeric(field.type) else Kind.TEXT)
        for field in fields
    )
    rows: list[tuple[Any, ...]] = []
    for batch in reader:
        # A batch can be the whole result; what is not shown is not turned into Python values.
        wanted = min(batch.num_rows, most + 1 - len(rows)) if most else batch.num_rows
        batch = batch.slice(0, wanted)
        rows += zip(*(batch.column(place).to_pylist() for place in range(len(fields))), strict=True)
        if most and len(rows) > most:
            return Table("rows", columns, rows[:most]), True
    return Table("rows", columns, rows), False
