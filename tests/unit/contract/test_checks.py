from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from weft.contract.checks import (
    checks_of,
    expected_text,
    head_checks,
    split_reference,
    valid_values,
)
from weft.mesh.check import Check, CheckKind
from weft.mesh.contract import Operator, QualityRule, Relationship, SchemaObject, SchemaProperty


def only(prop: SchemaProperty) -> Check:
    (check,) = checks_of(SchemaObject("departures", (prop,)))
    return check


def ids(*properties: SchemaProperty, **rest: Any) -> list[str]:
    return [check.id for check in checks_of(SchemaObject("departures", properties, **rest))]


def rule(metric: str = "", operator: Operator = Operator.EQUAL, **rest: Any) -> QualityRule:
    return QualityRule(metric=metric, operator=operator, **{"threshold": 0, **rest})


def test_an_object_that_promises_nothing() -> None:
    assert checks_of(SchemaObject("departures", (SchemaProperty("id", "integer"),))) == ()


def test_required_and_unique() -> None:
    checks = checks_of(SchemaObject("d", (SchemaProperty("id", required=True, unique=True),)))
    assert [(check.id, check.label, check.kind) for check in checks] == [
        ("required_id", "required id", CheckKind.REQUIRED),
        ("unique_id", "unique id", CheckKind.UNIQUE),
    ]
    assert all(check.columns == ("id",) and check.blocks for check in checks)
    assert checks[0].where == "properties/0"


def test_a_primary_key_is_required_and_unique_together() -> None:
    second = SchemaProperty("carrier", primary_key=True, primary_key_position=2)
    first = SchemaProperty("day", primary_key=True, primary_key_position=1, required=True)
    checks = checks_of(SchemaObject("d", (second, first)))
    assert [(check.id, check.columns) for check in checks] == [
        ("required_carrier", ("carrier",)),
        ("required_day", ("day",)),
        ("unique_day_carrier", ("day", "carrier")),
    ]


def test_a_single_key_column_is_checked_once() -> None:
    assert ids(SchemaProperty("id", primary_key=True, unique=True)) == ["required_id", "unique_id"]
    assert ids(SchemaProperty("id", primary_key=True)) == ["required_id", "unique_id"]


def test_allowed_values() -> None:
    check = only(SchemaProperty("origin", "string", enum=("EWR", "JFK", "LGA", 1)))
    assert check.id == "enum_origin"
    assert check.label == "origin in EWR, JFK, LGA and 1 more"
    assert check.arguments["values"] == ["EWR", "JFK", "LGA", "1"]


@pytest.mark.parametrize(
    ("logical", "option", "value", "label"),
    [
        ("string", "minLength", 2, "c has at least 2 characters"),
        ("string", "maxLength", 3, "c has at most 3 characters"),
        ("string", "pattern", "^N", "c matches ^N"),
        ("string", "format", "email", "c is email"),
        ("integer", "minimum", 0, "c >= 0"),
        ("number", "maximum", 1.5, "c <= 1.5"),
        ("number", "exclusiveMinimum", 0, "c > 0"),
        ("date", "exclusiveMaximum", "2024-01-01", "c < 2024-01-01"),
        ("integer", "multipleOf", 5, "c is a multiple of 5"),
        ("integer", "format", "u8", "c is u8"),
        ("array", "minItems", 1, "c has at least 1 items"),
        ("array", "maxItems", 2, "c has at most 2 items"),
        ("array", "uniqueItems", True, "c has no item twice"),
    ],
)
def test_options_that_are_measured(logical: str, option: str, value: Any, label: str) -> None:
    check = only(SchemaProperty("c", logical, options={option: value}))
    assert check.kind is CheckKind.OPTION
    assert check.id == f"{option.lower()}_c"
    assert check.label == label
    assert check.arguments == {"option": option, "value": value, "type": logical}
    assert check.where == f"properties/0/logicalTypeOptions/{option}"


@pytest.mark.parametrize(
    ("logical", "option", "value"),
    [
        ("string", "format", "password"),
        ("number", "format", "f32"),
        ("date", "format", "yyyy-MM-dd"),
        ("array", "uniqueItems", False),
        ("timestamp", "timezone", True),
        ("object", "required", ["a"]),
        ("vector", "dimensions", 3),
    ],
)
def test_options_that_are_not_measured(logical: str, option: str, value: Any) -> None:
    assert ids(SchemaProperty("c", logical, options={option: value})) == []


