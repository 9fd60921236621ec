"""Rows that a warehouse streams, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from arro3.core import DataType, RecordBatchReader

from weft.app.values import Row, values_of
from weft.cli.output import Column, Kind, Table

ON_A_SCREEN = 100


def read_rows(stream: Any, most: int) -> tuple[Table, bool]:
    """Read at most so many rows of an Arrow stream, 0 for all; and whether there are more."""
    reader = RecordBatchReader.from_arrow(stream)
    rows: list[Row] = []
    for batch in reader:
        # A batch can be the whole result; what is not shown is not turned into Python values.
        wanted = min(batch.num_rows, most + 1 - len(rows)) if most else batch.num_rows
        rows += zip(*values_of(batch.slice(0, wanted)), strict=True)
        if most and len(rows) > most:
            return _table(reader, rows[:most]), True
    return _table(reader, rows), False


def _table(reader: RecordBatchReader, rows: Sequence[Row]) -> Table:
    columns = [
        Column(name, _kind(reader.schema.field(place).type, (row[place] for row in rows)))
        for place, name in enumerate(reader.schema.names)
    ]
    return Table("rows", tuple(columns), rows)


def _kind(arrow: DataType, values: Iterable[Any]) -> Kind:
    """Integers of any size come as JSON and truths as small integers, so a value decides."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, bool):
        return Kind.TEXT
    number = isinstance(first, int) or DataType.is_numeric(arrow)
    return Kind.NUMBER if number else Kind.TEXT
