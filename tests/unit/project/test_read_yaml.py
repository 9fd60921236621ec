from __future__ import annotations

from typing import Any

import pytest

from weft.project.read_yaml import MAX_DEPTH, MAX_FINDINGS, MAX_VALUES, Document, read_yaml
from weft.project.source import SourceFile


def read(text: str) -> Document:
    document, found = read_yaml(SourceFile("a.yaml", text.encode()))
    assert document is not None
    assert found == ()
    return document


def codes(text: str) -> list[str]:
    return [each.code for each in read_yaml(SourceFile("a.yaml", text.encode()))[1]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("nUll", "nUll"),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("NO", "NO"),
        ("1", 1),
        ("-17", -17),
        ("+3", 3),
        ("012", 12),
        ("0o14", 12),
        ("0xFf", 255),
        ("-0x1", "-0x1"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        ("1.2.3", "1.2.3"),
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("0b1", "0b1"),
        ("=", "="),
        ("-", None),
        ("'1'", "1"),
        ('"true"', "true"),
        ("|\n  a\n  b\n", "a\nb\n"),
        ("18446744073709551615", 2**64 - 1),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: Any) -> None:
    if text == "-":
        assert read("a:\n  -").data == {"a": [value]}
        return
    found = read(f"a: {text}").data["a"]
    assert found == value
    assert type(found) is type(value)


def test_an_alias_stands_for_its_value() -> None:
    assert read("a: &x {b: [1]}\nc: *x\nd: [*x, *x]").data["d"][1] == {"b": [1]}


def test_a_redefined_anchor_counts_from_then_on() -> None:
    assert read("a: &x 1\nb: *x\nc: &x 2\nd: *x").data == {"a": 1, "b": 1, "c": 2, "d": 2}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 18446744073709551616", "W114"),
        ("a: -9223372036854775809", "W114"),
        ("a: " + "9" * 5000, "W114"),
        ("a: 1e999", "W114"),
        ("a: -.inf", "W114"),
        ("a: .NaN", "W114"),
        ("<<: {a: 1}", "W111"),
        ("1: a", "W113"),
        ("null: a", "W113"),
        ("[a]: b", "W113"),
        ("{a: b}: c", "W113"),
        ("? a\n: 1\n? a\n: 2", "W104"),
        ("a: !x 1", "W112"),
        ("a: !x [1]", "W112"),
        ("a: *x", "W108"),
        ("a: 1\n---\nb: 1", "W106"),
        ("", "W107"),
        ("a: 1\n\tb: 2", "W105"),
        ("a: >\n\tb", "W105"),
        ("a: !b!c d", "W103"),
        ("%YAML 3.0\n---\na: 1", "W103"),
    ],
)
def test_what_is_refused_has_one_finding(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_all_mistakes_are_found_at_once() -> None:
    assert codes("a: 1\na: 2\nb: !x 1\n1: c\nd: .inf") == ["W104", "W112", "W113", "W114"]


def test_the_first_of_two_keys_counts() -> None:
    document, (found,) = read_yaml(SourceFile("a.yaml", b"a: 1\nb: 2\na: 3\n"))
    assert document is not None
    assert document.data == {"a": 1, "b": 2}
    assert found.span == document.source.span(3, 1, 1)
    assert found.note == "it stands first on line 1"


def test_findings_are_limited() -> None:
    assert codes("a: 1\n" * (MAX_FINDINGS + 50)) == ["W104"] * MAX_FINDINGS + ["W115"]


def test_the_limits_themselves_are_allowed() -> None:
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert codes("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)) == ["W110"]
    assert len(read("[" + "1," * MAX_VALUES + "]").data) == MAX_VALUES
    assert codes("[" + "1," * (MAX_VALUES + 1) + "]") == ["W109"]


PLACES = """\
name: flights
schema:
  - name: departures
    tags: [a, "b c", d]
    text: |
      one
      two
  - &other
    name: arrivals
more: *other
empty:
"""


@pytest.mark.parametrize(
    ("path", "key", "line", "column", "length"),
    [
        (("name",), False, 1, 7, 7),
        (("name",), True, 1, 1, 4),
        (("schema",), False, 2, 1, 6),
        (("schema", 0), False, 3, 5, 4),
        (("schema", 0, "name"), False, 3, 11, 10),
        (("schema", 0, "tags", 1), False, 4, 15, 5),
        (("schema", 0, "text"), False, 5, 11, 1),
        (("schema", 1, "name"), False, 9, 11, 8),
        (("more", "name"), False, 9, 11, 8),
        (("schema", 0, "missing"), False, 3, 5, 4),
        (("schema", 7), False, 2, 1, 6),
        (("name", "deeper"), False, 1, 1, 4),
        (("missing",), False, 1, 1, 4),
        ((), False, 1, 1, 4),
    ],
)
def test_places(path: tuple[Any, ...], key: bool, line: int, column: int, length: int) -> None:
    document = read(PLACES)
    assert document.span(*path, key=key) == document.source.span(line, column, length)


def test_a_finding_shows_its_line() -> None:
    found = read("a: 1\nb: {c: 5}").diagnostic("W121", "wrong", "b", "c", note="n", help="h")
    assert (found.excerpt, found.note, found.help) == ("b: {c: 5}", "n", "h")


def test_crlf_and_wide_characters_do_not_move_places() -> None:
    document = read("a: ä\r\nü: {飛: x}\r\n")
    assert document.span("ü", "飛") == document.source.span(2, 8, 1)
    assert document.diagnostic("W1", "m", "ü").excerpt == "ü: {飛: x}"
