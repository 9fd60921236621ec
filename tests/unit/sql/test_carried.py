"""In which types columns are kept that are brought over from another warehouse."""

from __future__ import annotations

import pytest

from weft.sql.carried import OF_VALUES, carried_type
from weft.sql.dialect import dialect_named

LAKE, DATABASE = dialect_named("duckdb"), dialect_named("postgres")


@pytest.mark.parametrize(
    ("lake", "database"),
    [
        ("SMALLINT", "SMALLINT"),
        ("INTEGER", "INTEGER"),
        ("BIGINT", "BIGINT"),
        ("FLOAT", "REAL"),
        ("DOUBLE", "DOUBLE PRECISION"),
        ("DECIMAL(38,6)", "DECIMAL(38,6)"),
        ("BOOLEAN", "BOOLEAN"),
        ("VARCHAR", "TEXT"),
        ("DATE", "DATE"),
        ("TIME", "TIME"),
        ("TIMESTAMP", "TIMESTAMP"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"),
        ("UUID", "UUID"),
        ("BLOB", "BYTEA"),
        ("JSON", "JSON"),
        ("BIGINT[]", "BIGINT[]"),
        ("UUID[]", "UUID[]"),
    ],
)
def test_types_that_are_the_same_both_ways(lake: str, database: str) -> None:
    assert carried_type(lake, LAKE, DATABASE) == database
    assert carried_type(database, DATABASE, LAKE) == lake


@pytest.mark.parametrize(
    ("lake", "database"),
    [
        ("TINYINT", "SMALLINT"),
        ("UTINYINT", "SMALLINT"),
        ("USMALLINT", "INTEGER"),
        ("UINTEGER", "BIGINT"),
        ("UBIGINT", "DECIMAL(20,0)"),
    ],
)
def test_narrower_types_are_kept_in_wider_ones(lake: str, database: str) -> None:
    assert carried_type(lake, LAKE, DATABASE) == database


@pytest.mark.parametrize(
    ("database", "lake"),
    [
        ("character varying(10)", "VARCHAR"),
        ("jsonb", "JSON"),
        ("numeric(38,0)", "DECIMAL(38,0)"),
        ("numeric", OF_VALUES),
        ("timestamp without time zone", "TIMESTAMP"),
    ],
)
def test_what_the_database_calls_otherwise(database: str, lake: str) -> None:
    assert carried_type(database, DATABASE, LAKE) == lake


@pytest.mark.parametrize(
    "native",
    [
        *("STRUCT(a INTEGER)", "MAP(VARCHAR, BIGINT)", "BIGINT[][]", "STRUCT(a INTEGER)[]"),
        *("VARIANT", "TIME_NS", "TIMESTAMP_NS", "INTERVAL"),
    ],
)
def test_what_the_database_has_nothing_for(native: str) -> None:
    assert carried_type(native, LAKE, DATABASE) is None


@pytest.mark.parametrize(
    "native",
    [
        *("interval", "inet", "int4range", "money", "time with time zone", "bit(3)"),
        *("numeric(39,0)", "numeric(2,5)", "numeric(5,-2)", "numeric[]", "character(3)"),
    ],
)
def test_what_the_lake_has_nothing_for(native: str) -> None:
    assert carried_type(native, DATABASE, LAKE) is None


@pytest.mark.parametrize("native", ["STRUCT(a INTEGER)", "BIGINT[][]", "INTERVAL"])
def test_between_two_of_one_kind_everything_stays(native: str) -> None:
    assert carried_type(native, LAKE, LAKE) is not None
