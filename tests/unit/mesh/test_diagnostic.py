from __future__ import annotations

import pytest

from weft.mesh.diagnostic import as_written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ("a b", "a b"),
        ([1, "飛"], '[1, "飛"]'),
        ({"a": None}, '{"a": null}'),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
    ],
)
def test_a_value_is_shown_as_its_author_writes_it(value: object, written: str) -> None:
    assert as_written(value) == written
