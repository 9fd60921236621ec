"""What a function is given and what it may give back, both as Arrow.

Frames of pandas, polars and pyarrow are taken where these are installed; none of them is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import chain
from typing import Any

from arro3.core import DataType, Field, RecordBatch, RecordBatchReader, Schema, Table


class NoRows(Exception):
    """What a function gave back is nothing that could be a table; the message says what it is."""


def as_asked(rows: RecordBatchReader, annotation: object) -> Any:
    """Return an argument in the form that its annotation asks for, an arro3 Table by default."""
    package = getattr(annotation, "__module__", "").partition(".")[0]
    match package, getattr(annotation, "__name__", ""):
        case "arro3", "RecordBatchReader":
            return rows
        case "pyarrow", "RecordBatchReader":
            return import_module("pyarrow").RecordBatchReader.from_stream(rows)
        case "pyarrow", "Table":
            return import_module("pyarrow").table(rows)
        case "pandas", "DataFrame":
            return import_module("pyarrow").table(rows).to_pandas()
        case "polars", "DataFrame":
            return import_module("polars").DataFrame(rows)
        case _:
            return rows.read_all()


class Given:
    """A result as a stream of batches. `error` is what the function raised on the way, if it did.

    Raises NoRows where the result is neither Arrow nor an iterator of it.
    """

    def __init__(self, result: object, function: str) -> None:
        self.error: BaseException | None = None
        self._function = function
        if isinstance(result, Iterator):
            self.reader = self._joined(result)
        else:
            self.reader = self._stream(result)

    def _stream(self, part: object) -> RecordBatchReader:
        if isinstance(part, RecordBatch) or hasattr(part, "__arrow_c_array__"):
            part = Table.from_batches([RecordBatch.from_arrow(part)])
        if not hasattr(part, "__arrow_c_stream__"):
            name = type(part).__name__
            raise NoRows(
                f"`{self._function}` gave a `{name}`; a model gives a table as Arrow (arro3, "
                "pyarrow, polars, pandas), or an iterator of such"
            )
        return RecordBatchReader.from_arrow(part)

    def _joined(self, parts: Iterable[object]) -> RecordBatchReader:
        """One stream of all parts; the first is made now, to learn the columns."""
        batches = self._batches(parts)
        first = next(batches, None)
        if first is None:
            raise NoRows(
                f"`{self._function}` gave no batch at all, so that its columns are not known; give "
                "one without rows"
            )
        # What else a schema says, such as how pandas counted the rows, differs between batches.
        fields = [Field(name, kind, nullable=True) for name, kind in _columns(first.schema)]
        schema = Schema(fields)
        return RecordBatchReader.from_batches(schema, self._alike(schema, chain([first], batches)))

    def _batches(self, parts: Iterable[object]) -> Iterator[RecordBatch]:
        for part in parts:
            reader = self._stream(part)
            batches = iter(reader)
            empty = RecordBatch.from_arrow(Table.from_batches([], schema=reader.schema))
            yield next(batches, empty)
            yield from batches

    def _alike(self, schema: Schema, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
        wanted = _columns(schema)
        # A stream of C carries the words of an error and not the error.
        try:
            for batch in batches:
                if _columns(batch.schema) != wanted:
                    raise NoRows(f"`{self._function}` gave batches of different columns or types")
                yield batch.with_schema(schema)
        except BaseException as error:
            self.error = error
            raise


def _columns(schema: Schema) -> list[tuple[str, DataType]]:
    return list(zip(schema.names, schema.types, strict=True))
