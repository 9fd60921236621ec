"""What is written as YAML is read again as equal data, whatever its texts look like."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from weft.project.read_yaml import read_yaml
from weft.project.source import SourceFile
from yaml_text import yaml_text

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
    document, found = read_yaml(SourceFile("a.yaml", yaml_text(data).encode()))
    assert document is not None
    assert found == ()
    assert document.data == data
    assert repr(document.data) == repr(data)
