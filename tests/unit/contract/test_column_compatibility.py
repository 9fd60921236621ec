"""Columns that came, went or have another type, and what is inside of them."""

from __future__ import annotations

import pytest

from weft.contract.column_compatibility import column_changes
from weft.mesh.change import Effect
from weft.mesh.check import Promise
from weft.mesh.manifest import Column, PortObject
from weft.sql.duckdb import DIALECT

ADDITIVE, BREAKING = Effect.ADDITIVE, Effect.BREAKING
CITY, ZIP = Promise("city", "string"), Promise("zip", "integer")


def showing(promise: Promise, given: str = "", sure: str = "") -> PortObject:
    """An object of one column: as promised, as the model gives it, as the contract names it."""
    column = Column(promise.name, sure or promise.physical_type)
    return PortObject(
        "o", "o", (column,), promises=(promise,), given=(Column(promise.name, given),)
    )


def fields(old: PortObject, new: PortObject) -> list[tuple[str, str, str, str, Effect]]:
    found = column_changes(old, new, {}, DIALECT)
    return [(each.what, each.old, each.new, each.note, each.consumer) for each in found]


@pytest.mark.parametrize(
    ("logical", "old", "new", "note", "category"),
    [
        ("number", "DOUBLE", "DECIMAL(18,2)", "other type", BREAKING),
        ("timestamp", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "has a time zone now", BREAKING),
        ("integer", "INTEGER", "BIGINT", "wider", ADDITIVE),
        ("integer", "BIGINT", "INTEGER", "narrower", BREAKING),
        ("string", "VARCHAR", "UUID", "other type", BREAKING),
    ],
)
def test_another_type_inside_of_one_logical_type(
    logical: str, old: str, new: str, note: str, category: Effect
) -> None:
    promise = Promise("v", logical)
    assert fields(showing(promise, old), showing(promise, new)) == [
        ("column v", old, new, note, category)
    ]


@pytest.mark.parametrize(("old", "new"), [("", "DOUBLE"), ("DOUBLE", ""), ("int4", "INTEGER")])
def test_a_type_that_is_not_known_or_only_spelled_otherwise_is_no_change(
    old: str, new: str
) -> None:
    promise = Promise("v", "number")
    assert fields(showing(promise, old), showing(promise, new)) == []


def test_a_promised_physical_type_is_exact_and_has_many_spellings() -> None:
    narrow, wide = Promise("v", "integer", "INTEGER"), Promise("v", "integer", "BIGINT")
    assert fields(showing(narrow), showing(wide)) == [
        ("column v", "INTEGER", "BIGINT", "other type", BREAKING)
    ]
    assert fields(showing(narrow), showing(Promise("v", "integer", "int4"))) == []


def test_a_time_zone_that_is_promised_is_a_type() -> None:
    either = Promise("t", "timestamp")
    zoned = Promise("t", "timestamp", options={"timezone": True})
    zoneless = Promise("t", "timestamp", options={"timezone": False})
    (exact,) = fields(showing(either), showing(zoned))
    assert exact[3:] == ("exactly this type now", ADDITIVE)
    (other,) = fields(showing(zoned), showing(zoneless))
    assert other[1:] == ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "has no time zone now", BREAKING)


def test_fields_of_an_object_by_promise_alone() -> None:
    old = showing(Promise("address", "object", properties=(CITY, ZIP)))
    new = showing(
        Promise("address", "object", properties=(Promise("zip", "string"), Promise("x", "date")))
    )
    assert fields(old, new) == [
        ("column address.city", "", "", "removed", BREAKING),
        ("column address.zip", "integer", "string", "other type", BREAKING),
        ("column address.x", "", "", "date", ADDITIVE),
    ]
    assert fields(old, old) == []


def test_fields_that_the_types_show_without_a_promise() -> None:
    promise = Promise("address", "object")
    old = showing(promise, "STRUCT(city VARCHAR, zip INTEGER)")
    new = showing(promise, "STRUCT(zip BIGINT, street VARCHAR)")
    assert fields(old, new) == [
        ("column address.city", "", "", "removed", BREAKING),
        ("column address.zip", "INTEGER", "BIGINT", "wider", ADDITIVE),
        ("column address.street", "", "", "VARCHAR", ADDITIVE),
    ]
    assert fields(old, showing(promise)) == []


def test_a_promise_about_a_field_that_was_there_adds_nothing_but_itself() -> None:
    given = "STRUCT(city VARCHAR)"
    old = showing(Promise("address", "object"), given)
    new = showing(Promise("address", "object", properties=(CITY,)), given)
    ((_, _, _, note, category),) = fields(old, new)
    assert (note, category) == ("exactly this type now", ADDITIVE)


def test_items_of_a_list_and_their_fields() -> None:
    promise = Promise("items", "array")
    old, new = (showing(promise, f"STRUCT(price {kind})[]") for kind in ("INTEGER", "VARCHAR"))
    assert fields(old, new) == [
        ("column items[].price", "INTEGER", "VARCHAR", "other type", BREAKING)
    ]
    promised = [
        showing(Promise("items", "array", items=Promise("", kind))) for kind in ("string", "date")
    ]
    assert fields(*promised) == [("column items[]", "string", "date", "other type", BREAKING)]


def test_a_struct_that_becomes_a_list_and_a_list_of_another_length() -> None:
    promise = Promise("v", "")
    for old, new in (("STRUCT(a INTEGER)", "STRUCT(a INTEGER)[]"), ("FLOAT[3]", "FLOAT[4]")):
        (field,) = fields(showing(promise, old), showing(promise, new))
        assert field == ("column v", old, new, "other type", BREAKING)
