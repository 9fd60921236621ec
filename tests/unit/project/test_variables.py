from __future__ import annotations

import pytest

from weft.project.variables import malformed_variable, resolve_address, resolve_variables

KNOWN = {"HOST": "db", "EMPTY": "", "NESTED": "${HOST}"}


@pytest.mark.parametrize(
    ("text", "resolved", "missing"),
    [
        ("plain", "plain", ()),
        ("${HOST}:${PORT:-5432}", "db:5432", ()),
        ("${HOST:-other}", "db", ()),
        ("${EMPTY:-x}", "x", ()),
        ("${EMPTY}", "${EMPTY}", ("EMPTY",)),
        ("${A}${B}${A}", "${A}${B}${A}", ("A", "B")),
        ("${A:-}", "", ()),
        ("${NESTED}", "${HOST}", ()),
        ("$${HOST}", "${HOST}", ()),
        ("$HOST {HOST}", "$HOST {HOST}", ()),
    ],
)
def test_variables(text: str, resolved: str, missing: tuple[str, ...]) -> None:
    assert resolve_variables(text, KNOWN) == (resolved, missing)


ODD = {"ME": "a:b", "ODD": "@/#?%41 é", "HOST": "db:5432", "ALL": "x://me:p%40@db"}


@pytest.mark.parametrize(
    ("text", "resolved", "missing"),
    [
        ("x://${ME}:${ODD}@${HOST}/w", "x://a%3Ab:%40%2F%23%3F%2541%20%C3%A9@db:5432/w", ()),
        (
            "x:///w?user=${ME}&password=${ODD}",
            "x:///w?user=a%3Ab&password=%40%2F%23%3F%2541%20%C3%A9",
            (),
        ),
        ("${ALL}/w", "x://me:p%40@db/w", ()),
        ("x://${HOST}/w", "x://db:5432/w", ()),
        ("x://${NO}:${ME}@${NO}/w", "x://${NO}:a%3Ab@${NO}/w", ("NO",)),
        ("x:///folder/a@b.db", "x:///folder/a@b.db", ()),
    ],
)
def test_variables_of_an_address(text: str, resolved: str, missing: tuple[str, ...]) -> None:
    assert resolve_address(text, ODD) == (resolved, missing)


@pytest.mark.parametrize(
    ("text", "malformed"),
    [
        ("${HOST} ${A:-b}", ""),
        ("$${not one", ""),
        ("a ${A-B}", "${A-B}"),
        ("${", "${"),
        ("${1A}", "${1A}"),
        ("${A:-b", "${A:-b"),
    ],
)
def test_malformed_variables(text: str, malformed: str) -> None:
    assert malformed_variable(text) == malformed
