from __future__ import annotations

import pytest

from weft.mesh.growth import Growth
from weft.mesh.product import Materialization, Model
from weft.project.head import column_list
from weft.project.read_sql import read_model
from weft.project.source import SourceFile


def model(text: str) -> tuple[Model, list[tuple[str, int, int, int]]]:
    result, found = read_model(SourceFile("p/models/m.sql", text.encode()))
    assert result is not None
    return result, [
        (each.code, each.span.line, each.span.column, each.span.length)
        for each in found
        if each.span
    ]


def test_a_model_without_a_head() -> None:
    assert model("SELECT 1") == (Model("m", "SELECT 1", "p/models/m.sql"), [])


def test_every_key_of_the_head() -> None:
    text = """-- What this is.

--materialized: incremental
-- description: all: of them
--   required:  [ id ]
-- unique: a, "b, c"
-- unique_key: id
-- time_column: "at"
-- refresh: always
SELECT 1 -- required: [x]
"""
    assert model(text) == (
        Model(
            name="m",
            sql="SELECT 1 -- required: [x]\n",
            path="p/models/m.sql",
            first_line=10,
            materialized=Materialization.INCREMENTAL,
            description="all: of them",
            refresh_always=True,
            required=("id",),
            unique=("a", "b, c"),
            growth=Growth(time_column="at", unique_key=("id",)),
            head=text.partition("\nSELECT")[0],
        ),
        [],
    )


def test_windows_line_ends() -> None:
    result, found = model("-- unique: [id]\r\n\r\nSELECT 1\r\n")
    assert (result.unique, result.first_line, result.sql) == (("id",), 3, "SELECT 1\r\n")
    assert found == []


@pytest.mark.parametrize("text", ["", "\n\n", "-- only a comment", "-- unique: [id]\n"])
def test_a_file_without_sql_has_an_empty_body(text: str) -> None:
    result, found = model(text)
    assert (result.sql, found) == ("", [])


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("-- uniqe: [id]", [("W350", 1, 4, 5)]),
        ("-- Required: [id]", [("W350", 1, 4, 8)]),
        ("-- note: hello", []),
        ("-- this is plain text", []),
        ("-- https://example.org", []),
        ("-- materialized: tables", [("W351", 1, 18, 6)]),
        ("-- materialized:", [("W351", 1, 17, 1)]),
        ("-- refresh: never", [("W351", 1, 13, 5)]),
        ("-- unique: [a b]", [("W351", 1, 12, 5)]),
        ("-- unique: []", [("W351", 1, 12, 2)]),
        ("-- unique: [a", [("W351", 1, 12, 2)]),
        ("-- time_column: a, b", [("W351", 1, 17, 4)]),
        ("-- unique: [a]\n-- unique: [b]", [("W352", 2, 4, 6)]),
        ("/* unique: [a b] */", []),
    ],
)
def test_lines_of_the_head(line: str, found: list[tuple[str, int, int, int]]) -> None:
    assert model(f"{line}\nSELECT 1")[1] == found


def test_a_file_that_is_no_text() -> None:
    result, (found,) = read_model(SourceFile("p/models/m.sql", b"SELECT '\xff'"))
    assert (result, found.code) == (None, "W102")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", ("a",)),
        ("[a,b , c]", ("a", "b", "c")),
        ('["a b", "c""d"]', ("a b", 'c"d')),
        ("[straße, Ü]", ("straße", "Ü")),
        ("", ()),
        ("[]", ()),
        ("a,", ()),
        (",a", ()),
        ("[a] b", ()),
        ('"a', ()),
        ('""', ()),
    ],
)
def test_column_lists(text: str, names: tuple[str, ...]) -> None:
    assert column_list(text) == names