def test_a_relationship_names_what_it_reads() -> None:
    to = Relationship(("tailnum",), ("aircraft.tailnum",))
    check = only(SchemaProperty("tailnum", relationships=(to,)))
    assert check.id == "tailnum_exists"
    assert check.label == "tailnum exists in aircraft"
    assert check.reads == ("aircraft",)
    assert check.arguments == {"to": "aircraft", "to_columns": ["tailnum"]}
    assert check.where == "properties/0/relationships/0"


def test_a_relationship_of_several_columns() -> None:
    to = Relationship(("a", "b"), ("fleet.aircraft.x", "fleet.aircraft.y"))
    (check,) = checks_of(SchemaObject("d", relationships=(to,)))
    assert check.columns == ("a", "b")
    assert check.reads == ("fleet.aircraft",)
    assert check.arguments["to_columns"] == ["x", "y"]


@pytest.mark.parametrize(
    "to",
    [
        Relationship(("a",), ("nowhere",)),
        Relationship(("a", "b"), ("x.a", "y.b")),
        Relationship(("a",), ("x.a", "x.b")),
        Relationship(("a",), ("other.yaml#/schema/x/properties/y",)),
        Relationship(("a",), ()),
    ],
)
def test_relationships_of_bad_shape_make_no_check(to: Relationship) -> None:
    assert ids(relationships=(to,)) == []


@pytest.mark.parametrize(
    ("reference", "split"),
    [
        ("aircraft.tailnum", ("aircraft", "tailnum")),
        ("fleet.aircraft.tailnum", ("fleet.aircraft", "tailnum")),
        ("schema/aircraft/properties/tailnum", ("", "")),
        ("/schema/a.b/properties/tailnum", ("", "")),
        ("tailnum", ("", "")),
        ("a.b.c.d", ("", "")),
        ("x.yaml#/schema/a/properties/b", ("", "")),
        ("", ("", "")),
    ],
)
def test_what_a_relationship_points_to(reference: str, split: tuple[str, str]) -> None:
    assert split_reference(reference) == split


@pytest.mark.parametrize(
    ("metric", "arguments", "kind", "expected"),
    [
        ("nullValues", {}, CheckKind.NULL_VALUES, {}),
        ("missingValues", {"missingValues": [None, ""]}, CheckKind.MISSING_VALUES,
         {"missing": [None, ""], "types": [""]}),
        ("invalidValues", {"validValues": ["a"], "pattern": "^a"}, CheckKind.INVALID_VALUES,
         {"values": ["a"], "pattern": "^a", "types": [""]}),
        ("duplicateValues", {}, CheckKind.DUPLICATE_VALUES, {}),
    ],
)  # fmt: skip
def test_library_rules_at_a_property(
    metric: str, arguments: dict[str, Any], kind: CheckKind, expected: dict[str, Any]
) -> None:
    quality = rule(metric, arguments=arguments, threshold=5, unit="percent", dimension="accuracy")
    check = only(SchemaProperty("c", quality=(quality,)))
    assert (check.kind, check.columns, check.arguments) == (kind, ("c",), expected)
    assert (check.operator, check.threshold, check.unit) == (Operator.EQUAL, 5, "percent")
    assert check.dimension == "accuracy"
    assert check.where == "properties/0/quality/0"


def test_library_rules_at_an_object() -> None:
    twice = rule("duplicateValues", arguments={"properties": ["a", "b"]})
    count = rule("rowCount", Operator.BETWEEN, threshold=[1, 10])
    checks = checks_of(SchemaObject("d", quality=(twice, count)))
    assert [(check.id, check.columns, check.where) for check in checks] == [
        ("duplicatevalues_a_b", ("a", "b"), "quality/0"),
        ("rowcount", (), "quality/1"),
    ]


def test_a_rule_of_sql() -> None:
    query = "select count(*) from ${table}"
    quality = QualityRule(type="sql", query=query, operator=Operator.LESS, threshold=3)
    check = only(SchemaProperty("c", quality=(quality,)))
    assert (check.kind, check.arguments, check.columns) == (CheckKind.SQL, {"query": query}, ("c",))
    assert check.label == "SQL rule on c"
    named = replace(quality, id="no_future")
    assert only(SchemaProperty("c", quality=(named,))).label == "SQL rule no_future"


def test_a_rule_of_sql_without_a_query_is_no_check() -> None:
    blank = QualityRule(type="sql", query=" ", operator=Operator.LESS, threshold=3)
    assert ids(SchemaProperty("c", quality=(blank,)), quality=(blank,)) == []


