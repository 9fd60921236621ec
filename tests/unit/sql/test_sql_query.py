from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import duckdb
import pytest

from weft.mesh.manifest import RULE_TABLE, Column, Query, Read, ReadKind
from weft.sql.dialect import Dialect, dialect_named
from weft.sql.query import (
    Compiled,
    Known,
    compile_select,
    parse_ports_query,
    parse_rule,
    parse_select,
    ports_query_text,
)


def known_as(name: str, *columns: Column) -> dict[str, Known]:
    return {name: Known(Read(ReadKind.MODEL, name), columns)}


def compiled(text: str, dialect: Dialect, known: Mapping[str, Known]) -> Compiled:
    parsed, problems = parse_select(text, dialect)
    assert parsed is not None, problems
    result, problems = compile_select(parsed, dialect, known)
    assert result is not None, problems
    return result


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("select 1 as a", ()),
        ("select * from t", ("t",)),
        ("select * from T", ("t",)),
        ('select * from "t"', ("t",)),
        ("select 1 as a from u, t, u as v", ("u", "t")),
        ("select 1 as a from p.o join t on true", ("p.o", "t")),
        ("with t as (select 1 as a) select * from t", ()),
        ("with t as (select * from t) select * from t", ("t",)),
        ("with q as (select * from t) select * from Q", ("t",)),
        ("with a as (select * from b), b as (select 1 as x) select * from a, b", ("b",)),
        ("with recursive n as (select 1 as i union all select i from n) select * from n", ()),
        ("select * from (with q as (select * from t) select * from q) x, q", ("t", "q")),
        ("select a from t where a in (select a from u) and exists (select 1 from w)", tuple("tuw")),
        ("select a from t union all select a from u order by 1", ("t", "u")),
        ("select (select max(x) from u) as m from t", ("u", "t")),
        ("select 1 as a from range(3) t", ()),
        ("select 1 as a from t, unnest(t.x) as u(e)", ("t",)),
    ],
)
def test_the_names_in_from(text: str, names: tuple[str, ...], dialect: Dialect) -> None:
    parsed, problems = parse_select(text, dialect)
    assert parsed is not None, problems
    assert parsed.names == names


def test_a_problem_can_be_placed_at_a_name(dialect: Dialect) -> None:
    parsed, _ = parse_select("select a\nfrom t\njoin fligths using (a)", dialect)
    assert parsed is not None
    problem = parsed.problem_at("fligths", "W410", "unknown", "did you mean `flights`?")
    assert (problem.line, problem.column, problem.length) == (3, 6, 7)
    assert problem.note == "did you mean `flights`?"


def test_the_query_is_cut_at_its_relations(dialect: Dialect, known: dict[str, Known]) -> None:
    result = compiled("select t.a, x from t join u using (a) join t as v using (a)", dialect, known)
    parts = result.query.parts
    assert [part for part in parts if isinstance(part, int)] == [0, 1, 0]
    assert parts[2:5:2] == (' AS "t" JOIN ', ' AS "u" ON "t"."a" = "u"."a" JOIN ')
    assert [(read.target, read.columns) for read in result.query.reads] == [
        ("t", ("a",)),
        ("u", ("a", "x")),
    ]


def test_words_of_ours_in_a_query_do_no_harm(
    dialect: Dialect, database: duckdb.DuckDBPyConnection, joined: Callable[[Query], str]
) -> None:
    text = """select 'weftr0' as weftr0, '"weft1xa0"' as "weft", a as wefta0 from t where a = 3"""
    result = compiled(text, dialect, known_as("t", Column("a", "BIGINT")))
    sql = joined(result.query)
    assert database.sql(sql).fetchall() == [("weftr0", '"weft1xa0"', 3)]


