from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.sql.dialect import Dialect, dialect_named
from weft.sql.query import Known, compile_select, parse_rule, parse_select
from weft.sql.reading import MAX_TEXT

MANY = 30_000

HOSTILE = {
    "brackets": "select " + "(" * MANY + "1" + ")" * MANY + " as a",
    "lists": "select " + "[" * MANY + "]" * MANY + " as a",
    "structs": "select " + "{'a': " * MANY + "1" + "}" * MANY + " as a",
    "calls": "select " + "abs(" * MANY + "1" + ")" * MANY + " as a",
    "cases": "select " + "case when true then " * MANY + "1" + " end" * MANY + " as a",
    "subqueries": "select * from " + "(select * from " * MANY + "t" + ")" * MANY,
    "ctes": "with x as (" * MANY + "select 1" + ")" * MANY + " select 1",
    "joins": "select 1 as a from t" + " join t" * MANY,
    "few joins": "select 1 as a from t" + " join t" * 30,
    "froms": "from " * MANY,
    "nots": "select " + "not " * MANY + "true as a",
    "signs": "select " + "- " * MANY + "1 as a",
    "sums": "select 1" + " + 1" * MANY + " as a",
    "casts": "select 1" + "::int" * MANY + " as a",
    "unions": "select 1 as a" + " union select 1" * (MANY // 4),
    "types": "select 1::" + "struct(a " * MANY + "int" + ")" * MANY + " as a",
    "fields": "select a" + ".a" * MANY + " from t",
    "betweens": "select " + "1 between 1 and " * (MANY // 4) + "1 as a",
    "lambdas": "select list_filter([1], " + "x -> " * MANY + "1) as a",
    "intervals": "select " + "interval " * MANY + "1 as a",
    "length": "select 1 as " + "a" * MAX_TEXT,
    "quote": "select '" + "a" * MANY,
    "comments": "/*" * MANY,
    "semicolons": ";" * MANY,
    "zero": "select 1 as \0",
}


@pytest.mark.parametrize("case", sorted(HOSTILE))
def test_what_would_exhaust_the_parser_is_refused(case: str, dialect: Dialect) -> None:
    parsed, problems = parse_select(HOSTILE[case], dialect)
    assert parsed is None
    assert problems


@pytest.mark.parametrize("text", ["", "  \n", "-- nothing", "/* nothing */", ";", ";;"])
def test_a_text_without_a_statement(text: str, dialect: Dialect) -> None:
    parsed, problems = parse_select(text, dialect)
    assert parsed is None
    assert [each.code for each in problems] == ["W302"]


def test_a_long_chain_of_conditions_is_not_deep(dialect: Dialect, known: dict[str, Known]) -> None:
    text = "select a from t where " + " or ".join(f"a = {n}" for n in range(2_000))
    parsed, problems = parse_select(text, dialect)
    assert parsed is not None, problems
    result, problems = compile_select(parsed, dialect, known)
    assert result is not None, problems


@pytest.mark.parametrize("text", ["select 1 as a;", "(select 1 as a)", "((select 1 as a));"])
def test_what_stands_around_one_select(text: str, dialect: Dialect) -> None:
    assert parse_select(text, dialect)[0] is not None


def test_a_place_is_a_line_and_a_column(dialect: Dialect) -> None:
    _, problems = parse_select("select a,\n  getenv('x') as e\nfrom t", dialect)
    (only,) = problems
    assert (only.line, only.column, only.length) == (2, 3, len("getenv('x'"))


DIALECT = dialect_named("duckdb")
SOUP = r"""
select from where group by order with as join left using on union all values t u a b c , ( ) * . ;
1 'x' " ' -- /* */ { } [ ] : :: -> ? $1 #1 @ count( exclude pivot natural lateral over partition
having qualify limit not null is in exists case when then end recursive into columns( read_csv( é 😀
"""
WORDS = [*SOUP.split(), "\0", "\n"]


@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_result_or_problems_inside_it(text: str) -> None:
    for parsed, problems in (
        parse_select("select " + text, DIALECT),
        parse_select(text, DIALECT),
        parse_rule("select count(*) from " + text, DIALECT, "a"),
    ):
        assert (parsed is None) == bool(problems)
        for each in problems:
            assert each.line >= 1
            assert each.column >= 1
            assert each.length >= 1
