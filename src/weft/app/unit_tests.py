"""Run unit tests: a model's query over given rows, compared with the rows that it must give."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from weft.app.bootstrap import Opened
from weft.app.values import Row, rows_of
from weft.mesh.check import Promise
from weft.mesh.contract import SchemaProperty
from weft.mesh.manifest import Descriptor, ProductManifest
from weft.mesh.product import UnitTest
from weft.plan.unit_test import PortTypes, UnitStatements, unit_call, unit_statements
from weft.project.odcs import read_contract
from weft.sql.carried import carried_type
from weft.sql.dialect import Dialect, dialect_named
from weft.warehouses.protocol import Warehouse, WarehouseError

SHOWN_ROWS = 5
_TOLERANCE = 1e-9
_ROUNDING = 1e-6
_NUMBERS = (int, float, Decimal)


@dataclass(frozen=True)
class UnitResult:
    """How a unit test ended. `problem` says why it could not be run.

    `missing` are rows that were expected and not given, `unexpected` the other way round: at
    most SHOWN_ROWS each, as texts by column; a null is None. `misplaced` says that all rows are
    there in another order.
    """

    product: str
    model: str
    name: str
    path: str
    passed: bool
    seconds: float
    missing: tuple[dict[str, str | None], ...] = ()
    unexpected: tuple[dict[str, str | None], ...] = ()
    misplaced: bool = False
    problem: str = ""


def unit_results(
    mesh: Opened,
    manifest: ProductManifest,
    everyone: Mapping[str, ProductManifest],
    descriptors: Mapping[str, Descriptor],
) -> Iterator[UnitResult]:
    """Run the unit tests of a product. Raises WarehouseError when the warehouse is not reached."""
    if not manifest.tests:
        return
    ports = _port_types(manifest, everyone, descriptors)
    warehouse = mesh.warehouse(manifest.warehouse)
    for test in manifest.tests:
        began = mesh.system.monotonic()
        try:
            statements = _statements(test, manifest, ports, warehouse)
            actual, expected = (
                _fetched(select, warehouse) for select in (statements.actual, statements.expected)
            )
        except WarehouseError as error:
            if error.denied or error.interrupted:
                raise
            found: dict[str, Any] = {"passed": False, "problem": str(error)}
        else:
            found = _compared(test, statements.columns, actual, expected)
        seconds = mesh.system.monotonic() - began
        yield UnitResult(
            manifest.address, test.model, test.name, test.path, seconds=seconds, **found
        )


def _statements(
    test: UnitTest, manifest: ProductManifest, ports: PortTypes, warehouse: Warehouse
) -> UnitStatements:
    """A unit test as SQL; a model in Python is called for it. Raises WarehouseError."""
    call = unit_call(test, manifest, ports)
    if call is None:
        return unit_statements(test, manifest, ports)
    from weft.app.functions.calling import Functions
    from weft.app.functions.testing import called_statements

    dialect = dialect_named(manifest.dialect)
    return called_statements(test, call, Functions(), warehouse, dialect)


def _port_types(
    manifest: ProductManifest,
    everyone: Mapping[str, ProductManifest],
    descriptors: Mapping[str, Descriptor],
) -> PortTypes:
    """The types of every port that a product reads, as its contract promises them.

    They are native to the reader's dialect; what that has no equal for is "".
    """
    reader = dialect_named(manifest.dialect)
    found: dict[str, dict[str, dict[str, str]]] = {}
    for each in manifest.inputs:
        if not each.port or each.port in found:
            continue
        upstream = everyone.get(each.product)
        if upstream is not None:
            own = dialect_named(upstream.dialect)
            found[each.port] = {
                obj.name: _promised(obj.promises, own, reader)
                for port in upstream.ports
                if f"{upstream.address}.{port.name}" == each.port
                for obj in port.objects
            }
        else:
            descriptor = descriptors[each.port]
            own = dialect_named(descriptor.dialect or manifest.dialect)
            found[each.port] = {
                obj.name: _promised(obj.properties, own, reader)
                for obj in read_contract(descriptor.contract).objects
            }
    return found


def _promised(
    columns: Iterable[Promise | SchemaProperty], own: Dialect, reader: Dialect
) -> dict[str, str]:
    """The types of a port's columns; of those without a physical type it is the reader's choice."""

    def native(column: Promise | SchemaProperty) -> str:
        if column.physical_type and own is not reader:
            return carried_type(column.physical_type, own, reader) or ""
        return reader.native_type(column.logical_type, column.physical_type, column.options)

    return {each.name: native(each) for each in columns}


def _fetched(select: str, warehouse: Warehouse) -> list[Row]:
    with warehouse.query(select, ()) as answer:
        return rows_of(answer)


def _compared(
    test: UnitTest, columns: Sequence[str], actual: list[Row], expected: list[Row]
) -> dict[str, Any]:
    """What a comparison found, as fields of a UnitResult."""
    expected = [
        tuple(_exact(value, row.get(column)) for column, value in zip(columns, found, strict=True))
        for row, found in zip(test.expect, expected, strict=True)
    ]
    missing, unexpected = _differences(actual, expected)
    misplaced = not test.any_order and not all(map(_same, actual, expected))
    named = {name for row in test.expect for name in row}
    return {
        "passed": not (missing or unexpected or misplaced),
        "missing": tuple(_texts(row, columns, named) for row in missing[:SHOWN_ROWS]),
        "unexpected": tuple(_texts(row, columns, named) for row in unexpected[:SHOWN_ROWS]),
        "misplaced": misplaced and not (missing or unexpected),
    }


def _exact(value: Any, written: Any) -> Any:
    """A number as it was written, where the type of its column cannot hold it."""
    numbers = isinstance(value, _NUMBERS) and isinstance(written, int | float)
    if not numbers or math.isclose(value, written, rel_tol=_ROUNDING):
        return value
    return written


def _differences(actual: list[Row], expected: list[Row]) -> tuple[list[Row], list[Row]]:
    """The rows that only one side has; rows that are equal but for rounding count as equal."""
    pairs = Counter(map(repr, actual)) & Counter(map(repr, expected))
    unexpected = _without(actual, pairs)
    missing = []
    for row in _without(expected, pairs):
        found = next((n for n, other in enumerate(unexpected) if _same(row, other)), None)
        if found is None:
            missing.append(row)
        else:
            del unexpected[found]
    return missing, unexpected


def _without(rows: list[Row], paired: Counter[str]) -> list[Row]:
    left = Counter(paired)
    kept = []
    for row in rows:
        text = repr(row)
        if left[text]:
            left[text] -= 1
        else:
            kept.append(row)
    return kept


def _same(left: Any, right: Any) -> bool:
    """Whether two values of one type are equal, floats but for the last digits."""
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=_TOLERANCE)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    return bool(left == right)


def _texts(row: Row, columns: Sequence[str], named: set[str]) -> dict[str, str | None]:
    """A row for people: the columns that the test names, and others that hold something."""
    return {
        column: None if value is None else str(value)
        for column, value in zip(columns, row, strict=True)
        if column in named or value is not None
    }