def test_names_of_columns_survive(
    dialect: Dialect, database: duckdb.DuckDBPyConnection, joined: Callable[[Query], str]
) -> None:
    names = ["order", "a b", 'a"b', "ünï", "A.b", "MixedCase", "select", "1st", "'"]
    columns = ", ".join(f"1 as {dialect.quote(name)}" for name in names)
    database.execute(f"create or replace temp table nasty as select {columns}")
    known = known_as("nasty", *(Column(name, "INTEGER") for name in names))
    for text in (
        "select * from nasty",
        "with q as (select * from nasty) select * from q",
        f"select {', '.join(map(dialect.quote, names))} from nasty",
        'select l.* from nasty as "a b" join nasty as l using ("a b")',
    ):
        result = compiled(text, dialect, known)
        assert [column.name for column in result.columns] == names
        assert database.sql(joined(result.query)).columns == names


def test_outputs_are_spelled_as_written(dialect: Dialect, known: dict[str, Known]) -> None:
    for text in (
        "select A as Flight_Id, B, c as A2 from t",
        "select x.A as Flight_Id, x.B, x.c as A2 from t x join u on x.a = u.a",
    ):
        result = compiled(text, dialect, known)
        assert [column.name for column in result.columns] == ["Flight_Id", "b", "A2"]


@pytest.mark.parametrize(
    ("text", "deterministic"),
    [
        ("select a from t", True),
        ("select now() as n", False),
        ("select current_date as d", False),
        ("select random() as r from t", False),
        ("select a from t using sample 10%", False),
        ("select a from t using sample reservoir(2 rows) repeatable (1)", True),
        ("select a from t where exists (select 1 from u where x > random())", False),
    ],
)
def test_whether_the_next_run_gives_the_same(
    text: str, deterministic: bool, dialect: Dialect, known: dict[str, Known]
) -> None:
    assert compiled(text, dialect, known).deterministic is deterministic


@pytest.mark.parametrize(
    ("text", "types"),
    [
        (
            "select a, b + 1 as c, count(*) as n from t group by all",
            ["BIGINT", "INTEGER", "BIGINT"],
        ),
        ("select sum(a) as s from t", ["DECIMAL(38,0)"]),
        ("select s from (select sum(a) as s from t)", ["DECIMAL(38,0)"]),
        ("select sum(x) as s from u", ["DOUBLE"]),
        ("select [a] as l from t", [""]),
        ("select cast(a as hugeint) as h from t", ["DECIMAL(38,0)"]),
        ("select cast(sum(a) as bigint) as h from t", ["BIGINT"]),
    ],
)
def test_columns_have_the_types_in_which_results_are_stored(
    text: str, types: list[str], dialect: Dialect, known: dict[str, Known]
) -> None:
    assert [column.type for column in compiled(text, dialect, known).columns] == types


def test_an_object_of_a_port_is_called_by_its_last_part(
    dialect: Dialect, known: dict[str, Known]
) -> None:
    for text in ("select o.a from p.o", "select p.o.a from p.o", "select a from P.O"):
        result = compiled(text, dialect, known)
        assert (
            "".join(map(str, result.query.parts)).lower() == 'select "o"."a" as "a" from 0 as "o"'
        )


RULES = [
    ("select count(*) from ${table} where ${column} < 0", "b"),
    ("select count(*) from ${object} where ${property} < 0", "b"),
    ('select count(*) from ${table} o where o."${column}" < 0', "b"),
    ("select sum(case when ${table}.${column} < 0 then 1 else 0 end) from ${table}", "b"),
]


@pytest.mark.parametrize(("text", "column"), RULES)
def test_a_rule_is_about_its_object(text: str, column: str, dialect: Dialect) -> None:
    parsed, problems = parse_rule(text, dialect, 'odd "name"')
    assert parsed is not None, problems
    assert parsed.names == (RULE_TABLE,)
    known = known_as(RULE_TABLE, Column('odd "name"', "BIGINT"))
    result, problems = compile_select(parsed, dialect, known)
    assert result is not None, problems
    assert result.query.reads[0].columns == ('odd "name"',)
    assert len(result.columns) == 1


def test_a_placeholder_in_a_text_is_text(
    dialect: Dialect, database: duckdb.DuckDBPyConnection
) -> None:
    parsed, _ = parse_rule("select '${column}' || ${column} from ${table}", dialect, "c")
    assert parsed is not None
    result, _ = compile_select(parsed, dialect, known_as(RULE_TABLE, Column("c", "VARCHAR")))
    assert result is not None
    sql = "".join(part if isinstance(part, str) else "t" for part in result.query.parts)
    assert ("${column}a",) in database.sql(sql).fetchall()


