from __future__ import annotations

from typing import Any

import pytest

from weft.mesh.contract import (
    Operator,
    QualityRule,
    Relationship,
    SchemaProperty,
    Server,
    Status,
)
from weft.project.odcs import custom_properties, follow_reference, read_contract

DOCUMENT: dict[str, Any] = {
    "apiVersion": "v3.2.0",
    "kind": "DataContract",
    "id": "a.b.c",
    "version": "1.2.3",
    "status": "draft",
    "name": "C",
    "domain": "a",
    "dataProduct": "b",
    "description": {"purpose": "p"},
    "tags": ["t"],
    "customProperties": [
        {"property": "successor", "value": "a.b.d", "vendor": "weft"},
        {"property": "weft.note", "value": 1},
        {"property": "owner", "value": "somebody"},
        {"property": "weft.other", "value": 2, "vendor": "acme"},
    ],
    "servers": [
        {
            "server": "files",
            "type": "local",
            "description": "d",
            "path": "${ROOT}/x.csv",
            "format": "csv",
            "customProperties": [{"property": "header", "value": False, "vendor": "weft"}],
        }
    ],
    "slaProperties": [{"property": "latency", "value": 4, "unit": "h", "element": "x.y"}],
    "schema": [
        {
            "id": "obj",
            "name": "orders",
            "physicalName": "ORDERS",
            "description": "o",
            "tags": ["u"],
            "relationships": [
                {"from": ["orders.id", "orders.day"], "to": ["days.id", "days.day"]},
                {"from": "orders.id", "to": "schema/obj/properties/prop"},
            ],
            "quality": [
                {
                    "type": "sql",
                    "name": "few",
                    "id": "r1",
                    "query": "SELECT 1",
                    "mustBeBetween": [1, 2],
                    "unit": "percent",
                    "severity": "Warning",
                    "dimension": "accuracy",
                    "description": "q",
                    "customProperties": [
                        {"property": "blocks", "value": "nothing", "vendor": "weft"},
                        {"property": "weft.notify", "value": "ops"},
                    ],
                },
                {"metric": "rowCount", "mustBe": 0, "arguments": {"a": 1}},
                {"description": "in words"},
            ],
            "properties": [
                {
                    "id": "prop",
                    "name": "id",
                    "logicalType": "integer",
                    "physicalType": "BIGINT",
                    "physicalName": "ID",
                    "required": True,
                    "unique": True,
                    "primaryKey": True,
                    "primaryKeyPosition": 1,
                    "description": "i",
                    "classification": "pii",
                    "enum": [{"value": 1}, {"value": None}],
                    "logicalTypeOptions": {"minimum": 1},
                    "relationships": [{"to": "other.id"}, {"to": ["a.x", "b.y"]}],
                    "tags": ["v"],
                },
                {"name": "parts", "logicalType": "array", "items": {"logicalType": "string"}},
                {"name": "who", "logicalType": "object", "properties": [{"name": "first"}]},
            ],
        }
    ],
}


def test_the_head_of_a_contract() -> None:
    contract = read_contract(DOCUMENT)
    assert (contract.id, contract.version, contract.status) == ("a.b.c", "1.2.3", Status.DRAFT)
    assert (contract.name, contract.domain) == ("C", "a")
    assert (contract.purpose, contract.tags) == ("p", ("t",))
    assert contract.custom == {"successor": "a.b.d", "note": 1}
    assert contract.document is DOCUMENT


def test_servers() -> None:
    contract = read_contract(DOCUMENT)
    settings = {"path": "${ROOT}/x.csv", "format": "csv"}
    assert contract.servers == (Server("files", "local", settings, {"header": False}),)


def test_rules() -> None:
    sql, count, words = read_contract(DOCUMENT).objects[0].quality
    assert sql == QualityRule(
        type="sql",
        name="few",
        id="r1",
        description="q",
        query="SELECT 1",
        operator=Operator.BETWEEN,
        threshold=[1, 2],
        unit="percent",
        severity="warning",
        dimension="accuracy",
        blocks="nothing",
        notify="ops",
    )
    assert count == QualityRule(
        metric="rowCount", operator=Operator.EQUAL, threshold=0, arguments={"a": 1}
    )
    assert words == QualityRule(type="text", description="in words")


def test_objects_and_columns() -> None:
    orders = read_contract(DOCUMENT).objects[0]
    assert (orders.name, orders.physical_name, orders.tags) == ("orders", "ORDERS", ("u",))
    assert orders.properties[0] == SchemaProperty(
        name="id",
        logical_type="integer",
        physical_type="BIGINT",
        required=True,
        unique=True,
        primary_key=True,
        primary_key_position=1,
        description="i",
        enum=(1, None),
        options={"minimum": 1},
        relationships=(Relationship(("id",), ("other.id",)), Relationship(("id",), ("a.x", "b.y"))),
        tags=("v",),
        physical_name="ID",
    )
    assert orders.properties[1].items == SchemaProperty("", "string")
    assert orders.properties[2].properties == (SchemaProperty("first"),)


def test_relationships_of_objects_name_their_own_columns() -> None:
    assert read_contract(DOCUMENT).objects[0].relationships == (
        Relationship(("id", "day"), ("days.id", "days.day")),
        Relationship(("id",), ("orders.id",)),
    )


def test_a_contract_of_the_least() -> None:
    contract = read_contract({"id": "x", "version": "1.0.0"})
    assert (contract.status, contract.objects, contract.servers) == (Status.ACTIVE, (), ())
    assert read_contract({"id": "x", "version": "1", "status": "odd"}).status is Status.ACTIVE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("schema/obj/properties/prop", "orders.id"),
        ("/schema/orders/properties/parts", "orders.parts"),
        ("schema/obj/properties/nothing", "schema/obj/properties/nothing"),
        ("schema/nothing/properties/prop", "schema/nothing/properties/prop"),
        ("b.yaml#/schema/obj/properties/prop", "b.yaml#/schema/obj/properties/prop"),
        ("orders.id", "orders.id"),
    ],
)
def test_references_by_path(text: str, expected: str) -> None:
    assert follow_reference(text, DOCUMENT["schema"]) == expected


def test_custom_properties_of_others_are_not_ours() -> None:
    assert custom_properties({"customProperties": [{"property": "blocks", "value": 1}]}) == {}
    assert custom_properties({}) == {}


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        ({"rule": "nullCheck"}, ("nullValues", Operator.EQUAL, 0, {})),
        ({"rule": "nullCheck", "mustBeLessThan": 3}, ("nullValues", Operator.LESS, 3, {})),
        ({"rule": "duplicateCount", "mustBe": 0}, ("duplicateValues", Operator.EQUAL, 0, {})),
        ({"rule": "rowCount"}, ("rowCount", None, None, {})),
        (
            {"rule": "validValues", "validValues": ["a"]},
            ("invalidValues", Operator.EQUAL, 0, {"validValues": ["a"]}),
        ),
        ({"rule": "freshness"}, ("freshness", None, None, {})),
        ({"rule": "mine", "metric": "rowCount", "mustBe": 1}, ("rowCount", Operator.EQUAL, 1, {})),
    ],
)
def test_a_rule_under_its_older_name(entry: dict[str, Any], rule: tuple[Any, ...]) -> None:
    document = {**DOCUMENT, "schema": [{"name": "x", "quality": [entry]}]}
    (found,) = read_contract(document).objects[0].quality
    assert found.type == "library"
    assert (found.metric, found.operator, found.threshold, found.arguments) == rule
