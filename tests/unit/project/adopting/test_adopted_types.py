"""Native types as contracts say them: what is read as them is what was there."""

from __future__ import annotations

from typing import Any

import pytest

from weft.project.adopting.types import Around, typed
from weft.sql.dialect import dialect_named
from weft.sql.types import canonical_type, stored_type

POSTGRES, DUCKDB = dialect_named("postgres"), dialect_named("duckdb")
HERE = Around(POSTGRES, POSTGRES, POSTGRES)
LAKE = Around(DUCKDB, DUCKDB, DUCKDB)
INTO_LAKE = Around(POSTGRES, DUCKDB, DUCKDB)

# Types that are read as themselves, as the catalogue writes them.
KEPT = {
    "postgres": """
        smallint|integer|bigint|real|double precision|boolean|text|date|uuid|bytea|json|jsonb
        numeric(12,2)|numeric(38,0)|numeric(5,5)|time without time zone|time with time zone
        timestamp without time zone|timestamp with time zone|interval|text[]|integer[]
        numeric(5,2)[]|timestamp with time zone[]|boolean[]
    """,
    "duckdb": """
        TINYINT|SMALLINT|INTEGER|BIGINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|FLOAT|DOUBLE|BOOLEAN
        VARCHAR|DATE|TIME|TIMESTAMP|TIMESTAMP_NS|TIMESTAMP WITH TIME ZONE|UUID|BLOB|JSON
        DECIMAL(10,2)|DECIMAL(38,0)|INTEGER[]|VARCHAR[][]|STRUCT(a INTEGER, "b c" DATE[])
        MAP(VARCHAR, INTEGER)|STRUCT(a STRUCT(b DECIMAL(5,2)))[]
    """,
}


def _types(name: str) -> list[str]:
    return [each.strip() for each in KEPT[name].replace("\n", "|").split("|") if each.strip()]


@pytest.mark.parametrize(
    ("native", "around"),
    [(each, HERE) for each in _types("postgres")] + [(each, LAKE) for each in _types("duckdb")],
)
def test_a_type_is_read_as_itself(native: str, around: Around) -> None:
    found = typed(native, around)
    assert found is not None
    keys, own = found.keys, around.own
    read = own.native_type(
        keys.get("logicalType", ""), keys.get("physicalType", ""), keys.get("logicalTypeOptions")
    )
    assert canonical_type(read, own) == stored_type(native, own)
    assert found.note == ""


@pytest.mark.parametrize(
    ("native", "around", "keys", "note"),
    [
        (
            "character varying(20)",
            HERE,
            {"logicalType": "string", "logicalTypeOptions": {"maxLength": 20}},
            "",
        ),
        (
            "character(5)",
            HERE,
            {"logicalType": "string", "logicalTypeOptions": {"maxLength": 5}},
            "",
        ),
        (
            "timestamp(3) with time zone",
            HERE,
            {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}},
            "timestamp(3) with time zone is read as TIMESTAMP WITH TIME ZONE",
        ),
        ("numeric(50,2)", HERE, {"logicalType": "string"}, "numeric(50,2) is read as text"),
        ("crm.mood", HERE, {"logicalType": "string"}, "crm.mood is read as text"),
        ("crm.mood[]", HERE, {"logicalType": "array"}, "crm.mood[] is read as JSON"),
        ("oid", HERE, {"logicalType": "integer"}, "oid is read as an integer"),
        ("inet", INTO_LAKE, {"logicalType": "string"}, "inet is read as text"),
        ("interval", INTO_LAKE, {"logicalType": "string"}, "interval is read as text"),
        ("bytea", INTO_LAKE, {"physicalType": "BLOB"}, ""),
        ("HUGEINT", LAKE, {"logicalType": "integer", "physicalType": "DECIMAL(38,0)"}, ""),
    ],
)
def test_what_a_contract_says(native: str, around: Around, keys: dict[str, Any], note: str) -> None:
    found = typed(native, around)
    assert found is not None
    assert (found.keys, found.note) == (keys, note)


@pytest.mark.parametrize(
    ("digits", "size"),
    [((5, 0), "DECIMAL(38,0)"), ((35, 3), "DECIMAL(38,3)"), (None, "DECIMAL(38,9)")],
)
def test_a_decimal_without_a_size_has_the_places_of_its_values(
    digits: tuple[int, int] | None, size: str
) -> None:
    found = typed("numeric", HERE, digits)
    assert found is not None
    assert found.keys["physicalType"] == size
    assert size in found.note


def test_a_decimal_that_none_can_hold_is_text() -> None:
    found = typed("numeric", HERE, (36, 3))
    assert found is not None
    assert found.keys == {"logicalType": "string"}


def test_what_no_column_can_hold_is_none() -> None:
    for native, around in (
        ("bit(8)", INTO_LAKE),
        ("bit(8)", HERE),
        ("bit varying(5)", HERE),
        ("BIT", LAKE),
    ):
        assert typed(native, around) is None