@pytest.mark.parametrize(
    ("text", "column", "code"),
    [
        ("select count(*), 1 from ${table}", "a", "W327"),
        ("select count(*) from ${tabel}", "a", "W328"),
        ("select count(${column}) from ${table}", None, "W328"),
        ("select count(*) from read_csv('x')", "a", "W306"),
        ("delete from ${table}", "a", "W303"),
        ("", "a", "W302"),
    ],
)
def test_a_rule_keeps_the_rules(text: str, column: str | None, code: str, dialect: Dialect) -> None:
    parsed, problems = parse_rule(text, dialect, column)
    assert parsed is None
    assert [each.code for each in problems] == [code]


@pytest.mark.parametrize(
    ("word", "call"),
    [
        ("current_date", "CURRENT_DATE()"),
        ("current_time", "GET_CURRENT_TIME()"),
        ("current_timestamp", "GET_CURRENT_TIMESTAMP()"),
        ("localtime", "CURRENT_LOCALTIME()"),
        ("localtimestamp", "CURRENT_LOCALTIMESTAMP()"),
    ],
)
def test_a_rule_about_the_time_cannot_mean_its_own_result(
    word: str, call: str, dialect: Dialect
) -> None:
    parsed, _ = parse_rule(f"select {word}", dialect, None)
    assert parsed is not None
    compiled, _ = compile_select(parsed, dialect, {})
    assert compiled is not None
    (text,) = compiled.query.parts
    name = word.upper()[:15]
    assert text == f'SELECT {call} AS "{name}"'
    assert duckdb.sql(str(text)).columns == [name]


def test_a_rule_may_read_other_relations(dialect: Dialect, known: dict[str, Known]) -> None:
    text = "select count(*) from ${table} where a not in (select a from u)"
    parsed, _ = parse_rule(text, dialect, None)
    assert parsed is not None
    assert parsed.names == (RULE_TABLE, "u")
    audited = {RULE_TABLE: replace(known["t"], read=Read(ReadKind.MODEL, RULE_TABLE))}
    assert compile_select(parsed, dialect, {**known, **audited})[0] is not None


def test_a_query_over_ports(dialect: Dialect) -> None:
    text = "select count(*), max(f.delay) from Operations.flights.departures f where f.id > 1"
    parsed, problems = parse_ports_query(text, dialect)
    assert parsed is not None, problems
    assert parsed.names == ("operations.flights.departures",)
    assert ports_query_text(parsed, dialect) == (
        'SELECT COUNT(*) AS "COUNT(*)", MAX("f"."delay") AS "MAX(f.delay)" '
        'FROM "Operations"."flights"."departures" AS "f" WHERE "f"."id" > 1'
    )


@pytest.mark.parametrize(("name", "kept"), [("duckdb", 98), ("postgres", 32)])
def test_an_output_without_a_name_is_called_as_far_as_names_go(name: str, kept: int) -> None:
    known = dialect_named(name)
    parsed, problems = parse_ports_query(f"select '{'ü' * 96}' from a.b.c", known)
    assert parsed is not None, problems
    [output] = parsed.tree.expressions
    assert len(output.alias) == kept


def test_columns_of_a_query_over_ports_are_known(dialect: Dialect) -> None:
    name = "operations.flights.departures"
    text = f"select {name}.id, departures.delay from {name} order by 1"
    parsed, _ = parse_ports_query(text, dialect)
    assert parsed is not None
    known = known_as(name, Column("id", "BIGINT"), Column("delay", "DOUBLE"))
    result, problems = compile_select(parsed, dialect, known)
    assert result is not None, problems
    parsed, _ = parse_ports_query(f"select dealy from {name}", dialect)
    assert parsed is not None
    assert [each.code for each in compile_select(parsed, dialect, known)[1]] == ["W320"]


@pytest.mark.parametrize("text", ["select * from t", "select * from p.o", "select * from 'a.csv'"])
def test_a_query_over_ports_names_nothing_else(text: str, dialect: Dialect) -> None:
    assert parse_ports_query(text, dialect)[0] is None
