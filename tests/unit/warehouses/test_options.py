"""Options of warehouses: what an adapter declares is all that is taken."""

from __future__ import annotations

from typing import Any

import pytest

from weft.warehouses.options import Option, missing_options, wrong_options

DECLARED = (
    Option("host", "a name", r"[a-z.]+", required=True),
    Option("port", "a whole number", r"[0-9]+", (int, str)),
)


@pytest.mark.parametrize("given", [{}, {"host": "db"}, {"port": 5432}, {"port": "5432"}])
def test_what_is_declared_is_taken(given: dict[str, Any]) -> None:
    assert list(wrong_options(DECLARED, given, given)) == []


@pytest.mark.parametrize(
    ("given", "problem", "advice", "unknown"),
    [
        ({"hots": "db"}, "there is no option `hots`", "did you mean `host`?", True),
        ({"colour": 1}, "there is no option `colour`", "there is host, port", True),
        ({"host": 4}, "`host` cannot be `4`", "it must be a name", False),
        ({"port": True}, "`port` cannot be `true`", "it must be a whole number", False),
        ({"port": 1.5}, "`port` cannot be `1.5`", "it must be a whole number", False),
    ],
)
def test_anything_else_is_not(
    given: dict[str, Any], problem: str, advice: str, unknown: bool
) -> None:
    [found] = wrong_options(DECLARED, given, given)
    assert (found.problem, found.advice, found.unknown) == (problem, advice, unknown)


def test_what_a_variable_holds_is_not_told() -> None:
    [found] = wrong_options(DECLARED, {"port": "hunter2"}, {"port": "${PORT:-none}"})
    assert found.problem == "`port` cannot be what PORT holds"


def test_what_is_required_and_missing_is_told() -> None:
    assert [each.name for each in missing_options(DECLARED, {"port": 1})] == ["host"]
