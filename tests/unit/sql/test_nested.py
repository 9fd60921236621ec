"""What is inside of a native type, and which promises about it are not kept."""

from __future__ import annotations

import pytest

from weft.mesh.check import Promise
from weft.sql.dialect import Dialect
from weft.sql.nested import misfits, part_path, parts_of

ADDRESS = Promise(
    "address", "object", properties=(Promise("city", "string"), Promise("zip", "integer"))
)
ITEMS = Promise(
    "items", "array", items=Promise("", "object", properties=(Promise("price", "number"),))
)


@pytest.mark.parametrize(
    ("native", "parts"),
    [
        ("STRUCT(City VARCHAR, n INTEGER)", {"city": "VARCHAR", "n": "INTEGER"}),
        ('STRUCT("a b" DECIMAL(4,1))', {"a b": "DECIMAL(4,1)"}),
        ("STRUCT(a INTEGER)[]", {"[]": "STRUCT(a INTEGER)"}),
        ("INTEGER[3]", {"[]": "INTEGER"}),
        ("MAP(VARCHAR, INTEGER)", {}),
        ("DECIMAL(10,2)", {}),
        ("STRUCT(", {}),
        ("JSON", {}),
        ("", {}),
    ],
)
def test_the_parts_of_a_type(native: str, parts: dict[str, str], dialect: Dialect) -> None:
    assert parts_of(native, dialect) == parts


def test_the_path_of_a_part() -> None:
    assert part_path(part_path("items", "[]"), "price") == "items[].price"


@pytest.mark.parametrize(
    ("promise", "native", "found"),
    [
        (ADDRESS, "STRUCT(zip INTEGER, CITY VARCHAR)", []),
        (
            ADDRESS,
            "STRUCT(zip INTEGER, city VARCHAR, more DATE)",
            [("address.more", False, ("properties",))],
        ),
        (Promise("address", "object"), "STRUCT(more DATE)", []),
        (ADDRESS, "JSON", []),
        (ADDRESS, "", []),
        (ADDRESS, "STRUCT(city VARCHAR)", [("address.zip", True, ("properties", 1, "name"))]),
        (
            ADDRESS,
            "STRUCT(city DATE, zip VARCHAR)",
            [
                ("address.city", False, ("properties", 0, "logicalType")),
                ("address.zip", False, ("properties", 1, "logicalType")),
            ],
        ),
        (ADDRESS, "VARCHAR", [("address", False, ("logicalType",))]),
        (ITEMS, "STRUCT(price DOUBLE)[]", []),
        (
            ITEMS,
            "STRUCT(price DATE)[]",
            [("items[].price", False, ("items", "properties", 0, "logicalType"))],
        ),
        (ITEMS, "INTEGER[]", [("items[]", False, ("items", "logicalType"))]),
        (Promise("a", "array"), "INTEGER[]", []),
        (
            Promise("a", "object", properties=(Promise("b", "integer", "BIGINT"),)),
            "STRUCT(b INTEGER)",
            [("a.b", False, ("properties", 0, "physicalType"))],
        ),
    ],
)
def test_what_is_promised_inside_of_a_column(
    promise: Promise,
    native: str,
    found: list[tuple[str, bool, tuple[str | int, ...]]],
    dialect: Dialect,
) -> None:
    misfitting = list(misfits(promise, native, dialect))
    assert [(each.path, each.missing, each.keys) for each in misfitting] == found
    assert all(each.problem for each in misfitting)
