"""Rows written as SQL, read back by the engine that they are for."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from weft.sql.dialect import dialect_named
from weft.sql.rows import logical_type_of, null_shape, typed_rows

DUCKDB = dialect_named("duckdb")


def given(types: dict[str, str], *rows: dict[str, Any]) -> tuple[list[str], list[tuple[Any, ...]]]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        select = typed_rows(null_shape(types, DUCKDB), tuple(types), rows, DUCKDB)
        relation = connection.sql(select)
        return [str(each) for each in relation.types], relation.fetchall()


@pytest.mark.parametrize(
    ("native", "value", "read"),
    [
        ("VARCHAR", "it's", "it's"),
        ("VARCHAR", 5, "5"),
        ("SMALLINT", 5, 5),
        ("BIGINT", "7", 7),
        ("DOUBLE", 1.5, 1.5),
        ("DECIMAL(10,2)", 1.5, Decimal("1.50")),
        ("BOOLEAN", True, True),
        ("DATE", "2013-02-08", date(2013, 2, 8)),
        ("TIMESTAMP", "2013-02-08T10:00:00Z", datetime(2013, 2, 8, 10)),  # noqa: DTZ001
        ("INTEGER[]", [1, 2], [1, 2]),
        ("STRUCT(a INTEGER, b VARCHAR)", {"a": 1, "b": "x y"}, {"a": 1, "b": "x y"}),
    ],
)
def test_a_value_takes_the_type_of_its_column(native: str, value: Any, read: Any) -> None:
    types, rows = given({"a": native}, {"a": value}, {})
    assert types == [native]
    assert rows == [(read,), (None,)]


def test_no_rows_still_have_their_columns() -> None:
    assert given({"a": "DATE", "b": "TINYINT"}) == (["DATE", "TINYINT"], [])


def test_a_shape_may_be_a_query() -> None:
    shape = "SELECT now() AS moment, 1::UTINYINT AS n"
    select = typed_rows(shape, ("moment", "n"), [{"n": 3}], DUCKDB)
    with duckdb.connect() as connection:
        relation = connection.sql(select)
        assert [str(each) for each in relation.types] == ["TIMESTAMP WITH TIME ZONE", "UTINYINT"]
        assert relation.fetchall() == [(None, 3)]


@pytest.mark.parametrize("native", ["VARCHAR) FROM (SELECT 1) AS x --", "nonsense", "(SELECT 1)"])
def test_what_is_no_type_is_never_written(native: str) -> None:
    assert native not in null_shape({"a": native}, DUCKDB)


def test_a_column_of_no_known_type_is_null() -> None:
    assert null_shape({"a": ""}, DUCKDB) == 'SELECT NULL AS "a"'


def test_names_and_texts_are_quoted() -> None:
    _, rows = given({'a"b': "VARCHAR"}, {'a"b': "x'; DROP TABLE t; --"})
    assert rows == [("x'; DROP TABLE t; --",)]


@pytest.mark.parametrize(
    ("values", "logical"),
    [
        ([1, None, 2], "integer"),
        ([1, 2.5], "number"),
        (["a"], "string"),
        ([True], "boolean"),
        ([True, 1], ""),
        ([None], ""),
        ([], ""),
        ([[1]], ""),
    ],
)
def test_the_logical_type_of_values(values: list[Any], logical: str) -> None:
    assert logical_type_of(values) == logical