def test_a_path_that_leads_nowhere_is_no_check() -> None:
    to = Relationship(("c",), ("schema/a/properties/b",))
    assert ids(SchemaProperty("c", relationships=(to,))) == []


def test_the_types_of_the_columns_that_a_rule_names() -> None:
    missing = rule("missingValues", arguments={"properties": ["b", "a"], "missingValues": [-1]})
    columns = (SchemaProperty("a", "number"), SchemaProperty("b", "string"))
    (check,) = checks_of(SchemaObject("d", columns, quality=(missing,)))
    assert check.columns == ("b", "a")
    assert check.arguments["types"] == ["string", "number"]


@pytest.mark.parametrize("kind", ["text", "custom"])
def test_other_rules_are_not_measured(kind: str) -> None:
    assert ids(quality=(rule("rowCount", type=kind),)) == []


def test_names_and_ids_of_rules() -> None:
    named = rule("rowCount", name="Enough rows!", id="")
    identified = rule("rowCount", name="Enough rows!", id="rows-enough")
    again = rule("rowCount", name="Enough rows!")
    checks = checks_of(SchemaObject("d", quality=(named, identified, again)))
    assert [check.id for check in checks] == ["enough_rows", "rows_enough", "enough_rows_2"]
    assert {check.label for check in checks} == {"Enough rows!"}


@pytest.mark.parametrize(
    ("severity", "blocks", "expected"),
    [
        ("error", "", True),
        ("", "", True),
        ("critical", "", True),
        ("warning", "", False),
        ("Info", "", False),
        ("error", "nothing", False),
        ("warning", "publish", True),
    ],
)
def test_what_blocks_publishing(severity: str, blocks: str, expected: bool) -> None:
    quality = rule("rowCount", severity=severity, blocks=blocks, notify="ops")
    (check,) = checks_of(SchemaObject("d", quality=(quality,)))
    assert check.blocks is expected
    assert check.notify == "ops"


def test_ids_are_safe_and_distinct() -> None:
    names = ["A", "a", "a b", "a_b", 'a"b/../c', "ü", "'", "x" * 300]
    found = ids(*(SchemaProperty(name, required=True) for name in names))
    assert len(set(found)) == len(names)
    assert all(each.replace("_", "").isalnum() and each.isascii() for each in found)
    assert max(map(len, found)) <= 90
    assert found[:2] == ["required_a", "required_a_2"]


def test_the_checks_of_a_models_head() -> None:
    checks = head_checks(["id", "day"], ["id"])
    assert [check.id for check in checks] == ["required_id", "required_day", "unique_id"]


@pytest.mark.parametrize(
    ("operator", "threshold", "unit", "text"),
    [
        (None, None, "rows", "no rows"),
        (Operator.EQUAL, 0, "rows", "= 0"),
        (Operator.NOT_EQUAL, 1, "rows", "<> 1"),
        (Operator.GREATER, 1, "rows", "> 1"),
        (Operator.GREATER_OR_EQUAL, 1, "rows", ">= 1"),
        (Operator.LESS, 2.5, "percent", "< 2.5 %"),
        (Operator.LESS_OR_EQUAL, 2, "rows", "<= 2"),
        (Operator.BETWEEN, [1, 2], "rows", "between 1 and 2"),
        (Operator.NOT_BETWEEN, [1, 2], "percent", "not between 1 and 2 %"),
    ],
)
def test_what_is_expected_in_words(
    operator: Operator | None, threshold: Any, unit: str, text: str
) -> None:
    check = Check("c", "c", CheckKind.ROW_COUNT, operator=operator, threshold=threshold, unit=unit)
    assert expected_text(check) == text


@pytest.mark.parametrize(
    ("arguments", "columns", "expected"),
    [
        ({}, 1, ("a", "b")),
        ({}, 2, ()),
        ({"pattern": "^a"}, 1, ()),
        ({"validValues": ["c", None]}, 1, ("c",)),
        ({"validValues": [None]}, 1, ("a", "b")),
    ],
)
def test_what_is_valid_is_listed_by_the_rule_or_by_its_column(
    arguments: dict[str, Any], columns: int, expected: tuple[Any, ...]
) -> None:
    about = [SchemaProperty(f"c{number}", enum=("a", "b")) for number in range(columns)]
    assert valid_values(rule("invalidValues", arguments=arguments), about) == expected
