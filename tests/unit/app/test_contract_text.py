"""Changes to a contract's text: what is meant changes, and what people wrote around it stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from weft.app.contract_text import ObjectEdit, edit_contract
from weft.app.yaml_edit import CannotEdit
from weft.contract.syncing import Addition, Amendment, Synced

TEXT = """\
# what is promised
schema:
  - name: a
    properties:
      # about id
      - name: id   # the id
        logicalType: integer

      # about b
      - name: b
        logicalType: 'string'
        enum: [{value: x, label: The x}]
        logicalTypeOptions: {minLength: 2}   # two

      # about z
      - {name: z, logicalType: date}   # in one line

    # the rules of a
    quality: []

# how good it is
slaProperties: []
"""
COLUMNS: dict[str, tuple[str | int, ...]] = {
    name: ("schema", 0, "properties", place) for place, name in enumerate(("id", "b", "z"))
}
CONTRACTS = sorted((Path(__file__).parents[3] / "examples").rglob("*.odcs.yaml"))


def edited(text: str = TEXT, **changes: Any) -> str:
    return edit_contract(text, [ObjectEdit(("schema", 0), COLUMNS, Synced(**changes))]).text


def swapped(*pairs: tuple[str, str]) -> str:
    text = TEXT
    for before, after in pairs:
        assert text.count(before) == 1
        text = text.replace(before, after)
    return text


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.name)
def test_the_contracts_of_the_example_stay_as_they_are(path: Path) -> None:
    text = path.read_text()
    assert edit_contract(text, []).text == text


@pytest.mark.parametrize("indent", [0, 2, 4])
def test_lists_keep_their_indentation(indent: int) -> None:
    pad = " " * indent
    text = f"# head\nschema:\n{pad}- name: a\n{pad}  properties:\n{pad}  {pad}- name: id\n"
    changed = edit_contract(
        text, [ObjectEdit(("schema", 0), {}, Synced(added=(Addition({"name": "c"}, "id"),)))]
    )
    assert changed.text == f"{text}{pad}  {pad}- name: c\n"


def test_keys_are_put_where_people_look_for_them() -> None:
    found = edited(
        amended=(
            Amendment("id", ("required",), True),
            Amendment("id", ("logicalTypeOptions", "minimum"), 0),
            Amendment("b", ("required",), True),
            Amendment("z", ("required",), True),
        )
    )
    assert found == swapped(
        (
            "        logicalType: integer\n",
            "        logicalType: integer\n        required: true\n"
            "        logicalTypeOptions: {minimum: 0}\n",
        ),
        ("'string'\n", "'string'\n        required: true\n"),
        ("{name: z, logicalType: date}   #", "{name: z, logicalType: date, required: true} #"),
    )


def test_values_are_changed_and_taken_out() -> None:
    found = edited(
        amended=(
            Amendment("id", ("logicalType",), "string"),
            Amendment("b", ("logicalTypeOptions", "minLength"), None),
            Amendment("b", ("required",), None),
            Amendment("z", ("logicalTypeOptions", "minimum"), None),
        )
    )
    assert yaml.safe_load(found)["schema"][0]["properties"] == [
        {"name": "id", "logicalType": "string"},
        {"name": "b", "logicalType": "string", "enum": [{"value": "x", "label": "The x"}]},
        {"name": "z", "logicalType": "date"},
    ]
    assert "# about z" in found and "# the rules of a" in found


def test_listed_values_keep_what_is_said_of_them() -> None:
    found = edited(amended=(Amendment("b", ("enum",), ["x", "yes", "n: o", 3]),))
    assert found == swapped(
        (
            "[{value: x, label: The x}]",
            '[{value: x, label: The x}, {value: "yes"}, {value: "n: o"}, {value: 3}]',
        )
    )


def test_a_list_of_values_is_written_in_one_line() -> None:
    found = edited(amended=(Amendment("id", ("enum",), ["a", "null"]),))
    assert '        enum: [{value: a}, {value: "null"}]\n' in found


def test_columns_are_added_behind_others() -> None:
    first = Addition({"name": "c", "logicalType": "date", "required": True}, "id")
    last = Addition({"required": True, "name": "d", "enum": ["x"]}, "z")
    none = Addition({"name": "e"}, "")
    found = edited(added=(none, first, last))
    names = [each["name"] for each in yaml.safe_load(found)["schema"][0]["properties"]]
    assert names == ["e", "id", "c", "b", "z", "d"]
    end = (
        "      - {name: z, logicalType: date}   # in one line\n"
        "      - name: d\n        required: true\n        enum: [{value: x}]\n\n"
        "    # the rules of a\n"
    )
    assert end in found


def test_comments_outlive_the_column_before_them() -> None:
    for name in COLUMNS:
        found = edited(removed=(name,))
        names = [each["name"] for each in yaml.safe_load(found)["schema"][0]["properties"]]
        assert names == [each for each in COLUMNS if each != name]
        for comment in ("about b", "about z", "the rules of a", "how good it is"):
            assert found.count(f"# {comment}\n") == 1, (name, comment)


def test_columns_all_go_and_others_come() -> None:
    fields = [{"name": "x", "logicalType": "string"}, {"name": "y", "items": {"logicalType": "s"}}]
    column = {"name": "new", "logicalType": "object", "properties": fields}
    found = edited(removed=("id", "b", "z"), added=(Addition(column, ""),))
    assert yaml.safe_load(found)["schema"][0]["properties"] == [column]
    assert "# the rules of a\n" in found


def test_a_column_may_be_replaced_by_one_of_its_name() -> None:
    entry = {"name": "id", "logicalType": "string"}
    found = edited(removed=("id",), added=(Addition(entry, ""),))
    names = [each["name"] for each in yaml.safe_load(found)["schema"][0]["properties"]]
    assert names == ["id", "b", "z"]
    assert yaml.safe_load(found)["schema"][0]["properties"][0] == entry


def test_an_object_without_columns_gets_them_one_below_another() -> None:
    text = "schema:\n  - name: a\n    properties: []\n"
    found = edit_contract(
        text, [ObjectEdit(("schema", 0), {}, Synced(added=(Addition({"name": "c"}, ""),)))]
    )
    assert found.text == "schema:\n  - name: a\n    properties:\n      - name: c\n"


SHARED = """\
schema:
  - name: a
    properties:
      - use: id
      - {use: b, name: c, enum: {use: few}}
      - name: d
        enum:
          - use: few
          - value: x
        logicalTypeOptions: {use: bounds}
