from __future__ import annotations

from typing import Any

import pytest

from weft.contract.problem import ContractProblem, Path
from weft.contract.problems import contract_problems
from weft.mesh.contract import (
    DataContract,
    Operator,
    QualityRule,
    Relationship,
    SchemaObject,
    SchemaProperty,
)
from weft.mesh.diagnostic import Severity

ID = SchemaProperty("id", "integer")
DELAY = SchemaProperty("dep_delay", "number")


def problems(*properties: SchemaProperty, **rest: Any) -> list[ContractProblem]:
    obj = SchemaObject("departures", properties or (ID, DELAY), **rest)
    return contract_problems(DataContract("a.b.c", "1.0.0", objects=(obj,)))


def only(*properties: SchemaProperty, **rest: Any) -> ContractProblem:
    (found,) = problems(*properties, **rest)
    return found


def prop(logical: str = "string", **rest: Any) -> SchemaProperty:
    return SchemaProperty("c", logical, **rest)


def rule(metric: str = "nullValues", **rest: Any) -> QualityRule:
    return QualityRule(metric=metric, **{"operator": Operator.EQUAL, "threshold": 0, **rest})


GOOD = [
    prop(options={"minLength": 0, "maxLength": 3, "pattern": "^a(b|c)+$", "format": "email"}),
    prop("integer", options={"minimum": -1, "maximum": 1, "multipleOf": 2, "format": "i16"}),
    prop("number", options={"exclusiveMinimum": 0.5, "exclusiveMaximum": 1}),
    prop("date", options={"minimum": "2020-01-01", "maximum": "2020-01-01"}),
    prop("timestamp", options={"timezone": True, "defaultTimezone": "UTC"}),
    prop("array", options={"minItems": 0, "maxItems": 0, "uniqueItems": False}),
    prop("vector", options={"dimensions": 3, "normalized": True}),
    prop("", options={"anything": 1}),
    prop(enum=("a", 1)),
    prop("integer", enum=(1, 2)),
    prop("boolean", enum=(True,)),
    prop("object", properties=(SchemaProperty("x"),)),
    prop(relationships=(Relationship(("c",), ("aircraft.tailnum",)),)),
    prop(quality=(rule(), rule(operator=Operator.BETWEEN, threshold=[1, 1.5], unit="percent"))),
    prop(quality=(rule("invalidValues", arguments={"validValues": ["a"], "pattern": "a"}),)),
    prop(quality=(rule("invalidValues", arguments={"validValues": ["", None, "n/a"]}),)),
    prop(quality=(rule("invalidValues"),), enum=("a", "b")),
    prop(quality=(rule("missingValues", arguments={"missingValues": [None]}),)),
    prop(quality=(rule("", type="sql", query="select 1"),)),
    prop(primary_key=True),
]


@pytest.mark.parametrize("good", GOOD)
def test_a_sound_promise_is_no_problem(good: SchemaProperty) -> None:
    assert problems(good) == []


OPTIONS = ("schema", 0, "properties", 0, "logicalTypeOptions")
QUALITY = ("schema", 0, "properties", 0, "quality", 0)

