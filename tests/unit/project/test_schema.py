from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from weft.project.read_yaml import read_yaml
from weft.project.schema import Format, check_shape, corrected, odcs_schema_text, schema_of
from weft.project.schema_errors import FORMS
from weft.project.schema_keys import keys_at
from weft.project.source import SourceFile

OURS = [each for each in Format if each is not Format.ODCS]


def findings(text: str, format: Format) -> list[tuple[str, str]]:
    document, found = read_yaml(SourceFile("a.yaml", text.encode()))
    assert document is not None
    assert found == ()
    return [(each.code, each.message) for each in check_shape(document, format)]


CONTRACT = """\
apiVersion: v3.2.0
kind: DataContract
id: a.b.c
version: 1.0.0
"""

PROPERTY = {
    "apiVersion": "v3.2.0",
    "kind": "DataContract",
    "id": "a.b.c",
    "version": "1.0.0",
    "schema": [{"name": "x", "properties": [{"name": "y"}]}],
}


def test_a_property_needs_no_logical_type() -> None:
    validator = jsonschema_rs.validator_for(corrected(json.loads(odcs_schema_text())))
    assert validator.is_valid(PROPERTY)


def test_the_official_schema_still_needs_the_correction() -> None:
    """Fails once the standard's package is corrected: then `corrected` has to go."""
    validator = jsonschema_rs.validator_for(json.loads(odcs_schema_text()))
    assert not validator.is_valid(PROPERTY)


def test_a_map_still_needs_its_block() -> None:
    text = CONTRACT + "schema: [{name: x, properties: [{name: y, logicalType: map}]}]"
    assert findings(text, Format.ODCS) == [("W122", "`map` is missing")]


def test_the_models_of_the_standard_are_not_imported() -> None:
    schema_of(Format.ODCS)
    assert "open_data_contract_standard.model" not in sys.modules


@pytest.mark.parametrize("version", ["v3.2.0", "v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0"])
def test_versions_of_odcs_that_are_read(version: str) -> None:
    assert findings(CONTRACT.replace("v3.2.0", version), Format.ODCS) == []


@pytest.mark.parametrize("version", ["v1.1.0", "v1.0.0", "v0.9.0"])
def test_versions_of_odps_that_are_read(version: str) -> None:
    text = f"apiVersion: {version}\nkind: DataProduct\nid: a.b"
    assert findings(text, Format.ODPS) == []


@pytest.mark.parametrize("version", ["v2.2.2", "v4.0.0", "3.2.0", "3.2", "null", "[v3.2.0]"])
def test_versions_that_are_not_read_have_one_finding(version: str) -> None:
    found = findings(CONTRACT.replace("v3.2.0", version) + "oops: 1\n", Format.ODCS)
    assert [code for code, _ in found] == ["W127"]


def test_missing_keys_of_the_standard_are_named() -> None:
    assert findings("a: 1", Format.ODPS) == [
        ("W120", "unknown key `a`"),
        ("W122", "`apiVersion` is missing"),
        ("W122", "`kind` is missing"),
        ("W122", "`id` is missing"),
    ]


FULL_PRODUCT = """\
apiVersion: v1.1.0
kind: DataProduct
id: a.b
name: B
version: 1.0.0
status: active
domain: a
tenant: t
type: sourceAligned
deprecated: false
synonyms: [{synonym: bee, locale: en-GB}]
tags: [x]
description: {purpose: p, limitations: l, usage: u}
context: {instructions: i, verifiedStatements: [{question: q, answer: a}]}
authoritativeDefinitions: [{type: glossary, url: u}]
customProperties: [{property: p, value: [1], vendor: weft}]
productCreatedTs: 2026-01-31T12:00:00Z
inputPorts: [{name: i, version: "1", contractId: c, deprecated: true, tags: [t]}]
outputPorts:
  - name: o
    version: 1.0.0
    contractId: a.b.o
    description: d
    type: tables
    sbom: [{type: external, url: u}]
    inputContracts: [{id: c, version: 1.0.0}]
managementPorts: [{name: m, content: control, type: rest, url: u}]
support: [{channel: c, url: u, tool: slack, scope: issues}]
team: {name: t, members: [{username: u, role: owner, dateIn: 2026-01-31}]}
"""


