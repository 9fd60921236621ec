"""Which regular expressions every engine reads: the rules are compared with an engine's own."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from weft.contract.patterns import pattern_problem

REFUSED = {
    "^(?!a)b": "the pattern has a look-ahead",
    "a(?=b)": "the pattern has a look-ahead",
    "(?<=a)b": "the pattern has a look-behind",
    "(?<!a)b": "the pattern has a look-behind",
    "(?>a)": "the pattern has an atomic group",
    "(a)(?(1)b|c)": "the pattern has a condition",
    "(?#x)a": "the pattern has a comment",
    r"(a)\1": "the pattern has a back-reference",
    r"[\1]": "the pattern has a back-reference",
    "(?P<n>a)(?P=n)": "the pattern has a back-reference",
    "a*+": "the pattern has a possessive repetition",
    "a++": "the pattern has a possessive repetition",
    "a{2}+": "the pattern has a possessive repetition",
    "a{2,1001}": "the pattern has more than 1000 repetitions",
    r"a\Z": "the pattern has an escape of few engines",
    r"\u0041": "the pattern has an escape of few engines",
    "(?x) b": "the pattern has a flag of few engines",
    "(?ix)b": "the pattern has a flag of few engines",
    "(?x-i:b)": "the pattern has a flag of few engines",
    "a**": "this is no regular expression",
    "(": "this is no regular expression",
}

SOUND = [
    "",
    "a|",
    "^N[0-9A-Z]{1,5}$",
    "(?i)a",
    "(?s-i:a)",
    "(?:a)",
    "(?P<n>a)",
    "[(?=]",
    "[]a]",
    "[^]a]",
    r"[\]]+",
    r"\(\?=",
    r"\\1",
    r"\b\B\A\d\D\s\S\w\W\f\n\r\t\v\a\x41\101",
    "a{1000}",
    "a*?b+?c??d{2}?",
    "[[:alpha:]]",
    "a{x}+",
]


def is_read(pattern: str) -> bool:
    try:
        duckdb.execute("SELECT regexp_matches('a', ?)", [pattern]).fetchall()
    except duckdb.Error:
        return False
    return True


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_an_engine_does_not_read_is_named(pattern: str) -> None:
    problem = pattern_problem(pattern)
    assert problem is not None
    assert problem[0] == REFUSED[pattern]
    assert not is_read(pattern)


@pytest.mark.parametrize("pattern", SOUND)
def test_what_an_engine_reads_is_no_problem(pattern: str) -> None:
    assert pattern_problem(pattern) is None
    assert is_read(pattern)


def test_the_construct_is_shown() -> None:
    assert pattern_problem("^(?!a)b") == (
        "the pattern has a look-ahead",
        "warehouses do not know `(?!`",
    )


@pytest.mark.parametrize("value", [5, None, ["a"]])
def test_a_pattern_is_text(value: Any) -> None:
    found = pattern_problem(value)
    assert found is not None
    assert found[0] == "a pattern must be text"
