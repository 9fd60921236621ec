"""Rows for whoever computes with them: typed, whole, batch by batch, and loaded as they were."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from arro3.core import Array, DataType, Field, RecordBatchReader, Schema, Table
from warehouse_steps import bound, build

from weft.warehouses.protocol import Origin, WarehouseError

TYPES: dict[str, tuple[str, DataType, Any]] = {
    "truth": ("true", DataType.bool(), True),
    "small": ("CAST(-7 AS SMALLINT)", DataType.int16(), -7),
    "whole": ("CAST(2147483647 AS INTEGER)", DataType.int32(), 2147483647),
    "big": ("CAST(9223372036854775807 AS BIGINT)", DataType.int64(), 9223372036854775807),
    "exact": (
        "CAST('12345678901234567890.123' AS DECIMAL(38,3))",
        DataType.decimal128(38, 3),
        Decimal("12345678901234567890.123"),
    ),
    "float": ("CAST(1.5 AS DOUBLE PRECISION)", DataType.float64(), 1.5),
    "text": ("CAST('naïve ☃' AS TEXT)", DataType.utf8(), "naïve ☃"),
    "day": ("DATE '2024-02-29'", DataType.date32(), date(2024, 2, 29)),
    "clock": ("TIME '12:34:56.123456'", DataType.time64("us"), time(12, 34, 56, 123456)),
    "moment": (
        "TIMESTAMP '1969-07-20 20:17:40.123456'",
        DataType.timestamp("us"),
        datetime.fromisoformat("1969-07-20T20:17:40.123456"),
    ),
}
ZONED = "CAST('2024-02-29 12:00:00+02' AS TIMESTAMP WITH TIME ZONE)"


def select(*names: str) -> str:
    values = ", ".join(f"{TYPES[name][0]} AS {name}" for name in names)
    nulls = ", ".join(f"CASE WHEN 1 = 0 THEN {TYPES[name][0]} END" for name in names)
    return f"SELECT {values} UNION ALL SELECT {nulls}"


def read(warehouse: Any, text: str, *keys: str) -> Table:
    with warehouse.rows(text, keys, {}) as found:
        return RecordBatchReader.from_arrow(found).read_all()


@pytest.mark.parametrize("name", TYPES)
def test_every_value_and_its_null_come_in_their_type(
    warehouse: Any, relation: Any, name: str
) -> None:
    warehouse.run(build("a", select(name)), bound())
    found = read(warehouse, f"SELECT {name} FROM {relation('a')}", "a")
    assert found.schema.field(name).type == TYPES[name][1]
    assert sorted(found.column(name).to_pylist(), key=repr) == sorted(
        [TYPES[name][2], None], key=repr
    )


def test_moments_with_a_zone_come_in_utc(warehouse: Any, relation: Any) -> None:
    warehouse.run(build("a", f"SELECT {ZONED} AS moment"), bound())
    found = read(warehouse, f"SELECT moment FROM {relation('a')}", "a")
    assert found.schema.field("moment").type.tz is not None
    assert found.column("moment").to_pylist() == [datetime(2024, 2, 29, 10, tzinfo=UTC)]


def test_rows_are_read_without_any_build(warehouse: Any) -> None:
    found = read(warehouse, "SELECT 1 AS one WHERE 1 = 0")
    assert (found.column_names, found.num_rows) == (["one"], 0)


def test_what_is_read_and_loaded_is_as_it_was(warehouse: Any, relation: Any) -> None:
    warehouse.run(build("a", select(*TYPES)), bound())
    listed = ", ".join(TYPES)
    with warehouse.rows(f"SELECT {listed} FROM {relation('a')}", ("a",), {}) as found:
        loaded = warehouse.load("b", found, Origin("sales.orders", "b", ("a",), "run_1"))
    assert (loaded.rows, [each.name for each in loaded.columns]) == (2, [*TYPES])
    both = [read(warehouse, f"SELECT {listed} FROM {relation(key)}", key) for key in ("a", "b")]
    assert both[0].schema == both[1].schema
    for name in TYPES:
        assert both[0].column(name).to_pylist() == both[1].column(name).to_pylist()


def test_views_are_read_through(warehouse: Any, relation: Any) -> None:
    warehouse.run(build("a", "SELECT 7 AS id"), bound())
    warehouse.run(build("v", f"SELECT id FROM {relation('a')} AS a", ["a"], "view"), bound())
    assert read(warehouse, f"SELECT id FROM {relation('v')}", "v").column("id").to_pylist() == [7]


def test_many_rows_come_in_batches(warehouse: Any, relation: Any) -> None:
    numbers = Table.from_pydict({"id": Array(list(range(300_000)), DataType.int64())})
    warehouse.load("many", Table.from_batches(numbers.to_batches() * 10).to_reader())
    with warehouse.rows(f"SELECT id FROM {relation('many')}", ("many",), {}) as found:
        sizes = [batch.num_rows for batch in RecordBatchReader.from_arrow(found)]
    assert sum(sizes) == 3_000_000 and len(sizes) > 1


def test_a_stream_that_nobody_reads_to_its_end_is_left(warehouse: Any, relation: Any) -> None:
    numbers = Table.from_pydict({"id": Array(list(range(300_000)), DataType.int64())})
    warehouse.load("many", numbers.to_reader())
    with warehouse.rows(f"SELECT id FROM {relation('many')}", ("many",), {}) as found:
        next(iter(RecordBatchReader.from_arrow(found)))
    assert read(warehouse, "SELECT 1 AS one").column("one").to_pylist() == [1]


def test_several_streams_are_read_side_by_side(warehouse: Any, relation: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    text = f"SELECT id FROM {relation('a')}"
    with warehouse.rows(text, ("a",), {}) as one, warehouse.rows(text, ("a",), {}) as other:
        warehouse.run(build("c", "SELECT 2 AS id"), bound())
        tables = [RecordBatchReader.from_arrow(each).read_all() for each in (one, other)]
    assert [each.num_rows for each in tables] == [1, 1]


def test_a_missing_build_is_told(warehouse: Any, relation: Any) -> None:
    with pytest.raises(WarehouseError, match="build gone is missing"):
        read(warehouse, f"SELECT id FROM {relation('gone')}", "gone")


def test_an_error_on_the_way_is_the_warehouses(warehouse: Any, relation: Any) -> None:
    warehouse.run(build("a", "SELECT x FROM (VALUES ('1'), ('z')) t(x)"), bound())
    with pytest.raises(WarehouseError, match="z"):
        read(warehouse, f"SELECT CAST(x AS INTEGER) AS n FROM {relation('a')}", "a")
    assert read(warehouse, f"SELECT x FROM {relation('a')}", "a").num_rows == 2


def test_an_error_of_the_reader_stays_its_own(warehouse: Any) -> None:
    with pytest.raises(ZeroDivisionError), warehouse.rows("SELECT 1 AS one", (), {}):
        raise ZeroDivisionError


def test_a_stopped_warehouse_gives_no_rows(warehouse: Any, relation: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    warehouse.cancel()
    with pytest.raises(WarehouseError, match="stopped"):
        read(warehouse, f"SELECT id FROM {relation('a')}", "a")


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        (DataType.float16(), "32 or 64 bits"),
        (DataType.decimal256(60, 2), "38 digits"),
        (DataType.list(Field("item", DataType.float16(), nullable=True)), "32 or 64 bits"),
        (DataType.struct([Field("a", DataType.float16(), nullable=True)]), "32 or 64 bits"),
        (DataType.dictionary(DataType.int8(), DataType.float16()), "32 or 64 bits"),
    ],
)
def test_a_type_of_arrow_that_nobody_reads_is_refused(
    warehouse: Any, kind: DataType, advice: str
) -> None:
    schema = Schema([Field("id", DataType.int64(), nullable=True), Field("half", kind)])
    with pytest.raises(WarehouseError, match=f"column `half` .* {advice}"):
        warehouse.load("k", Table.from_batches([], schema=schema), Origin())