"""


def test_what_a_fragment_says_is_denied_where_that_can_be() -> None:
    columns = {name: ("schema", 0, "properties", place) for place, name in enumerate("acd")}
    amended = (
        Amendment("a", ("required",), None),
        Amendment("a", ("primaryKey",), None),
        Amendment("a", ("primaryKeyPosition",), None),
        Amendment("c", ("enum",), ["x", "y"]),
        Amendment("d", ("enum",), ["x", "y"]),
        Amendment("d", ("logicalTypeOptions", "minimum"), 0),
    )
    found = edit_contract(SHARED, [ObjectEdit(("schema", 0), columns, Synced(amended=amended))])
    assert found.by_hand == ("c", "d")
    assert found.text == SHARED.replace(
        "- use: id\n", "- use: id\n        primaryKey: false\n        required: false\n"
    ).replace("{use: bounds}", "{use: bounds, minimum: 0}")
    gone = (Amendment("d", ("logicalTypeOptions", "maximum"), None),)
    found = edit_contract(SHARED, [ObjectEdit(("schema", 0), columns, Synced(amended=gone))])
    assert (found.text, found.by_hand) == (SHARED, ("d",))


def test_a_place_that_stands_for_several_is_left_to_people() -> None:
    text = "schema:\n  - name: a\n    properties:\n      - &id {name: id}\n      - *id\n"
    with pytest.raises(CannotEdit, match="aliases"):
        edit_contract(text, [])


def test_a_text_that_would_not_say_what_is_meant_is_not_given() -> None:
    text = (
        "schema:\n  - name: o\n    properties:\n\n      - {name: a}\n"
        "      - {name: b, logicalType: string}  # beside b\n"
        "      - name: c\n        logicalType: string\n"
    )
    columns = {name: ("schema", 0, "properties", place) for place, name in enumerate("abc")}
    with pytest.raises(CannotEdit, match="unusual"):
        edit_contract(text, [ObjectEdit(("schema", 0), columns, Synced(removed=("a",)))])


def test_a_comment_that_the_reader_overlooks_is_not_lost() -> None:
    text = """\
schema:
  - name: o
    properties:
      - name: a
        description: >-
          some words
          and more
      - {name: b, logicalType: string}
      - {name: c, logicalType: string}

      # before d
      - {name: d, logicalType: string}  # beside d
"""
    columns = {name: ("schema", 0, "properties", place) for place, name in enumerate("abcd")}
    with pytest.raises(CannotEdit, match="a comment in it would be lost"):
        edit_contract(text, [ObjectEdit(("schema", 0), columns, Synced(removed=("b",)))])


def test_what_a_fragment_brings_is_left_to_people() -> None:
    columns = {"id": COLUMNS["id"], "b": (), "z": ()}
    synced = Synced(removed=("b",), amended=(Amendment("z", ("required",), True),))
    found = edit_contract(TEXT, [ObjectEdit(("schema", 0), columns, synced)])
    assert (found.text, found.by_hand) == (TEXT, ("b", "z"))