def test_every_field_of_a_product_is_known() -> None:
    assert findings(FULL_PRODUCT, Format.ODPS) == []
    named = {each.partition(":")[0] for each in FULL_PRODUCT.splitlines() if each[0] not in " -"}
    assert named == set(schema_of(Format.ODPS)["properties"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("support: [{channel: c}]", [("W122", "`url` is missing")]),
        ("outputPorts: [{version: 1.0.0}]", [("W122", "`name` is missing")]),
        ("context: {instruction: x}", [("W120", "unknown key `instruction`")]),
        ("context: 1", [("W121", "`context` has to be text or a mapping of keys to values")]),
        ("team: [{username: u}]", [("W121", "`team` has to be a mapping of keys to values")]),
        ("tags: [1]", [("W121", "an entry of `tags` has to be text")]),
        ("tags:", [("W121", "`tags` has to be a list")]),
        ("1x: 2", [("W120", "unknown key `1x`")]),
    ],
)
def test_one_finding_per_mistake(text: str, expected: list[tuple[str, str]]) -> None:
    product = "apiVersion: v1.1.0\nkind: DataProduct\nid: a.b\n" + text
    assert findings(product, Format.ODPS) == expected


IN_A_COLUMN = [
    ("enum: [{value: 1}, {value: 1}]", ("W124", "`enum` holds an entry twice")),
    ("enum: []", ("W124", "`enum` has too few entries")),
    ("id: a b", ("W124", "`id` is not written as it should be")),
    (
        "logicalType: integer, logicalTypeOptions: {multipleOf: 0}",
        ("W124", "`multipleOf` is too small"),
    ),
    ("logicalTypeOptions: {maxLength: 3}", ("W125", "`maxLength` cannot stand here")),
    ("logicalType: string, items: {}", ("W125", "`items` cannot stand here")),
    ("required: 1", ("W121", "`required` has to be true or false")),
    (
        "quality: [{metric: rowCount, mustBeBetween: [1, 2, 3]}]",
        ("W124", "`mustBeBetween` has too many entries"),
    ),
    (
        "quality: [{metric: rowCount, mustBe: 1, mustNotBe: 2}]",
        ("W125", "`mustBe` and `mustNotBe` exclude each other"),
    ),
    ("quality: [{type: custom, engine: x}]", ("W122", "`implementation` is missing")),
    (
        "quality: [{type: custom, engine: x, implementation: 1}]",
        ("W121", "`implementation` has to be text or a mapping of keys to values"),
    ),
]


@pytest.mark.parametrize(("text", "expected"), IN_A_COLUMN)
def test_mistakes_in_a_column(text: str, expected: tuple[str, str]) -> None:
    contract = f"{CONTRACT}schema: [{{name: x, properties: [{{name: y, {text}}}]}}]"
    assert findings(contract, Format.ODCS) == [expected]


def test_an_entry_of_a_list_at_the_top() -> None:
    message = "this file has to be a mapping of keys to values"
    assert findings("- 1", Format.TESTS) == [("W121", message)]


POLICY = """\
policy: pii-is-classified
owner: data-governance@skyline.example
rationale: Personal data has to be known before it can be protected.
on: column
when: column.name.matches("(?i)(e_?mail|phone|passport)")
require: column.classification in ["pii", "confidential"]
mode: warn
block_from: 2027-01-01
fix: Set `classification` on the column, or ask for an exemption.
exemptions: [{address: "a.b.c@1#d", until: 2027-03-01, reason: "hashed at source"}]
"""


def test_policies() -> None:
    assert findings(POLICY, Format.POLICY) == []
    assert findings("policy: p\nowner: o\nmask: {when: x, as: hash}", Format.POLICY) == []
    assert findings("policy: p\nowner: o", Format.POLICY) == [
        ("W125", "one of several keys is missing")
    ]
    assert findings(POLICY.replace("mode: warn", "mode: loud"), Format.POLICY) == [
        ("W123", "unknown value of `mode`")
    ]


