"""YAML that is written reads as the same document, for us and for programs of older versions."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from weft.app.yaml_write import yaml_text
from weft.project.read_yaml import read_yaml
from weft.project.source import SourceFile

NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.sampled_from(
    ["null", "yes", "1e3", "0o7", "012", "1_0", "~", "2013-01-01", "06:00", "a: b", "- a", "y", "="]
)
TEXTS = WORDS | st.text(st.characters(codec="utf-8", exclude_categories=["C"])) | st.just("a\nb\n")
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS.filter(bool), VALUES, min_size=1, max_size=4))
def test_a_document_is_read_as_it_was_written(document: dict[str, object]) -> None:
    text = yaml_text(document)
    found, diagnostics = read_yaml(SourceFile("a.yaml", text.encode()))
    assert diagnostics == ()
    assert found is not None and found.data == document
    assert yaml.safe_load(text) == document


def test_it_is_laid_out_for_people() -> None:
    shared = {"a": "one, two: three", "b": [{"c": "SELECT 1\nFROM x\n", "d": 1}]}
    assert yaml_text({"one": shared, "two": shared["b"], "three": "1e3"}) == (
        "one:\n  a: 'one, two: three'\n  b:\n    - c: |\n        SELECT 1\n        FROM x\n"
        '      d: 1\ntwo:\n  - c: |\n      SELECT 1\n      FROM x\n    d: 1\nthree: "1e3"\n'
    )
