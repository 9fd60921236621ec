"""What of a contract differs from its model and data, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from weft.contract.profile import ColumnProfile, Profile
from weft.contract.syncing import Synced, Wish, synced
from weft.mesh.contract import SchemaObject, SchemaProperty
from weft.mesh.manifest import Column
from weft.sql.dialect import dialect_named

DUCKDB = dialect_named("duckdb")
AT_LEAST = Wish(exact=False)
WORDS = ColumnProfile("string", distinct=3, low="a", high="c", values=("a", "b", "c"))
COUNTS = ColumnProfile("integer", distinct=90, low="0", high="99")


def one(
    prop: SchemaProperty, native: str, values: ColumnProfile | None = None, wish: Wish = AT_LEAST
) -> dict[str, Any]:
    """What becomes of one column, by its keys with dots; of 100 rows where there are values."""
    profile = Profile(100, {prop.name: values}) if values else None
    found = synced(SchemaObject("o", (prop,)), (Column(prop.name, native),), profile, DUCKDB, wish)
    assert found.removed == () and found.added == ()
    return {".".join(each.path): each.value for each in found.amended}


def new(native: str, values: ColumnProfile, rows: int = 100, wish: Wish | None = None) -> Any:
    """The entry of a column that a contract does not have yet."""
    profile = Profile(rows, {"c": values})
    obj = SchemaObject("o")
    [found] = synced(obj, (Column("c", native),), profile, DUCKDB, wish or Wish()).added
    return found.column


def test_columns_become_those_of_the_model() -> None:
    obj = SchemaObject("o", (SchemaProperty("gone", description="d"), SchemaProperty("b", "date")))
    given = (Column("a", "INTEGER"), Column("b", "DATE"), Column("c", ""), Column("d", "DATE[]"))
    found = synced(obj, given, None, DUCKDB, Wish())
    assert found.removed == ("gone",)
    assert found.amended == ()
    assert [(each.column["name"], each.after) for each in found.added] == [
        ("a", ""),
        ("c", "b"),
        ("d", "c"),
    ]
    assert found.added[1].column == {"name": "c"}
    [note] = found.notes
    assert note.startswith("No longer given: `gone`; new: `a`, `c`, `d`.")


def test_at_least_takes_what_is_not_given_and_adds_nothing() -> None:
    obj = SchemaObject("o", (SchemaProperty("gone"), SchemaProperty("b", "date")))
    given = (Column("a", "INTEGER"), Column("b", "DATE"))
    assert synced(obj, given, None, DUCKDB, AT_LEAST) == Synced(removed=("gone",))


@pytest.mark.parametrize(
    ("prop", "native", "wanted"),
    [
        (SchemaProperty("c", "number"), "INTEGER", {}),
        (SchemaProperty("c", "string"), "INTEGER", {"logicalType": "integer"}),
        (SchemaProperty("c", "string"), "", {}),
        (SchemaProperty("c", physical_type="int"), "INTEGER", {}),
        (SchemaProperty("c", physical_type="BIGINT"), "INTEGER", {"physicalType": "INTEGER"}),
        (
            SchemaProperty("c", "string", "VARCHAR", enum=("a",), options={"minLength": 1}),
            "DATE",
            {
                "logicalType": "date",
                "physicalType": "DATE",
                "enum": None,
                "logicalTypeOptions.minLength": None,
            },
        ),
        (
            SchemaProperty("c", "integer", options={"minimum": 3, "format": "i32"}),
            "DOUBLE",
            {"logicalType": "number", "logicalTypeOptions.format": None},
        ),
        (
            SchemaProperty("c", "timestamp", options={"timezone": True}),
            "TIMESTAMP",
            {"logicalTypeOptions.timezone": False},
        ),
        (
            SchemaProperty("c", "array", items=SchemaProperty("", "string")),
            "INTEGER[]",
            {"items": {"logicalType": "integer"}},
        ),
        (
            SchemaProperty("c", "object", properties=(SchemaProperty("a", "string"),)),
            "STRUCT(a VARCHAR, b DATE)",
            {
                "properties": [
                    {"name": "a", "logicalType": "string"},
                    {"name": "b", "logicalType": "date"},
                ]
            },
        ),
    ],
)
def test_types_that_do_not_fit(prop: SchemaProperty, native: str, wanted: Any) -> None:
    assert one(prop, native) == wanted


def test_a_column_without_a_type_gets_one_only_exactly() -> None:
    assert one(SchemaProperty("c"), "DATE", wish=Wish()) == {"logicalType": "date"}
    assert one(SchemaProperty("c"), "DATE") == {}


def test_new_columns_have_the_physical_type_where_others_have_it() -> None:
    obj = SchemaObject("o", (SchemaProperty("a", physical_type="DATE"),))
    given = (Column("a", "DATE"), Column("b", "DOUBLE"))
    [found] = synced(obj, given, None, DUCKDB, Wish()).added
    assert found.column == {"name": "b", "logicalType": "number", "physicalType": "DOUBLE"}


@pytest.mark.parametrize(
    ("prop", "values", "wanted"),
    [
        (SchemaProperty("c", "string"), WORDS, {}),
        (SchemaProperty("c", "string", required=True), replace(WORDS, nulls=1), {"required": None}),
        (
            SchemaProperty("c", "string", enum=("c", "a", "z")),
            WORDS,
            {"enum": ["c", "a", "z", "b"]},
        ),
        (SchemaProperty("c", "string", enum=("a", "b", "c", "d")), WORDS, {}),
        (
            SchemaProperty("c", "string", options={"minLength": 3, "maxLength": 4}),
            replace(WORDS, shortest=2, longest=9),
            {"logicalTypeOptions.minLength": 2, "logicalTypeOptions.maxLength": 9},
        ),
        (
            SchemaProperty("c", "integer", options={"minimum": 1, "maximum": 98}),
            COUNTS,
            {"logicalTypeOptions.minimum": 0, "logicalTypeOptions.maximum": 99},
        ),
        (SchemaProperty("c", "integer", options={"minimum": -5, "maximum": 500}), COUNTS, {}),
        (
            SchemaProperty("c", "integer", options={"exclusiveMinimum": 0}),
            COUNTS,
            {"logicalTypeOptions.exclusiveMinimum": None, "logicalTypeOptions.minimum": 0},
        ),
        (
            SchemaProperty("c", "number", options={"exclusiveMaximum": 99}),
            COUNTS,
            {"logicalTypeOptions.exclusiveMaximum": None, "logicalTypeOptions.maximum": 99},
        ),
        (
            SchemaProperty("c", "date", options={"minimum": "2020-01-01"}),
            ColumnProfile("date", low="2019-12-31", high="2021-01-01"),
            {"logicalTypeOptions.minimum": "2019-12-31"},
        ),
        (
            SchemaProperty("c", "number", options={"minimum": 1}),
            ColumnProfile("float", low="nan", high="nan"),
            {},
        ),
        (
            SchemaProperty("c", "number", options={"minimum": 1}),
            ColumnProfile("float", low="0.25", high="infinity"),
            {"logicalTypeOptions.minimum": 0.25},
        ),
    ],
)
def test_promises_are_widened_to_what_the_data_shows(
    prop: SchemaProperty, values: ColumnProfile, wanted: Any
) -> None:
    native = {"string": "VARCHAR", "integer": "INTEGER", "number": "DOUBLE", "date": "DATE"}
    found = one(prop, native[prop.logical_type], values)
    assert found == wanted
    exact = one(prop, native[prop.logical_type], values, Wish())
    assert wanted.items() <= exact.items(), "an exact one widens just the same"


@pytest.mark.parametrize(
    ("native", "values", "rows", "wanted"),
    [
        ("VARCHAR", WORDS, 100, {"required": True, "enum": ["a", "b", "c"]}),
        ("VARCHAR", replace(WORDS, nulls=2), 100, {"enum": ["a", "b", "c"]}),
        ("VARCHAR", WORDS, 50, {"required": True}),
        ("VARCHAR", replace(WORDS, values=("a",)), 100, {"required": True}),
        (
            "VARCHAR",
            ColumnProfile("string", distinct=50, shortest=3, longest=3),
            100,
            {"required": True, "logicalTypeOptions": {"minLength": 3, "maxLength": 3}},
        ),
        ("INTEGER", COUNTS, 100, {"required": True, "logicalTypeOptions": {"minimum": 0}}),
        ("INTEGER", replace(COUNTS, low="-1"), 100, {"required": True}),
        ("DOUBLE", ColumnProfile("float", low="nan", high="nan"), 100, {"required": True}),
        ("DATE", ColumnProfile("date", low="2020-01-01", high="2021-01-01"), 9, {"required": True}),
        ("INTEGER", COUNTS, 0, {}),
    ],
)
def test_what_a_new_column_promises(
    native: str, values: ColumnProfile, rows: int, wanted: dict[str, Any]
) -> None:
    entry = new(native, values, rows)
    del entry["name"], entry["logicalType"]
    assert entry == wanted


def test_ranges_and_examples_are_for_those_who_ask() -> None:
    dates = ColumnProfile("date", low="2020-01-01", high="2021-01-01")
    assert new("DATE", dates, wish=Wish(ranges=True, examples=True)) == {
        "name": "c",
        "logicalType": "date",
        "required": True,
        "logicalTypeOptions": {"minimum": "2020-01-01", "maximum": "2021-01-01"},
        "examples": ["2020-01-01", "2021-01-01"],
    }
    single = replace(COUNTS, low="7", high="7")
    found = new("INTEGER", single, wish=Wish(ranges=True, examples=True))
    assert (found["examples"], found["logicalTypeOptions"]) == ([7], {"minimum": 7, "maximum": 7})


def test_of_classified_columns_no_value_is_written() -> None:
    wish = Wish(ranges=True, examples=True, silent=frozenset("c"))
    assert new("INTEGER", COUNTS, wish=wish) == {
        "name": "c",
        "logicalType": "integer",
        "required": True,
    }
    assert "enum" not in new("VARCHAR", WORDS, wish=wish)


def test_what_an_author_promises_is_never_made_narrower() -> None:
    prop = SchemaProperty("c", "integer", options={"maximum": 1000})
    assert one(prop, "INTEGER", COUNTS, Wish(ranges=True)) == {"required": True}
    listed = SchemaProperty("c", "string", required=True, enum=("a", "b", "c", "d"))
    assert one(listed, "VARCHAR", WORDS, Wish()) == {}


def test_a_key_is_proposed_and_not_made_up() -> None:
    obj = SchemaObject("o", (SchemaProperty("a", "integer"), SchemaProperty("b", "integer")))
    given = (Column("a", "INTEGER"), Column("b", "INTEGER"))
    unique = ColumnProfile("integer", distinct=100)
    profile = Profile(100, {"a": unique, "b": replace(unique, distinct=99)})
    found = synced(obj, given, profile, DUCKDB, AT_LEAST)
    assert found.amended == ()
    assert found.notes == ("Each of 100 rows has another `a`: --key a promises it.",)
    keyed = synced(obj, given, profile, DUCKDB, replace(AT_LEAST, key=("b", "a")))
    assert {each.column: [] for each in keyed.amended}.keys() == {"a", "b"}
    assert [(each.column, each.path, each.value) for each in keyed.amended][:3] == [
        ("a", ("primaryKey",), True),
        ("a", ("primaryKeyPosition",), 2),
        ("a", ("required",), True),
    ]
    assert keyed.notes == ()


def test_another_key_ends_the_one_there_is() -> None:
    prop = SchemaProperty("a", "integer", required=True, primary_key=True)
    wish = Wish(exact=False, key=("b",))
    assert one(prop, "INTEGER", wish=wish) == {
        "primaryKey": None,
        "primaryKeyPosition": None,
        "required": None,
    }


def test_a_key_that_the_data_breaks_is_told_and_left() -> None:
    prop = SchemaProperty("a", "integer", unique=True, primary_key=True, required=True)
    values = ColumnProfile("integer", nulls=1, distinct=97)
    profile = Profile(100, {"a": values}, repeated=3)
    found = synced(SchemaObject("o", (prop,)), (Column("a", "INTEGER"),), profile, DUCKDB, AT_LEAST)
    assert found.amended == ()
    unique, empty, key = found.notes
    assert empty.startswith("`a` of the primary key is empty in 1 row:")
    assert unique == (
        "`a` is promised to be unique, and that is not so in 2 rows: correct the model, or take "
        "`unique` out."
    )
    assert key.startswith("The primary key (a) is repeated in 3 rows")
