"""Contracts that use fragments: what they become, and where each piece of them is."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from weft.project.fragments import Fragments, read_fragments
from weft.project.read_yaml import Document, read_yaml
from weft.project.resolving import Resolution, resolve
from weft.project.source import SourceFile

SHARED = b"""
properties:
  code: {logicalType: string, logicalTypeOptions: {minLength: 2, maxLength: 2}}
  carrier:
    use: code
    description: Code of the airline.
    tags: [public]
  pair: [{name: low, logicalType: integer}, {name: high, logicalType: integer}]
  codes: {logicalType: array, items: {use: code}}
quality:
  filled: {metric: nullValues, mustBe: 0}
enum:
  airports: [{value: EWR}, {value: JFK}]
slaProperties:
  daily: [{property: frequency, value: 1, unit: d}, {property: latency, value: 24, unit: h}]
  kept: {property: retention, value: 3, unit: y}
contract:
  house:
    slaProperties: {use: daily}
    description: {usage: Join it., limitations: None.}
tags:
  common: [flights]
"""


def document(text: str | bytes) -> Document:
    data = text.encode() if isinstance(text, str) else text
    found, problems = read_yaml(SourceFile("c.yaml", data, len(data)))
    assert found is not None and problems == ()
    return found


def shared(text: bytes = SHARED, path: str = "shared/a.yaml") -> Fragments:
    fragments, problems = read_fragments([SourceFile(path, text, len(text))])
    assert problems == ()
    return fragments


def resolution(text: str, fragments: Fragments | None = None) -> Resolution:
    return resolve(document(text), fragments or shared())


def data(text: str, fragments: Fragments | None = None) -> Any:
    found = resolution(text, fragments)
    assert found.diagnostics == () and found.document is not None
    return found.document.data


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "schema: [{properties: [{use: code}]}]",
            {
                "schema": [
                    {
                        "properties": [
                            {
                                "name": "code",
                                "logicalType": "string",
                                "logicalTypeOptions": {"minLength": 2, "maxLength": 2},
                            }
                        ]
                    }
                ]
            },
        ),
        (
            "slaProperties: [{use: kept}]",
            "slaProperties: [{property: retention, value: 3, unit: y}]",
        ),
        (
            "slaProperties: [{use: [daily, kept]}, {property: x, value: 1}]",
            "slaProperties: [{property: frequency, value: 1, unit: d}, "
            "{property: latency, value: 24, unit: h}, {property: retention, value: 3, unit: y}, "
            "{property: x, value: 1}]",
        ),
        ("tags: {use: common}", "tags: [flights]"),
        (
            "use: house\ndescription: {purpose: Flights., usage: Mine.}",
            "description: {purpose: Flights., usage: Mine., limitations: None.}\n"
            "slaProperties: [{property: frequency, value: 1, unit: d}, "
            "{property: latency, value: 24, unit: h}]",
        ),
        (
            "schema: [{name: a, quality: [{use: filled, mustBe: 3}]}]",
            "schema: [{name: a, quality: [{mustBe: 3, metric: nullValues}]}]",
        ),
        (
            "schema: [{properties: [{name: a, enum: {use: airports}}]}]",
            "schema: [{properties: [{name: a, enum: [{value: EWR}, {value: JFK}]}]}]",
        ),
    ],
)
def test_what_stands_for_a_use(text: str, wanted: Any) -> None:
    expected = document(wanted).data if isinstance(wanted, str) else wanted
    assert data(text) == expected


def column(text: str) -> Any:
    (found,) = data(f"schema: [{{properties: [{text}]}}]")["schema"][0]["properties"]
    return found


def test_a_column_is_called_as_its_fragment() -> None:
    assert column("{use: carrier}")["name"] == "carrier"


def test_its_own_name_and_keys_win_and_mappings_are_joined() -> None:
    found = column("{use: carrier, name: airline, logicalTypeOptions: {maxLength: 3}}")
    assert found["name"] == "airline"
    assert found["logicalTypeOptions"] == {"minLength": 2, "maxLength": 3}
    assert found["description"] == "Code of the airline."


def test_several_fragments_beside_keys_make_one_column_and_the_first_wins() -> None:
    first = shared(b"properties: {a: {x: 1, y: 1}, b: {y: 2, z: 2}}")
    found = data("schema: [{properties: [{use: [a, b], name: c}]}]", first)
    assert found["schema"][0]["properties"] == [{"name": "c", "x": 1, "y": 1, "z": 2}]


def test_several_fragments_alone_are_several_columns() -> None:
    found = data("schema: [{properties: [{use: [code, pair, carrier]}]}]")
    names = [each["name"] for each in found["schema"][0]["properties"]]
    assert names == ["code", "low", "high", "carrier"]


def test_items_of_a_list_have_no_name() -> None:
    assert "name" not in column("{use: codes}")["items"]


def test_a_domains_fragment_counts_before_the_meshs() -> None:
    own = shared(b"tags: {common: [mine]}", "domains/d/shared/a.yaml")
    assert data("tags: {use: common}", own.over(shared())) == {"tags": ["mine"]}
    assert data("tags: {use: common}", shared().over(own)) == {"tags": ["flights"]}


def test_values_that_are_free_are_left_alone() -> None:
    text = "customProperties: [{property: p, value: {use: code, tags: {use: x}}}]"
    assert data(text) == document(text).data


def test_a_contract_without_fragments_is_itself() -> None:
    plain = document("description: {purpose: What it is of use for.}\ntags: [use]")
    assert resolve(plain, shared()).document is plain


def test_what_is_used_is_known_even_when_it_is_not_there() -> None:
    found = resolution("schema: [{properties: [{use: carrier}]}]\ntags: {use: other}")
    assert found.used == (("properties", "carrier"), ("properties", "code"), ("tags", "other"))
    assert found.document is None
    assert [each.code for each in found.diagnostics] == ["W270"]


def test_a_name_that_may_stand_in_an_unreadable_file_is_not_reported() -> None:
    fragments, problems = read_fragments([SourceFile("shared/a.yaml", b"nonsense: {}", 12)])
    assert problems and fragments.partial
    assert resolution("tags: {use: common}", fragments) == Resolution(None, (("tags", "common"),))


def test_places_are_those_of_the_contract_and_name_the_fragment() -> None:
    text = "schema:\n- properties:\n  - {name: a}\n  - use: pair\n  - {use: carrier, name: b}\n"
    found = resolution(text).document
    assert found is not None
    columns = ("schema", 0, "properties")
    own = found.diagnostic("W125", "m", *columns, 0, "name", note="n")
    assert (own.span and own.span.line, own.note) == (3, "n")
    high = found.diagnostic("W125", "m", *columns, 2, "logicalType", note="n")
    assert (high.span and high.span.line, high.note) == (4, "n (in shared/a.yaml:8)")
    name = found.diagnostic("W125", "m", *columns, 3, "name")
    assert (name.span and name.span.line, name.note) == (5, "")
    deep = found.diagnostic("W125", "m", *columns, 3, "logicalTypeOptions", "minLength")
    assert (deep.span and deep.span.line, deep.note) == (5, "in shared/a.yaml:3")
    assert found.span(*columns, 3, "tags", 0).line == 5


def test_a_digest_is_of_what_is_used_and_of_nothing_else() -> None:
    used = (("tags", "common"), ("properties", "code"))
    before = shared()
    assert before.digest(()) == ""
    assert before.digest(used) == shared().digest(used[::-1])
    assert before.digest(used) != shared(SHARED.replace(b"2,", b"3,")).digest(used)
    assert before.digest(used) != shared(path="shared/b.yaml").digest(used)
    other = shared(b"tags: {other: [x]}", "shared/b.yaml").over(before)
    assert before.digest(used) == other.digest(used)
    shadow = shared(b"tags: {common: [x]}", "domains/d/shared/b.yaml").over(before)
    assert before.digest(used) != shadow.digest(used)
    assert Fragments().digest(used) != Fragments().digest(used[:1])


def test_fragments_nested_without_end_are_refused() -> None:
    names = [f"n{number}" for number in range(60)]
    lines = [f"  {each}: {{properties: [{{use: {after}}}]}}" for each, after in pairwise(names)]
    deep = shared("\n".join(["properties:", *lines, "  n59: {logicalType: string}"]).encode())
    found = resolution("schema: [{properties: [{use: n0}]}]", deep)
    assert [each.code for each in found.diagnostics] == ["W110"]
