"""Native types as contracts describe them, and that what is described is kept by the type."""

from __future__ import annotations

from typing import Any

import pytest

from weft.contract.described import described_type
from weft.mesh.contract import SchemaProperty
from weft.sql.dialect import dialect_named
from weft.sql.nested import misfits

DUCKDB, POSTGRES = dialect_named("duckdb"), dialect_named("postgres")


@pytest.mark.parametrize(
    ("native", "wanted"),
    [
        ("VARCHAR", {"logicalType": "string"}),
        ("UUID", {"logicalType": "string"}),
        ("SMALLINT", {"logicalType": "integer"}),
        ("DECIMAL(10,0)", {"logicalType": "integer"}),
        ("DECIMAL(10,2)", {"logicalType": "number"}),
        ("DOUBLE", {"logicalType": "number"}),
        ("BOOLEAN", {"logicalType": "boolean"}),
        ("DATE", {"logicalType": "date"}),
        ("TIME", {"logicalType": "time"}),
        ("TIMESTAMP", {"logicalType": "timestamp"}),
        (
            "TIMESTAMP WITH TIME ZONE",
            {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}},
        ),
        ("JSON", {"logicalType": "object"}),
        ("BLOB", {"physicalType": "BLOB"}),
        ("INTERVAL", {"physicalType": "INTERVAL"}),
        ("", {}),
        ("INTEGER[]", {"logicalType": "array", "items": {"logicalType": "integer"}}),
        (
            'STRUCT(a INTEGER, "b c" DATE[])',
            {
                "logicalType": "object",
                "properties": [
                    {"name": "a", "logicalType": "integer"},
                    {"name": "b c", "logicalType": "array", "items": {"logicalType": "date"}},
                ],
            },
        ),
        ("MAP(VARCHAR, INTEGER)", {"logicalType": "object"}),
    ],
)
def test_a_type_is_described(native: str, wanted: dict[str, Any]) -> None:
    assert described_type(native, DUCKDB) == wanted


def test_the_physical_type_is_told_where_it_is_wanted() -> None:
    assert described_type("SMALLINT", POSTGRES, physical=True) == {
        "logicalType": "integer",
        "physicalType": "SMALLINT",
    }


@pytest.mark.parametrize("dialect", [DUCKDB, POSTGRES], ids=lambda each: each.name)
def test_every_type_keeps_its_description(dialect: Any) -> None:
    for native, family in dialect.types.families.items():
        described = described_type(native, dialect)
        if family in ("array", "object", "map"):
            continue
        prop = SchemaProperty(
            "c",
            described.get("logicalType", ""),
            described.get("physicalType", ""),
            options=described.get("logicalTypeOptions", {}),
        )
        assert described and list(misfits(prop, native, dialect)) == [], native