BAD: list[tuple[SchemaProperty, str, Path, str]] = [
    (prop(options={"minimum": 1}), "W254", (*OPTIONS, "minimum"), "does not belong to string"),
    (prop("integer", options={"maxLength": 1}), "W254", (*OPTIONS, "maxLength"), "integer"),
    (prop("boolean", options={"format": "x"}), "W254", (*OPTIONS, "format"), "boolean"),
    (prop(options={"pattern": "("}), "W255", (*OPTIONS, "pattern"), "no regular expression"),
    (prop(options={"pattern": 5}), "W255", (*OPTIONS, "pattern"), "must be text"),
    (prop(options={"minLength": -1}), "W255", (*OPTIONS, "minLength"), "whole number"),
    (prop(options={"maxLength": True}), "W255", (*OPTIONS, "maxLength"), "whole number"),
    (prop("integer", options={"minimum": "1"}), "W255", (*OPTIONS, "minimum"), "a number"),
    (prop("date", options={"maximum": 5}), "W255", (*OPTIONS, "maximum"), "date"),
    (prop("number", options={"multipleOf": 0}), "W255", (*OPTIONS, "multipleOf"), "greater than 0"),
    (prop(options={"minLength": 4, "maxLength": 3}), "W255", (*OPTIONS, "minLength"), "greater"),
    (
        prop("date", options={"minimum": "2021-01-01", "exclusiveMaximum": "2020-01-01"}),
        "W255",
        (*OPTIONS, "minimum"),
        "greater than `exclusiveMaximum`",
    ),
    (prop("integer", enum=(1, "x")), "W256", ("schema", 0, "properties", 0, "enum", 1), "`x`"),
    (prop("integer", enum=(True,)), "W256", ("schema", 0, "properties", 0, "enum", 0), "`true`"),
    (prop(enum=(None,)), "W256", ("schema", 0, "properties", 0, "enum", 0), "`null`"),
    (prop(quality=(rule(operator=None),)), "W251", QUALITY, "what must hold"),
    (prop(quality=(rule(threshold="x"),)), "W252", (*QUALITY, "mustBe"), "a number"),
    (prop(quality=(rule(threshold=None),)), "W252", (*QUALITY, "mustBe"), "a number"),
    (
        prop(quality=(rule(operator=Operator.BETWEEN, threshold=5),)),
        "W252",
        (*QUALITY, "mustBeBetween"),
        "two numbers",
    ),
    (
        prop(quality=(rule(operator=Operator.BETWEEN, threshold=[5, 1]),)),
        "W252",
        (*QUALITY, "mustBeBetween"),
        "smaller number first",
    ),
    (prop(quality=(rule("nulValues"),)), "W253", (*QUALITY, "metric"), "unknown metric"),
    (prop(quality=(rule("invalidValues"),)), "W253", QUALITY, "what is valid"),
    (
        prop(quality=(rule("invalidValues", arguments={"validValues": [None]}),)),
        *("W253", QUALITY, "what is valid"),
    ),
    (prop(quality=(rule("", type="sql", query=" "),)), "W253", QUALITY, "no query"),
    (
        prop(quality=(rule(arguments={"missingValues": []}),)),
        "W253",
        (*QUALITY, "arguments", "missingValues"),
        "no argument",
    ),
    (
        prop(quality=(rule("invalidValues", arguments={"pattern": "["}),)),
        "W255",
        (*QUALITY, "arguments", "pattern"),
        "no regular expression",
    ),
    (prop(quality=(rule(blocks="all"),)), "W259", (*QUALITY, "customProperties"), "neither"),
    (prop(quality=(rule(unit="precent"),)), "W259", (*QUALITY, "unit"), "neither"),
    (
        prop(quality=(rule("nullValues", rule="rowCount"),)),
        "W253",
        (*QUALITY, "rule"),
        "different things",
    ),
    (
        prop(relationships=(Relationship(("c",), ("tailnum",)),)),
        "W258",
        ("schema", 0, "properties", 0, "relationships", 0, "to"),
        "a column of an object",
    ),
    (
        prop(relationships=(Relationship(("c",), ("a.x", "a.y")),)),
        "W258",
        ("schema", 0, "properties", 0, "relationships", 0, "to"),
        "as many columns",
    ),
    (SchemaProperty("a\0b"), "W263", ("schema", 0, "properties", 0, "name"), "zero"),
]


@pytest.mark.parametrize(("bad", "code", "path", "words"), BAD)
def test_a_promise_that_makes_no_sense(
    bad: SchemaProperty, code: str, path: Path, words: str
) -> None:
    found = only(bad)
    assert (found.code, found.path, found.severity) == (code, path, Severity.ERROR)
    assert words in found.message


