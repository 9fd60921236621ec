"""Values of Postgres arrive whole: numbers and texts as they are, all others as texts or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from arro3.core import RecordBatchReader

from weft.app.values import values_of
from weft.warehouses.postgres.catalog import Catalog
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.queries import Queries
from weft.warehouses.postgres.schemas import Schemas
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.target import target_of
from weft.warehouses.protocol import Unmeasurable, WarehouseError

MOMENT = "TIMESTAMP '2024-07-01 12:00:00'"
ZONED = "TIMESTAMP WITH TIME ZONE '2024-07-01 12:00:00+02'"

VALUES: dict[str, Any] = {
    "true": True,
    "CAST(-7 AS smallint)": -7,
    "9223372036854775807": 2**63 - 1,
    "CAST(0.1 AS double precision)": 0.1,
    "CAST('NaN' AS double precision)": "NaN",
    "CAST('-Infinity' AS real)": "-Infinity",
    "CAST('1.10' AS numeric(5,2))": Decimal("1.10"),
    "CAST('7' AS numeric(3,0))": 7,
    "CAST('7' AS numeric(3,-1))": "10",
    "CAST(repeat('9', 38) AS numeric(38,0))": 10**38 - 1,
    "CAST(repeat('9', 60) AS numeric(60,0))": "9" * 60,
    "1.10": Decimal("1.10"),
    "CAST(NULL AS numeric)": None,
    "CAST('NaN' AS numeric)": "NaN",
    "sum(x) FROM (VALUES (9223372036854775807), (1)) AS t(x)": 2**63,
    "CAST(repeat('9', 60) AS numeric)": 10**60 - 1,
    "CAST(repeat('9', 40) || '.5' AS numeric)": "9" * 40 + ".5",
    "'naïve ☃'": "naïve ☃",
    "CAST('a' AS character(3))": "a  ",
    "CAST('ab' AS varchar(2))": "ab",
    "CAST('ab' AS name)": "ab",
    "CAST('a' AS \"char\")": "a",
    "DATE '2024-02-29'": "2024-02-29",
    "DATE '0044-03-15 BC'": "0044-03-15 BC",
    "CAST('infinity' AS date)": "infinity",
    "TIME '12:34:56.5'": "12:34:56.5",
    "TIME WITH TIME ZONE '12:34:56+02'": "12:34:56+02",
    "TIMESTAMP '0001-01-01 00:00:00'": "0001-01-01T00:00:00",
    "TIMESTAMP '9999-12-31 23:59:59.999999'": "9999-12-31T23:59:59.999999",
    "TIMESTAMP '10000-01-01 00:00:00'": "10000-01-01 00:00:00",
    "TIMESTAMP '0044-03-15 01:02:03 BC'": "0044-03-15 01:02:03 BC",
    "CAST('-infinity' AS timestamp)": "-infinity",
    ZONED: "2024-07-01T10:00:00Z",
    "CAST('infinity' AS timestamptz)": "infinity",
    "TIMESTAMP WITH TIME ZONE '0044-03-15 01:02:03+00 BC'": "0044-03-15 01:02:03+00 BC",
    "'2024-07-01 12:00:00'": "2024-07-01 12:00:00",
    "INTERVAL '1 month 2 days'": "1 mon 2 days",
    r"CAST('\x00ff' AS bytea)": r"\x00ff",
    "CAST('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' AS uuid)": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "CAST('{\"a\": 1.10}' AS json)": '{"a": 1.10}',
    "CAST('{\"b\": [1, null]}' AS jsonb)": '{"b": [1, null]}',
    "CAST('10.0.0.1/8' AS inet)": "10.0.0.1/8",
    "int4range(1, 5)": "[1,5)",
    "B'0101'": "0101",
    "NULL": None,
    "CAST(NULL AS integer[])": None,
    "ARRAY[1, NULL, 3]": [1, None, 3],
    "ARRAY[[1, 2], [3, 4]]": [[1, 2], [3, 4]],
    "ARRAY[]::bigint[]": [],
    "ARRAY[true, NULL]": [True, None],
    "ARRAY['a,b', 'c\"d', NULL, '']": ["a,b", 'c"d', None, ""],
    "ARRAY[CAST('NaN' AS double precision), 0.5]": ["NaN", 0.5],
    "ARRAY[1.10, 2]": ["1.10", "2"],
    "ARRAY[DATE '2024-02-29']": ["2024-02-29"],
    "ARRAY[CAST('{\"a\": 1.10}' AS jsonb)]": ['{"a": 1.10}'],
    f"ARRAY[{MOMENT}, NULL, CAST('infinity' AS timestamp)]": [
        "2024-07-01T12:00:00",
        None,
        "infinity",
    ],
    f"ARRAY[{ZONED}, NULL]": ["2024-07-01T10:00:00Z", None],
    "ROW(1, 'a', NULL)": {"f1": 1, "f2": "a", "f3": None},
    "ARRAY[ROW(1, 'a'), NULL]": [{"f1": 1, "f2": "a"}, None],
    "t FROM (VALUES (1, 'a')) AS t(x, y)": {"x": 1, "y": "a"},
}


@pytest.fixture
def queries(database: dict[str, Any]) -> Iterator[Queries]:
    """What answers statements that were looked at before."""
    sessions = Sessions(target_of("wh", database))
    catalog = Catalog(sessions, Schemas(sessions, "skyline", "store_1"))
    yield Queries(sessions, Known(catalog, "prod", "here"))
    sessions.close()


def ask(queries: Queries, select: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    with queries.rows(select) as found:
        batches = RecordBatchReader.from_stream(found)
        rows = [row for batch in batches for row in zip(*values_of(batch), strict=True)]
        return found.columns, rows


def test_every_value_comes_whole(queries: Queries) -> None:
    found = {value: ask(queries, f"SELECT {value}")[1] for value in VALUES}
    assert {value: repr(rows) for value, rows in found.items()} == {
        value: repr([(expected,)]) for value, expected in VALUES.items()
    }


def test_columns_keep_their_names_and_rows_their_order(queries: Queries) -> None:
    select = (
        'SELECT CAST(x AS numeric) AS a, \'x\' AS "a", ARRAY[x] AS "b""c"'
        " FROM generate_series(0, 3) AS t(x) ORDER BY x DESC"
    )
    columns, rows = ask(queries, select)
    assert columns == ("a", "a", 'b"c')
    assert rows == [(n, "x", [n]) for n in (3, 2, 1, 0)]


def test_an_error_that_comes_with_the_rows_is_ours(queries: Queries) -> None:
    late = "CASE WHEN x = 900000 THEN CAST('x' || x AS integer) ELSE x END"
    with pytest.raises(Unmeasurable, match='"x900000"'):
        ask(queries, f"SELECT {late} AS x FROM generate_series(1, 1000000) AS t(x)")


def test_an_error_of_the_outside_that_comes_with_the_rows_is_not_the_querys(
    queries: Queries,
) -> None:
    ends = "SELECT pg_terminate_backend(pg_backend_pid()), x FROM generate_series(1, 5) AS t(x)"
    with pytest.raises(WarehouseError) as stopped:
        ask(queries, ends)
    assert stopped.value.interrupted
    assert not isinstance(stopped.value, Unmeasurable)
