"""Every code and every field of the standards is explained."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import pytest
import yaml

from weft.app.errors import NotFound
from weft.app.explain import EFFECTS, explain, field_entry
from weft.contract.change_kinds import KINDS
from weft.contract.checks import is_measured
from weft.mesh.codes import CODES

ODCS = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text())
ODPS = json.loads(files("weft.project").joinpath("schemas", "odps-1.1.json").read_text())


def fields(
    schema: Mapping[str, Any], node: Any, path: str = "", seen: frozenset[str] = frozenset()
) -> Iterator[str]:
    """The paths of all fields below a node of a JSON Schema; what refers to itself only once."""
    if not isinstance(node, Mapping):
        return
    reference = node.get("$ref")
    if reference and reference not in seen:
        target: Any = schema
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        yield from fields(schema, target, path, seen | {reference})
    for name, below in node.get("properties", {}).items():
        place = f"{path}.{name}" if path else name
        yield place
        yield from fields(schema, below, place, seen)
    for key in ("allOf", "anyOf", "oneOf"):
        for below in node.get(key, ()):
            yield from fields(schema, below, path, seen)
    for key in ("then", "else", "items", "additionalProperties"):
        yield from fields(schema, node.get(key), path, seen)


ODCS_FIELDS = sorted(set(fields(ODCS, ODCS)))
ODPS_FIELDS = sorted({f"product.{path}" for path in fields(ODPS, ODPS)})


def test_the_schemas_are_walked_to_the_bottom() -> None:
    assert len(ODCS_FIELDS) > 400
    assert "schema.properties.quality.mustBeBetween" in ODCS_FIELDS
    assert "product.outputPorts.contractId" in ODPS_FIELDS


def test_every_field_of_both_standards_is_explained() -> None:
    assert [path for path in ODCS_FIELDS + ODPS_FIELDS if field_entry(path) is None] == []


def test_nothing_is_explained_that_the_standards_do_not_have() -> None:
    for name, known in (("odcs.yaml", ODCS_FIELDS), ("odps.yaml", ODPS_FIELDS)):
        text = files("weft.app").joinpath("fields", name).read_text()
        written = [path for path in yaml.safe_load(text) if "*" not in path]
        assert [path for path in written if path not in known] == []


def test_every_effect_is_one_of_four() -> None:
    for name in ("odcs.yaml", "odps.yaml"):
        entries = yaml.safe_load(files("weft.app").joinpath("fields", name).read_text())
        for path, entry in entries.items():
            [(effect, sentence)] = entry.items()
            assert effect in EFFECTS, path
            assert sentence.endswith("."), path


@pytest.mark.parametrize("path", [path for path in ODCS_FIELDS if "logicalTypeOptions." in path])
def test_an_option_is_enforced_when_it_becomes_a_check(path: str) -> None:
    option = path.rpartition(".")[2]
    effect, _ = field_entry(path) or ("", "")
    values: dict[str, Any] = {"format": "uuid", "uniqueItems": True}
    measured = is_measured("string", option, values.get(option, 1))
    # Whether a type has a time zone is compared with the column, not counted in its rows.
    assert (effect == "enforced") is (measured or option == "timezone")


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained(code: str) -> None:
    found = explain(code)
    assert (found.topic, found.title, found.text) == (
        code,
        CODES[code].title,
        CODES[code].explanation,
    )
    assert explain(code.lower()) == found


@pytest.mark.parametrize(
    ("topic", "effect"),
    [
        ("schema.properties.required", "enforced"),
        ("contract.schema.properties.required", "enforced"),
        ("product.outputPorts.version", "enforced"),
        ("schema.properties.quality.customProperties", "enforced"),
        ("team.members.dateIn", "shown"),
        ("product.support.url", "shown"),
        ("servers.stagingDir", "ignored"),
        ("schema.quality.mustBe", "enforced"),
    ],
)
def test_fields(topic: str, effect: str) -> None:
    found = explain(topic)
    assert found.effect == effect
    assert found.title == EFFECTS[effect]


@pytest.mark.parametrize(
    ("topic", "near"),
    [("schema.properties.requird", "schema.properties.required"), ("valdate", "validate")],
)
def test_an_unknown_word_offers_the_nearest(topic: str, near: str) -> None:
    with pytest.raises(NotFound) as stopped:
        explain(topic, ["validate"])
    assert near in stopped.value.why


@pytest.mark.parametrize(
    ("topic", "next_step"),
    [
        ("W99", "weft explain W101"),
        ("W9999", f"weft explain {max(CODES)}"),
        ("requird", "weft explain schema.properties.required"),
        ("qwertz", "weft explain --help"),
    ],
)
def test_the_next_step_leads_to_what_was_meant(topic: str, next_step: str) -> None:
    with pytest.raises(NotFound) as refused:
        explain(topic)
    assert refused.value.next_step == next_step


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_change_is_explained(kind: str) -> None:
    found = explain(kind.upper())
    assert found.topic == kind
    assert KINDS[kind].meaning in found.text and KINDS[kind].verb in found.title


def test_what_breaks_needs_a_major_or_somebody() -> None:
    assert explain("column-removed").text == (
        "Queries that name it fail. It is breaking for the provider and breaking for consumers, "
        "so that it needs a new major version, or somebody who answers for it until a day."
    )
    assert explain("tags-changed").text.endswith("so that it needs a new patch version.")


def test_a_misspelled_kind_of_change_is_guessed() -> None:
    with pytest.raises(NotFound) as stopped:
        explain("colum-removed")
    assert stopped.value.next_step == "weft explain column-removed"
