from __future__ import annotations

import math
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from weft.project.read_yaml import read_yaml
from weft.project.source import SourceFile
from weft.project.write_yaml import to_yaml

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        "yes",
        "no",
        "0o14",
        "1e3",
        "012",
        "08",
        "1:30",
        "~",
        "",
        "<<",
        "2026-01-31",
        ".inf",
        "=",
        "!x",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
DATA = st.recursive(
    SCALARS,
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(TEXTS.filter(lambda key: key != "<<"), inside, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS.filter(lambda key: key != "<<"), DATA, max_size=4))
def test_what_was_written_is_read_again(data: dict[str, Any]) -> None:
    document, found = read_yaml(SourceFile("a.yaml", to_yaml(data).encode()))
    assert document is not None
    assert found == ()
    assert document.data == data
    assert repr(document.data) == repr(data)


@given(st.dictionaries(TEXTS.filter(lambda key: key != "<<"), TEXTS, max_size=4))
def test_readers_of_yaml_1_1_see_the_same_texts(data: dict[str, str]) -> None:
    assert yaml.safe_load(to_yaml(data)) == data


def test_values_are_repeated_and_keys_keep_their_order() -> None:
    shared = ["a"]
    assert to_yaml({"z": shared, "b": shared}) == "z:\n- a\nb:\n- a\n"


def test_numbers_keep_their_type() -> None:
    assert to_yaml({"a": 1e16, "b": 10**16}) == "a: 1.0e+16\nb: 10000000000000000\n"
    assert math.isclose(yaml.safe_load(to_yaml({"a": 1e16}))["a"], 1e16)
