"""Declared types: written anew, in another dialect too, and nothing else."""

from __future__ import annotations

import pytest

from weft.sql.dialect import dialect_named
from weft.warehouses.declared import declared_type
from weft.warehouses.protocol import WarehouseError

POSTGRES, DUCKDB = dialect_named("postgres"), dialect_named("duckdb")


@pytest.mark.parametrize(
    ("text", "own", "engine"),
    [
        ("", "", ""),
        ("integer", "INT", "INT"),
        ("numeric(12, 2)", "DECIMAL(12, 2)", "DECIMAL(12, 2)"),
        ("jsonb", "JSONB", "JSON"),
        ("bytea", "BYTEA", "BLOB"),
        ("text[]", "TEXT[]", "TEXT[]"),
    ],
)
def test_written_anew(text: str, own: str, engine: str) -> None:
    assert declared_type(text, POSTGRES) == own
    assert declared_type(text, POSTGRES, DUCKDB) == engine


@pytest.mark.parametrize("text", ["integer); DROP TABLE x", "integer, y text", "integer -- x"])
def test_what_stands_behind_a_type_is_left_out(text: str) -> None:
    assert declared_type(text, POSTGRES) == "INT"


@pytest.mark.parametrize("text", ["1 + 1", "'a'", "a.b", "(SELECT 1)"])
def test_what_is_no_type(text: str) -> None:
    with pytest.raises(WarehouseError, match="is no type of postgres"):
        declared_type(text, POSTGRES)
