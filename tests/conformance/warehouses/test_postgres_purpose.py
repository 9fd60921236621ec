"""What a database administrator sees of who works on the server, and for what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from arro3.core import Array, DataType, RecordBatch, RecordBatchReader
from warehouse_steps import bound, build, rows_of

from weft.warehouses.postgres.purpose import Purpose
from weft.warehouses.protocol import Origin

AT_WORK = """
SELECT application_name FROM pg_stat_activity
WHERE datname = current_database() AND state <> 'idle' AND query LIKE 'COPY%'
"""


def test_a_statement_says_for_which_product_and_run_it_is(open_it: Callable[[], Any]) -> None:
    warehouse = open_it()
    select = "SELECT current_setting('application_name') AS called, current_query() AS said"
    for key, run in (("first", "run_1"), ("second", "run_2")):
        warehouse.run(build(key, select), bound(run))
        [(called, said)] = rows_of(warehouse, key, ["called", "said"])
        assert called == f"weft {run} sales.orders"
        assert said.startswith(f"/* weft product=sales.orders run={run} */ CREATE TABLE")


def test_a_stream_that_is_stored_says_it_too(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any]
) -> None:
    seen: list[str] = []

    def batches() -> Iterator[RecordBatch]:
        for number in range(2):
            yield RecordBatch.from_pydict({"x": Array([number], DataType.int64())})
            seen.extend(name for (name,) in admin.execute(AT_WORK).fetchall())

    schema = RecordBatch.from_pydict({"x": Array([], DataType.int64())}).schema
    stream = RecordBatchReader.from_batches(schema, batches())
    open_it().load("copied", stream, Origin(product="sales.orders", run="run_1"))
    assert set(seen) <= {"weft run_1 sales.orders"} and seen


def test_names_of_any_length_fit_and_keep_the_run() -> None:
    purpose = Purpose()
    purpose.product, purpose.run = f"sales.{'x' * 80} ';", "run_1"
    assert purpose.application == f"weft run_1 sales.{'x' * 46}"
    assert len(purpose.application) == 63
    assert "'" not in purpose.comment
