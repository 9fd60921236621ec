"""A document says again what it said before, and keeps its comments as far as they still fit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.app.definition import definition_data
from weft.app.restoring import restored
from weft.app.yaml_write import yaml_text

TEXT = """\
# Who it is for.
version: 1.3.0
tags: [a, b]

schema:
  - name: lines
    properties:
      # The key of all.
      - {name: id, logicalType: integer}
      - name: cost
        logicalType: number
        description: >-
          What it costs,
          in full.
    quality:
      - {id: some, metric: rowCount, mustBeGreaterThan: 10}
"""


def said(text: str) -> dict[str, Any]:
    return definition_data(text.encode())


def test_what_did_not_change_stays_as_it_is_written() -> None:
    wanted = said(TEXT.replace("1.3.0", "1.2.0").replace("cost", "price", 1))
    found = restored(TEXT, wanted)
    assert said(found) == wanted
    for line in ("# Who it is for.", "tags: [a, b]", "      # The key of all.", "What it costs,"):
        assert line in found
    assert "  - {id: some, metric: rowCount, mustBeGreaterThan: 10}\n" in found


def test_what_differs_in_nothing_is_the_same_text() -> None:
    assert restored(TEXT, said(TEXT)) == TEXT


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x\n", "{a: 1}\n", "a: 1\na: 2\n", "[1]\n"])
def test_a_document_of_any_layout_says_what_is_wanted(text: str) -> None:
    assert said(restored(text, {"a": 3, "c": ["d"]})) == {"a": 3, "c": ["d"]}


scalars = st.one_of(
    st.booleans(), st.integers(-99, 99), st.sampled_from(["y", "no", "1.0.0", "a: b", "", "é", "~"])
)
documents = st.dictionaries(
    st.sampled_from(["name", "schema", "version", "id", "tags"]),
    st.recursive(
        scalars,
        lambda each: (
            st.lists(each, max_size=3)
            | st.dictionaries(st.sampled_from(["name", "id", "value", "x"]), each, max_size=3)
        ),
        max_leaves=6,
    ),
    min_size=1,
)


@given(before=documents, wanted=documents)
def test_whatever_was_said_the_wanted_is_said_now(
    before: dict[str, Any], wanted: dict[str, Any]
) -> None:
    assert said(restored(yaml_text(before), wanted)) == said(yaml_text(wanted))