def test_a_large_document_has_its_first_mistake_named() -> None:
    rules = "    - {metric: rowCount}\n" * 3000
    text = f"{CONTRACT}schema:\n- name: x\n  quality:\n{rules}"
    assert findings(text, Format.ODCS) == [("W125", "an operator is missing")]


@pytest.mark.parametrize("format", OURS)
def test_our_schemas_explain_themselves_to_editors(format: Format) -> None:
    schema = schema_of(format)
    assert schema["$id"] == f"urn:weft:schema:{format}"
    assert jsonschema_rs.meta.is_valid(schema)
    for node in _nodes(schema):
        for key, inside in node.get("properties", {}).items():
            assert inside.get("description"), (format, key)
        if "properties" in node:
            assert node.get("title"), (format, sorted(node["properties"]))
            assert "additionalProperties" in node, (format, node["title"])


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for each in value:
            yield from _nodes(each)
    elif isinstance(value, dict):
        yield value
        for key, each in value.items():
            # What stands under `properties` are names, and one of them may be `properties`.
            yield from _nodes(list(each.values()) if key == "properties" else each)


def test_keys_at_a_place() -> None:
    odcs = schema_of(Format.ODCS)
    deep = ("schema", 0, "properties", 3, "properties", 0)
    assert {"logicalType", "name", "quality"} <= keys_at(odcs, deep)
    assert {"mustBe", "query", "metric"} <= keys_at(odcs, ("schema", 0, "quality", 1))
    assert {"minLength", "dimensions"} <= keys_at(odcs, (*deep, "logicalTypeOptions"))
    assert keys_at(schema_of(Format.WEFT), ("warehouses",)) == frozenset()
    assert keys_at(odcs, ("nowhere", 1)) == frozenset()


@pytest.mark.parametrize(
    ("rule", "codes"),
    [
        ("{rule: nullCheck}", []),
        ("{type: library, rule: rowCount, mustBeGreaterThan: 1}", []),
        ("{rule: validValues, validValues: [a]}", []),
        ("{rule: nullCheck, mustBe: 0, mustNotBe: 1}", ["W125"]),
        ("{rule: nullCheck, mustBee: 0}", ["W120"]),
        ("{type: text, rule: nullCheck}", ["W125"]),
        ("{type: library, mustBe: 0}", ["W122"]),
        ("{metric: nullValues, rule: nullCheck}", ["W125"]),
    ],
)
def test_rules_as_older_contracts_write_them(rule: str, codes: list[str]) -> None:
    text = CONTRACT + f"schema: [{{name: x, quality: [{rule}]}}]"
    assert [code for code, _ in findings(text, Format.ODCS)] == codes


def test_a_form_that_is_not_kept_is_described() -> None:
    for text, format, note in (
        (
            f"{CONTRACT}servers: [{{server: s, type: sftp, location: 's3://a'}}]",
            Format.ODCS,
            "write an address that begins with `sftp://`",
        ),
        ("retire: {quiet: never}", Format.WEFT, "write a number of days, such as 14d"),
    ):
        document, _ = read_yaml(SourceFile("a.yaml", text.encode()))
        assert document is not None
        found = {each.note for each in check_shape(document, format) if each.code == "W124"}
        assert found == {note}


def patterns(schema: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places in a schema at which a text has to have a form."""
    if isinstance(schema, dict) and isinstance(schema.get("pattern"), str):
        yield path
    inside = schema.items() if isinstance(schema, dict) else ()
    for key, each in enumerate(schema) if isinstance(schema, list) else inside:
        yield from patterns(each, (*path, key))


@pytest.mark.parametrize("format", list(Format))
def test_every_form_has_words(format: Format) -> None:
    assert [each for each in patterns(schema_of(format)) if FORMS.keys().isdisjoint(each)] == []
