"""Which native types hold all values of another one."""

from __future__ import annotations

import pytest

from weft.sql.dialect import Dialect
from weft.sql.widening import is_wider


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("INTEGER", "BIGINT"),
        ("int4", "int8"),
        ("UINTEGER", "BIGINT"),
        ("UTINYINT", "UBIGINT"),
        ("INTEGER", "DECIMAL(18,2)"),
        ("BIGINT", "DECIMAL(38,0)"),
        ("DECIMAL(10,2)", "DECIMAL(12,2)"),
        ("DECIMAL(10,2)", "DECIMAL(12,4)"),
        ("DECIMAL(9,0)", "BIGINT"),
        ("FLOAT", "DOUBLE"),
    ],
)
def test_a_type_with_more_room(old: str, new: str, dialect: Dialect) -> None:
    assert is_wider(new, old, dialect)
    assert not is_wider(old, new, dialect)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("INTEGER", "UBIGINT"),
        ("BIGINT", "DECIMAL(18,0)"),
        ("DECIMAL(10,2)", "DECIMAL(11,4)"),
        ("DOUBLE", "DECIMAL(18,2)"),
        ("DECIMAL(18,2)", "DOUBLE"),
        ("INTEGER", "DOUBLE"),
        ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
        ("VARCHAR", "UUID"),
        ("VARCHAR", "VARCHAR"),
        ("STRUCT(a INTEGER)", "STRUCT(a BIGINT)"),
    ],
)
def test_other_types_are_not_wider(old: str, new: str, dialect: Dialect) -> None:
    assert not is_wider(new, old, dialect)
