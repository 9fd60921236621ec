from __future__ import annotations

import pytest

from weft.project.variables import malformed_variable, resolve_variables

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
