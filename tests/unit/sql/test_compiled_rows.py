"""A compiled query gives the rows, names and types that the query itself gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from weft.mesh.manifest import Query
from weft.sql.dialect import Dialect
from weft.sql.query import Compiled, Known, compile_select, parse_select
from weft.sql.types import canonical_type

QUERIES = (Path(__file__).parents[2] / "golden" / "sql" / "queries.sql").read_text().splitlines()


def compiled(text: str, dialect: Dialect, known: Mapping[str, Known]) -> Compiled:
    parsed, problems = parse_select(text, dialect)
    assert parsed is not None, problems
    result, problems = compile_select(parsed, dialect, known)
    assert result is not None, problems
    return result


@pytest.mark.parametrize("text", QUERIES)
def test_rows_names_and_types_are_those_of_the_query(
    text: str,
    dialect: Dialect,
    known: Mapping[str, Known],
    database: duckdb.DuckDBPyConnection,
    joined: Callable[[Query], str],
) -> None:
    result = compiled(text, dialect, known)
    wanted = database.sql(text)
    given = database.sql(joined(result.query))
    assert sorted(map(repr, given.fetchall())) == sorted(map(repr, wanted.fetchall()))
    assert [each.name for each in result.columns] == given.columns
    assert [each.lower() for each in given.columns] == [each.lower() for each in wanted.columns]
    stored = dialect.types.stored_as
    for column, native in zip(result.columns, map(str, given.types), strict=True):
        if column.type:
            assert column.type == canonical_type(stored.get(native, native), dialect)


@pytest.mark.parametrize("text", QUERIES)
def test_both_ways_of_resolving_agree(
    text: str, dialect: Dialect, known: Mapping[str, Known]
) -> None:
    parsed, _ = parse_select(text, dialect)
    assert parsed is not None
    short, _ = compile_select(parsed, dialect, known)
    long, _ = compile_select(replace(parsed, simple=False), dialect, known)
    assert short == long


def test_most_plain_queries_are_seen_as_plain(dialect: Dialect) -> None:
    plain = [parse_select(text, dialect)[0] for text in QUERIES]
    assert sum(each is not None and each.simple for each in plain) > len(QUERIES) // 2


def test_ordered_rows_stay_ordered(
    dialect: Dialect,
    known: Mapping[str, Known],
    database: duckdb.DuckDBPyConnection,
    joined: Callable[[Query], str],
) -> None:
    text = "select b as a, a as b from t where a > 0 and b > 0 order by a desc, 2 limit 4"
    result = compiled(text, dialect, known)
    wanted = database.sql(text).fetchall()
    assert database.sql(joined(result.query)).fetchall() == wanted
    assert wanted == [(6, 2), (5, 1), (4, 2), (4, 4)]
