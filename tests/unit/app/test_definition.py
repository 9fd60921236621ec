"""A definition is text and data whatever stands in it, or a person is asked to look."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft.app.definition import definition_data, definition_text, entries
from weft.app.errors import Blocked


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xff", "It is not UTF-8."),
        (b"id: [", "It is not one document of YAML."),
        (b"a: 1\n---\nb: 2\n", "It is not one document of YAML."),
    ],
)
def test_what_is_no_definition_is_refused(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "product.yaml"
    path.write_bytes(data)
    with pytest.raises(Blocked, match=r"/product\.yaml cannot be read") as refused:
        definition_text(path)
    assert (refused.value.why, refused.value.next_step) == (why, "weft validate")


def test_sql_is_not_read_as_yaml(tmp_path: Path) -> None:
    path = tmp_path / "model.sql"
    path.write_text("SELECT [")
    assert definition_text(path) == "SELECT ["


@pytest.mark.parametrize("data", [b"", b"[a]", b"a", b"id: [", b"\xff"])
def test_what_is_no_mapping_says_nothing(data: bytes) -> None:
    assert definition_data(data) == {}


@pytest.mark.parametrize("value", ["", "a", "{name: a}", "[]", "[a, [b]]"])
def test_what_is_no_list_of_mappings_has_no_entries(value: str) -> None:
    assert entries(definition_data(f"ports: {value}".encode()), "ports") == {}


def test_entries_have_the_place_that_they_have_in_the_list() -> None:
    data = definition_data(b"ports: [a, {name: b}, null, {name: c}]")
    assert entries(data, "ports") == {1: {"name": "b"}, 3: {"name": "c"}}
    assert entries(data, "others") == {}
