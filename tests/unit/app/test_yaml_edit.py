"""Edits of YAML text: the meaning changes as asked, everything else stays."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from weft.app.yaml_edit import CannotEdit, append_entry, remove_entry, scalar, set_value

TEXT = """\
# head
id: a.b   # why
outputPorts:

  # the first
  - name: x
    description: |
      many
      lines

    tags: [a,
      b]   # inside

# behind
status: active
"""


def test_an_entry_goes_behind_the_last_one() -> None:
    after = append_entry(TEXT, "outputPorts", {"name": "second", "version": "2.0.0"})
    assert after == TEXT.replace(
        "      b]   # inside\n", "      b]   # inside\n  - name: second\n    version: 2.0.0\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "a:\n- b: 1\n",
        "a:\n- b: 1",
        "a:\n    - b: 1\nc: 2\n",
        "a:\n  - b: |\n      text\nc: 2\n",
        "a:\n  - b:\n      - c\n\n\n# end\n",
        "b: 1\n",
    ],
)
def test_indentation_is_the_lists_own(text: str) -> None:
    after = append_entry(text, "a", {"n": "1"})
    read = yaml.load(after, Loader=yaml.BaseLoader)
    assert read["a"][-1] == {"n": "1"}
    assert all(line in after.splitlines() for line in text.splitlines())


@pytest.mark.parametrize(
    "text", ["a: []\n", "a: [{b: 1}]\n", "{a: 1}\n", "- a\n", "a: &x [1]\nb: *x\n", "", "a: text\n"]
)
def test_what_only_a_person_should_edit_is_refused(text: str) -> None:
    with pytest.raises(CannotEdit):
        append_entry(text, "a", {"n": "1"})


def test_a_value_is_replaced_in_its_place() -> None:
    assert set_value(TEXT, "null", "id") == TEXT.replace("a.b ", '"null" ')
    assert set_value("v: '1'\n", "2.0.0", "v") == "v: 2.0.0\n"


def test_a_value_that_is_absent_or_no_text_is_refused() -> None:
    for key in ("nothing", "outputPorts"):
        with pytest.raises(CannotEdit):
            set_value(TEXT, "x", key)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_survives_as_a_scalar(text: str) -> None:
    assert yaml.load(f"a: {scalar(text)}\n", Loader=yaml.SafeLoader) == {"a": text}
    assert yaml.load(f"[{scalar(text)}]\n", Loader=yaml.SafeLoader) == [text]


LISTED = "a: 1 # one\nlist:\n  # first\n  - x: 1\n  - {x: 2} # two\n\n# behind\nb: 2\n"


def test_an_entry_goes_and_what_stands_around_it_stays() -> None:
    first = "a: 1 # one\nlist:\n  # first\n  - {x: 2} # two\n\n# behind\nb: 2\n"
    assert remove_entry(LISTED, "list", 0) == first
    assert remove_entry(first, "list", 0) == "a: 1 # one\n\n# behind\nb: 2\n"


def test_an_entry_of_a_list_in_one_line_is_left_to_people() -> None:
    with pytest.raises(CannotEdit):
        remove_entry("a: [{x: 1}]\n", "a", 0)


def test_a_mapping_inside_of_an_entry_stands_in_one_line() -> None:
    added = append_entry("a: 1\n", "list", {"x": "one", "value": {"until": "2027-01-31"}})
    assert added == "a: 1\n\nlist:\n  - x: one\n    value: {until: 2027-01-31}\n"
