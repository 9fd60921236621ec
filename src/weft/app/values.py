"""Read what a warehouse streams as values of Python, each complete.

A stream has Arrow's plain types and two of its canonical extensions: `arrow.bool8`, and
`arrow.json` for values that no plain type can carry.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from arro3.core import DataType, Field, RecordBatch, RecordBatchReader

_EXTENSION = b"ARROW:extension:name"

# Beyond this Python reads no integer, because it would take forever.
_MAX_DIGITS = 4300


Row = tuple[Any, ...]
"""The values of one row, in the order of the columns."""


def rows_of(stream: Any) -> list[Row]:
    """Read all rows of an Arrow stream."""
    batches = RecordBatchReader.from_arrow(stream)
    return [row for batch in batches for row in zip(*values_of(batch), strict=True)]


def values_of(batch: RecordBatch) -> list[list[Any]]:
    """Return the values of each column: None, bool, int, float, Decimal, str, list or dict.

    Floats that are no numbers are texts: NaN, Infinity and -Infinity. Decimals without digits
    behind the point are integers.
    """
    found = []
    for place in range(batch.num_columns):
        values: list[Any] = list(batch.column(place).to_pylist())
        read = _reader(batch.schema.field(place))
        if read is not None:
            values = [None if value is None else read(value) for value in values]
        found.append(values)
    return found


def _reader(field: Field) -> Callable[[Any], Any] | None:
    if DataType.is_floating(field.type):
        return _number
    if DataType.is_decimal(field.type):
        return _whole
    return _EXTENSIONS.get(field.metadata.get(_EXTENSION, b""))


def _whole(value: Decimal) -> int | Decimal:
    """An integer where the type has no digits behind the point; all of its values tell."""
    return value if value.as_tuple().exponent else int(value)


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


_EXTENSIONS: dict[bytes, Callable[[Any], Any]] = {
    b"arrow.bool8": bool,
    b"arrow.json": json.JSONDecoder(parse_int=_integer, parse_constant=str).decode,
}
