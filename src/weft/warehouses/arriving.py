"""Arrow streams between warehouses: in which native types their columns are to be stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from weft.warehouses.protocol import TYPE, WarehouseError


def asking_types(stream: Any, types: Mapping[str, str]) -> Any:
    """Return a stream that asks for native types of these columns, by name."""
    from arro3.core import RecordBatch, RecordBatchReader, Schema

    reader = RecordBatchReader.from_arrow(stream)
    schema = Schema(
        [
            field.with_metadata({TYPE: types[field.name]}) if types.get(field.name) else field
            for field in _fields(reader.schema)
        ]
    )

    def batches() -> Iterator[Any]:
        for batch in reader:
            yield RecordBatch.from_arrays(batch.columns, schema=schema)

    return RecordBatchReader.from_batches(schema, batches())


def asked_types(stream: Any) -> tuple[Any, dict[str, str]]:
    """Return a reader of a stream, and the native types that it asks for, by column.

    Raises WarehouseError for a type of Arrow that no engine reads.
    """
    from arro3.core import RecordBatchReader

    reader = RecordBatchReader.from_arrow(stream)
    for field in _fields(reader.schema):
        instead = _instead(field.type)
        if instead:
            problem = f"column `{field.name}` has a type of Arrow that cannot be stored"
            raise WarehouseError(f"{problem}; give it {instead}")
    asked = {field.name: field.metadata_str.get(TYPE, "") for field in _fields(reader.schema)}
    return reader, {name: native for name, native in asked.items() if native}


def _instead(kind: Any) -> str:
    """What to give in place of a type that no engine reads, inside of others too; "" for others."""
    from arro3.core import DataType

    if DataType.is_float16(kind):
        return "as floating point of 32 or 64 bits"
    if DataType.is_decimal256(kind):
        return "as a decimal of at most 38 digits in 128 bits"
    parts = [kind.value_type, *(each.type for each in kind.fields or ())]
    return next(filter(None, map(_instead, filter(None, parts))), "")


def _fields(schema: Any) -> Iterator[Any]:
    return (schema.field(place) for place in range(len(schema.names)))
