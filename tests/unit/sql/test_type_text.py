"""The text of a nested type, taken apart."""

from __future__ import annotations

import pytest

from weft.sql.dialect import Dialect
from weft.sql.type_text import take_apart
from weft.sql.types import canonical_type


@pytest.mark.parametrize(
    ("text", "head", "parts"),
    [
        ("INTEGER[]", "[]", [("", "INTEGER")]),
        (" FLOAT [3] ", "[3]", [("", "FLOAT ")]),
        ("list(DATE)", "[]", [("", "DATE")]),
        ("ARRAY<STRUCT<a DATE>>", "[]", [("", "STRUCT<a DATE>")]),
        ("MAP(VARCHAR, DECIMAL(4,1))", "MAP", [("", "VARCHAR"), ("", "DECIMAL(4,1)")]),
        ('Struct("a, ""b" DATE, c INTEGER[])', "STRUCT", [('a, "b', "DATE"), ("c", "INTEGER[]")]),
        ("STRUCT(a ENUM('x)', ','))", "STRUCT", [("a", "ENUM('x)', ',')")]),
    ],
)
def test_one_level_is_taken_off(text: str, head: str, parts: list[tuple[str, str]]) -> None:
    taken = take_apart(text)
    assert taken is not None
    assert (taken.head, list(taken.parts)) == (head, parts)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "DATE", "DECIMAL(10,2)", "ENUM('a', 'b')", "STRUCT()", "STRUCT(a)"),
        *("STRUCT(a DATE", "STRUCT(a DATE))", "MAP(DATE)", "STRUCT(a DATE)[", "a)(b[]"),
    ],
)
def test_what_has_no_parts_or_no_end(text: str) -> None:
    assert take_apart(text) is None


@pytest.mark.parametrize(
    "bomb", ["STRUCT(a " * 5000 + "DATE" + ")" * 5000, "STRUCT(a DATE)" + "[]" * 5000, " " * 99999]
)
def test_a_type_of_absurd_depth_costs_nothing(bomb: str, dialect: Dialect) -> None:
    assert take_apart(bomb) is None
    assert len(canonical_type(bomb, dialect)) <= len(bomb)
