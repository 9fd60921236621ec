"""A query that reads other relations and goes on calling them as before."""

from __future__ import annotations

import pytest

from weft.sql.dialect import dialect_named
from weft.sql.renamed import with_renamed

DUCKDB = dialect_named("duckdb")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("SELECT a FROM x", "SELECT a FROM x_v1 AS x"),
        ("SELECT X.a FROM X", "SELECT X.a FROM x_v1 AS X"),
        ('SELECT t.a FROM "x" AS t', "SELECT t.a FROM x_v1 AS t"),
        ("SELECT a FROM y, (SELECT b FROM x)", "SELECT a FROM y, (SELECT b FROM x_v1 AS x)"),
        ("WITH x AS (SELECT 1 AS a) SELECT a FROM x", "WITH x AS (SELECT 1 AS a) SELECT a FROM x"),
        (
            "WITH x AS (SELECT a FROM x) SELECT a FROM x",
            "WITH x AS (SELECT a FROM x_v1 AS x) SELECT a FROM x",
        ),
        ("SELECT a FROM port.x", "SELECT a FROM port.x"),
        ("SELECT x FROM y", "SELECT x FROM y"),
    ],
)
def test_only_the_relation_has_another_name(text: str, wanted: str) -> None:
    renamed = with_renamed(text, {"x": "x_v1"}, DUCKDB)
    assert renamed is not None
    assert " ".join(renamed.split()).replace("( ", "(").replace(" )", ")") == wanted


def test_what_cannot_be_read_cannot_be_renamed() -> None:
    assert with_renamed("SELECT FROM WHERE", {"x": "x_v1"}, DUCKDB) is None
