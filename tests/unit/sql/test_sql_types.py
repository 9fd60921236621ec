from __future__ import annotations

from typing import Any

import pytest

from weft.mesh.contract import SchemaProperty
from weft.sql.dialect import Dialect
from weft.sql.types import canonical_type, family_of, fit_problem


def promised(logical: str = "", physical: str = "", **options: Any) -> SchemaProperty:
    return SchemaProperty("c", logical, physical, options=options)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("int", "INTEGER"),
        ("text", "VARCHAR"),
        ("varchar(20)", "VARCHAR"),
        ("String", "VARCHAR"),
        ("int8", "BIGINT"),
        ("numeric(10, 2)", "DECIMAL(10,2)"),
        ("decimal(9)", "DECIMAL(9,0)"),
        ("decimal", "DECIMAL(18,3)"),
        ("double  precision", "DOUBLE"),
        ("timestamptz", "TIMESTAMP WITH TIME ZONE"),
        ("timestamp with time zone", "TIMESTAMP WITH TIME ZONE"),
        ("datetime", "TIMESTAMP"),
        ("bool", "BOOLEAN"),
        ("int[]", "INTEGER[]"),
        ("decimal(4, 1)[]", "DECIMAL(4,1)[]"),
        ("struct(Aa int)", "STRUCT(Aa INTEGER)"),
        ('ROW("Aa" INT4, "b c" text)', 'STRUCT(Aa INTEGER, "b c" VARCHAR)'),
        ("map(text, int4)[]", "MAP(VARCHAR, INTEGER)[]"),
        ("struct(", "STRUCT("),
        ("", ""),
    ],
)
def test_one_spelling_of_a_type(written: str, canonical: str, dialect: Dialect) -> None:
    assert canonical_type(written, dialect) == canonical


@pytest.mark.parametrize(
    ("native", "family"),
    [
        ("BIGINT", "integer"),
        ("UHUGEINT", "integer"),
        ("DECIMAL(10,2)", "decimal"),
        ("FLOAT", "float"),
        ("ENUM('a', 'b')", "string"),
        ("VARCHAR[]", "array"),
        ("FLOAT[3]", "array"),
        ("STRUCT(a INTEGER)[]", "array"),
        ("STRUCT(a INTEGER[])", "object"),
        ("MAP(VARCHAR, BIGINT)", "map"),
        ("GEOMETRY", "binary"),
        ("VARIANT", "json"),
        ("GUID", "uuid"),
        ("FOO", ""),
    ],
)
def test_the_family_of_a_type(native: str, family: str, dialect: Dialect) -> None:
    assert family_of(native, dialect) == family


@pytest.mark.parametrize(
    ("logical", "native", "fits"),
    [
        ("integer", "TINYINT", True),
        ("integer", "HUGEINT", True),
        ("integer", "DECIMAL(38,0)", True),
        ("integer", "DECIMAL(10,2)", False),
        ("integer", "DOUBLE", False),
        ("integer", "VARCHAR", False),
        ("number", "DECIMAL(10,2)", True),
        ("number", "DOUBLE", True),
        ("number", "INTEGER", True),
        ("number", "BOOLEAN", False),
        ("string", "VARCHAR", True),
        ("string", "ENUM('a')", True),
        ("string", "UUID", True),
        ("string", "BIGINT", False),
        ("string", "DATE", False),
        ("boolean", "BOOLEAN", True),
        ("boolean", "INTEGER", False),
        ("date", "DATE", True),
        ("date", "TIMESTAMP", False),
        ("time", "TIME", True),
        ("timestamp", "TIMESTAMP", True),
        ("timestamp", "TIMESTAMP WITH TIME ZONE", True),
        ("timestamp", "DATE", False),
        ("array", "INTEGER[]", True),
        ("array", "INTEGER", False),
        ("object", "STRUCT(a INTEGER)", True),
        ("object", "JSON", True),
        ("object", "VARCHAR", False),
        ("map", "MAP(VARCHAR, INTEGER)", True),
        ("vector", "FLOAT[3]", True),
        ("", "VARCHAR", True),
        ("integer", "", True),
        ("integer", "FOO", True),
    ],
)
def test_what_a_logical_type_takes(logical: str, native: str, fits: bool, dialect: Dialect) -> None:
    problem = fit_problem(promised(logical), native, dialect)
    assert bool(problem) is not fits
    assert fits or native in problem


def test_a_physical_type_is_exact(dialect: Dialect) -> None:
    assert fit_problem(promised("integer", "int"), "INTEGER", dialect) == ""
    assert fit_problem(promised("integer", "INT"), "BIGINT", dialect)
    assert fit_problem(promised("string", "VARCHAR(10)"), "VARCHAR", dialect) == ""
    assert fit_problem(promised("number", "numeric(10,2)"), "DECIMAL(10,2)", dialect) == ""
    assert fit_problem(promised("number", "numeric(10,2)"), "DECIMAL(12,2)", dialect)


def test_a_time_zone_counts_when_it_is_named(dialect: Dialect) -> None:
    zoned, plain = "TIMESTAMP WITH TIME ZONE", "TIMESTAMP"
    assert fit_problem(promised("timestamp", timezone=True), zoned, dialect) == ""
    assert fit_problem(promised("timestamp", timezone=True), plain, dialect)
    assert fit_problem(promised("timestamp", timezone=False), plain, dialect) == ""
    assert fit_problem(promised("timestamp", timezone=False), zoned, dialect)
