"""Run a unit test of a model in Python: what it gives becomes rows as those of any other model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any

from arro3.core import DataType

from weft.app.functions.calling import Functions
from weft.mesh.product import UnitTest
from weft.plan.plan import Call
from weft.plan.unit_test import UnitStatements
from weft.sql.dialect import Dialect
from weft.sql.rows import null_shape, typed_rows
from weft.warehouses.protocol import Warehouse

# What types of Arrow are called in a contract; what is none of these is compared as text.
_LOGICAL = {
    "boolean": DataType.is_boolean,
    "number": DataType.is_floating,
    "date": DataType.is_date,
    "time": DataType.is_time,
    "timestamp": DataType.is_timestamp,
    "object": DataType.is_nested,
}


def called_statements(
    test: UnitTest, call: Call, functions: Functions, warehouse: Warehouse, dialect: Dialect
) -> UnitStatements:
    """Call a function with given rows; its rows and those that it must give as two statements.

    Raises WarehouseError.
    """
    inputs = {each.name: warehouse.rows(each.select, (), {}) for each in call.arguments}
    with functions.called(call, inputs) as reader:
        table = reader.read_all()
    columns = tuple(table.schema.names)
    values = [table.column(name).to_pylist() for name in columns]
    kinds = zip(columns, table.schema.types, values, strict=True)
    shape = null_shape({name: _native(kind, own, dialect) for name, kind, own in kinds}, dialect)
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]
    actual, expected = (
        typed_rows(shape, columns, list(map(_texts, each)), dialect) for each in (rows, test.expect)
    )
    return UnitStatements(columns, actual, expected)


def _native(kind: DataType, values: Iterable[Any], dialect: Dialect) -> str:
    """The native type in which values of an Arrow type are compared."""
    if DataType.is_integer(kind):
        return dialect.native_type("integer", "DECIMAL(38,0)")
    if DataType.is_decimal(kind):
        digits = max((-each.as_tuple().exponent for each in values if each is not None), default=0)
        return dialect.native_type("number", f"DECIMAL(38,{digits})")
    logical = next((name for name, fits in _LOGICAL.items() if fits(kind)), "string")
    zoned = logical == "timestamp" and kind.tz is not None
    return dialect.native_type(logical, "", {"timezone": True} if zoned else {})


def _texts(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose values can be written as SQL; what holds other values is written in one way."""
    return {name: _text(value) for name, value in row.items()}


def _text(value: Any) -> Any:
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return value if value is None or isinstance(value, bool | int | float) else str(value)