SHOWN = [
    (prop(options={"format": "password"}), "W260"),
    (prop("date", options={"format": "yyyy-MM-dd"}), "W260"),
    (prop("number", options={"format": "f32"}), "W260"),
    (prop("object", options={"minProperties": 1}), "W260"),
    (prop(quality=(rule(type="text"),)), "W260"),
    (prop(quality=(rule(type="custom", operator=None),)), "W260"),
    (prop("object", properties=(SchemaProperty("x", required=True),)), "W261"),
    (prop("array", items=SchemaProperty("", "string", options={"maxLength": 1})), "W261"),
    (
        prop("object", properties=(prop("object", properties=(prop(unique=True),)),)),
        "W261",
    ),
]


@pytest.mark.parametrize(("shown", "code"), SHOWN)
def test_what_cannot_be_measured_says_so(shown: SchemaProperty, code: str) -> None:
    found = only(shown)
    assert (found.code, found.severity) == (code, Severity.WARNING)


def test_an_unknown_column_in_a_rule_has_its_nearest_name() -> None:
    quality = rule("duplicateValues", arguments={"properties": ["id", "dep_dellay"]})
    found = only(quality=(quality,))
    assert found.code == "W214"
    assert found.message == "unknown column `dep_dellay` in quality rule"
    assert found.note == "not in `departures`; did you mean `dep_delay`?"
    assert found.path == ("schema", 0, "quality", 0, "arguments", "properties", 1)


def test_an_unknown_column_in_a_relationship() -> None:
    found = only(relationships=(Relationship(("idd",), ("a.b",)),))
    assert (found.code, found.path) == ("W214", ("schema", 0, "relationships", 0, "from"))
    assert "did you mean `id`?" in found.note


def test_a_relationship_into_two_objects() -> None:
    found = only(relationships=(Relationship(("id", "dep_delay"), ("a.x", "b.y")),))
    assert (found.code, found.message) == ("W258", "a relationship points to columns of one object")


def test_a_rule_at_an_object_names_its_columns() -> None:
    found = only(quality=(rule(),))
    assert (found.code, found.path) == ("W253", ("schema", 0, "quality", 0))


def test_a_row_count_has_no_percentage() -> None:
    found = only(quality=(rule("rowCount", unit="percent"),))
    assert (found.code, found.path) == ("W252", ("schema", 0, "quality", 0, "unit"))


@pytest.mark.parametrize(("positions", "number"), [((1, 2), 0), ((-1, -1), 2), ((1, 1), 1)])
def test_places_in_a_primary_key(positions: tuple[int, int], number: int) -> None:
    first, second = (
        SchemaProperty(name, primary_key=True, primary_key_position=position)
        for name, position in zip("ab", positions, strict=True)
    )
    assert [each.code for each in problems(first, second)] == ["W262"] * number


def test_a_rule_under_an_older_name_of_nothing_is_only_shown() -> None:
    found = only(prop(quality=(rule("freshness", rule="freshness", operator=None),)))
    assert (found.code, found.path, found.severity) == (
        "W260",
        (*QUALITY, "rule"),
        Severity.WARNING,
    )
    assert "nullValues" in found.note


def test_a_severity_that_was_probably_meant_otherwise() -> None:
    found = only(prop(quality=(rule(severity="warn"),)))
    assert (found.code, found.severity) == ("W259", Severity.WARNING)
    assert found.note == "did you mean `warning`?"
    assert problems(prop(quality=(rule(severity="critical"),))) == []


@pytest.mark.parametrize(
    ("columns", "codes"),
    [
        (["id", "dep_delay"], []),
        (["id", "id"], ["W253"]),
        (["nobody", "nobody"], ["W214", "W214"]),
        ([["id"]], ["W214"]),
        (5, ["W214"]),
    ],
)
def test_the_columns_that_a_rule_lists(columns: Any, codes: list[str]) -> None:
    listed = rule("duplicateValues", arguments={"properties": columns})
    assert [each.code for each in problems(quality=(listed,))] == codes


def test_a_rule_at_a_column_names_no_others() -> None:
    twice = rule("duplicateValues", arguments={"properties": ["c"]})
    found = only(prop(quality=(twice,)))
    assert (found.code, found.path[-2:]) == ("W253", ("arguments", "properties"))
    assert found.message == "metric duplicateValues has no argument `properties`"
