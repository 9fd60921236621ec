"""Two queries that differ in outputs alone have one body, and no others do."""

from __future__ import annotations

import pytest

from weft.mesh.growth import Shape
from weft.mesh.manifest import Column, Read, ReadKind
from weft.sql.dialect import dialect_named
from weft.sql.query import Known, compile_select, parse_select

DIALECT = dialect_named("duckdb")
COLUMNS = (Column("a", "INTEGER"), Column("b", "INTEGER"), Column("l", "INTEGER[]"))


def shape(query: str, columns: tuple[Column, ...] = COLUMNS) -> Shape:
    known = {name: Known(Read(ReadKind.SOURCE, name), columns) for name in ("t", "u")}
    parsed, problems = parse_select(query, DIALECT)
    assert parsed is not None, problems
    compiled, problems = compile_select(parsed, DIALECT, known, shaped=True)
    assert compiled is not None, problems
    return compiled.shape


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SELECT a FROM t", "SELECT a, b FROM t"),
        ("SELECT a FROM t", "select /* no */ x.b, x.a from t as x"),
        ("SELECT a FROM t WHERE b > 1", "SELECT a, b + 1 AS c FROM t WHERE b > 1"),
        ("SELECT t.a FROM t JOIN u ON t.a = u.a", "SELECT t.a, u.b FROM t JOIN u ON t.a = u.a"),
        (
            "SELECT a, count(*) AS n FROM t GROUP BY a",
            "SELECT a, count(*) AS n, max(b) AS m FROM t GROUP BY a",
        ),
        (
            "WITH q AS (SELECT * FROM t) SELECT a FROM q",
            "WITH q AS (SELECT * FROM t) SELECT a, b FROM q",
        ),
        ("SELECT a FROM t", "SELECT a, row_number() OVER (ORDER BY a) AS n FROM t"),
    ],
)
def test_an_output_more_is_the_same_body(old: str, new: str) -> None:
    before, after = shape(old), shape(new)
    assert before.body == after.body
    assert before.outputs.items() < after.outputs.items()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SELECT a FROM t", "SELECT a FROM u"),
        ("SELECT a FROM t", "SELECT a FROM t WHERE a > 0"),
        ("SELECT a FROM t", "SELECT DISTINCT a FROM t"),
        ("SELECT DISTINCT a FROM t", "SELECT DISTINCT a, b FROM t"),
        ("SELECT a FROM t", "SELECT a, unnest(l) AS x FROM t"),
        ("SELECT 1 AS a FROM t", "SELECT 1 AS a, count(*) AS n FROM t"),
        (
            "SELECT a, count(*) AS n FROM t GROUP BY ALL",
            "SELECT a, b, count(*) AS n FROM t GROUP BY ALL",
        ),
        (
            "SELECT a FROM t UNION ALL SELECT a FROM u",
            "SELECT a, b FROM t UNION ALL SELECT a, b FROM u",
        ),
        ("SELECT a FROM t", "SELECT a, (SELECT max(b) FROM u) AS m FROM t"),
    ],
)
def test_what_could_give_other_rows_is_another_body(old: str, new: str) -> None:
    assert shape(old).body != shape(new).body


def test_an_output_is_its_expression_and_its_type() -> None:
    wider = (Column("a", "BIGINT"), *COLUMNS[1:])
    assert shape("SELECT a FROM t").outputs != shape("SELECT a FROM t", wider).outputs
    assert shape("SELECT a FROM t").outputs != shape("SELECT a + 0 AS a FROM t").outputs


def test_a_query_that_cannot_be_taken_apart_is_equal_to_itself() -> None:
    assert shape("SELECT DISTINCT a FROM t") == shape("select distinct x.a from t as x")
