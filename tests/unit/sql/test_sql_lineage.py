from __future__ import annotations

from pathlib import Path

import pytest

from weft.sql.dialect import Dialect
from weft.sql.lineage import Lineage, Origin, column_lineage
from weft.sql.query import Known, compile_select, parse_select

QUERIES = (Path(__file__).parents[2] / "golden" / "sql" / "queries.sql").read_text().splitlines()


def lineage(text: str, dialect: Dialect, known: dict[str, Known]) -> Lineage:
    parsed, problems = parse_select(text, dialect)
    assert parsed is not None, problems
    return column_lineage(parsed, dialect, known)


TA, TB, TC, UA, UX = ("t", "a"), ("t", "b"), ("t", "c"), ("u", "a"), ("u", "x")

# What these take besides what their outputs and filters come from: it orders rows, or is dropped.
ONLY_TAKEN = {
    "select a from t order by b, a": {TB},
    "select a, row_number() over w as r from t window w as (partition by c order by a, b)": {
        TB,
        TC,
    },
    "with q as (select * from t) select a, sum(b) as s from q group by 1": {TC},
    "select a from (select a, b from t order by b desc limit 3) k": {TB},
}


@pytest.mark.parametrize(
    ("text", "columns", "filters"),
    [
        ("select a from t", {"a": [TA]}, []),
        ("select a + b as s, 1 as one from t where c = 'x'", {"s": [TA, TB], "one": []}, [TC]),
        ("select * from t join u using (a)",
         {"a": [TA, UA], "b": [TB], "c": [TC], "x": [UX]}, [TA, UA]),
        ("select sum(b) as s from t group by c", {"s": [TB]}, [TC]),
        ("with q as (select a as k, upper(c) as v from t) select v from q where k > 1",
         {"v": [TC]}, [TA]),
        ("with q(k) as (select a from t) select k from q", {"k": [TA]}, []),
        ("select a from t union all select x from u", {"a": [TA, UX]}, []),
        ("select a, b from t union all by name select 1 as b, a from u",
         {"a": [TA, UA], "b": [TB]}, []),
        ("select (select max(x) from u where u.a = t.a) as m from t", {"m": [UX]}, [TA, UA]),
        ("select a from t where exists (select 1 from u where u.a = t.a)", {"a": [TA]}, [TA, UA]),
        ("select e from t, unnest([a, b]) as k(e)", {"e": [TA, TB]}, []),
        ("select i from range(3) r(i)", {"i": []}, []),
        ("with recursive n as (select a as i from t union all select i + 1 from n where i < 9) "
         "select i from n", {"i": [TA]}, [TA]),
        ("select q.v as w from t as q(k, v)", {"w": [TB]}, []),
        ("select row_number() over (partition by c order by a) as r from t", {"r": [TA, TC]}, []),
        ("select o.z from p.o", {"z": [("p.o", "z")]}, []),
    ],
)  # fmt: skip
def test_where_columns_come_from(
    text: str,
    columns: dict[str, list[Origin]],
    filters: list[Origin],
    dialect: Dialect,
    known: dict[str, Known],
) -> None:
    found = lineage(text, dialect, known)
    assert {name: list(origins) for name, origins in found.columns.items()} == columns
    assert list(found.filters) == filters


@pytest.mark.parametrize("text", QUERIES)
def test_every_output_of_a_query_is_traced(
    text: str, dialect: Dialect, known: dict[str, Known]
) -> None:
    parsed, _ = parse_select(text, dialect)
    assert parsed is not None
    result, _ = compile_select(parsed, dialect, known)
    assert result is not None
    found = column_lineage(parsed, dialect, known)
    assert list(found.columns) == [column.name for column in result.columns]
    used = {(read.target, column) for read in result.query.reads for column in read.columns}
    assert used >= {origin for origins in found.columns.values() for origin in origins}
    assert used >= set(found.filters)
    traced = set(found.filters).union(*found.columns.values())
    assert used - traced <= ONLY_TAKEN.get(text, set())


def test_a_query_that_does_not_compile_has_none(dialect: Dialect, known: dict[str, Known]) -> None:
    assert lineage("select nothing from t", dialect, known) == Lineage()
