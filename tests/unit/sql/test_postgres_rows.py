"""A compiled query of Postgres gives the rows, names and types that the query itself gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgres_tables import described

from weft.mesh.manifest import Column, Query, Read, ReadKind
from weft.sql.dialect import dialect_named
from weft.sql.query import Compiled, Known, compile_select, parse_select
from weft.sql.types import canonical_type

DIALECT = dialect_named("postgres")
GOLDEN = Path(__file__).parents[2] / "golden" / "sql"
QUERIES = (GOLDEN / "postgres" / "queries.sql").read_text().splitlines()
COLUMNS = {
    "t": (Column("a", "BIGINT"), Column("b", "INTEGER"), Column("c", "TEXT")),
    "u": (Column("a", "BIGINT"), Column("x", "DOUBLE PRECISION")),
    "p.o": (Column("a", "BIGINT"), Column("z", "DATE")),
}
KNOWN: Mapping[str, Known] = {
    name: Known(Read(ReadKind.MODEL, name.replace(".", "_")), columns)
    for name, columns in COLUMNS.items()
}


def compiled(text: str) -> Compiled:
    parsed, problems = parse_select(text, DIALECT)
    assert parsed is not None, problems
    result, problems = compile_select(parsed, DIALECT, KNOWN)
    assert result is not None, problems
    return result


def joined(query: Query) -> str:
    names = [read.target for read in query.reads]
    return "".join(part if isinstance(part, str) else names[part] for part in query.parts)


@pytest.mark.parametrize("text", QUERIES)
def test_rows_names_and_types_are_those_of_the_query(
    text: str, postgres_tables: psycopg.Connection[Any]
) -> None:
    result = compiled(text)
    sql, own = joined(result.query), text.replace("p.o", "p_o")
    wanted = postgres_tables.execute(own).fetchall()
    given = postgres_tables.execute(sql).fetchall()
    assert sorted(map(repr, given)) == sorted(map(repr, wanted))
    shown = described(postgres_tables, sql)
    assert shown is not None
    assert shown == described(postgres_tables, own)
    assert [each.name for each in result.columns] == [name for name, _ in shown]
    for column, (_, native) in zip(result.columns, shown, strict=True):
        assert column.type in ("", canonical_type(native, DIALECT))


@pytest.mark.parametrize("text", QUERIES)
def test_both_ways_of_resolving_agree(text: str) -> None:
    parsed, _ = parse_select(text, DIALECT)
    assert parsed is not None
    short, _ = compile_select(parsed, DIALECT, KNOWN)
    long, _ = compile_select(replace(parsed, simple=False), DIALECT, KNOWN)
    assert short == long


REFUSED = {
    "select * from pg_ls_dir('.')": "W306",
    "select * from rows from (pg_ls_dir('.')) as x": "W313",
    "select * from public.generate_series(1, 2)": "W306",
    "select * from dblink('x', 'select 1') as q(a int)": "W306",
    "select * from pg_catalog.pg_class": "W308",
    "select public.upper(c) as u from t": "W309",
    "select pg_read_file('x') as f": "W309",
    "select pg_sleep(1) as s": "W309",
    "select pg_advisory_lock(1) as s": "W309",
    "select lo_get(1) as s": "W309",
    "select set_config('a', 'b', false) as s": "W309",
    "select current_setting('a') as s": "W309",
    "select current_user as u": "W309",
    "select version() as v": "W309",
    "select nextval('s') as n": "W309",
    "select txid_current() as n": "W309",
    "select query_to_xml('select 1', true, true, '') as x": "W309",
    "select ts_stat('select 1') as x": "W309",
    "select has_table_privilege('t', 'select') as x": "W309",
    "select inet_server_addr() as x": "W309",
    "select 'pg_class'::regclass as x": "W313",
    "select 1 operator(public.+) 2 as x": "W313",
    "select c::public.secret as x from t": "W314",
    "select a from t for update": "W313",
    "select a into x from t": "W311",
    "select a from t anti join u using (a)": "W313",
    "select a from t semi join u using (a)": "W313",
    "select a from t group by all": "W313",
    "select * exclude (a) from t": "W313",
    "select a from t qualify row_number() over (order by a) = 1": "W313",
    "select try_cast(c as int) as i from t": "W313",
    "select a from t tablesample bernoulli (10)": "W313",
    "select $1 as x": "W305",
    "with x as (delete from t returning a) select a from x": "W303",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_reaches_out_of_a_query_is_refused(text: str) -> None:
    parsed, problems = parse_select(text, DIALECT)
    assert parsed is None
    assert REFUSED[text] in [each.code for each in problems]


@pytest.mark.parametrize("name", ["xmin", "ctid", "tableoid", '"Odd"', "B2"])
def test_hidden_and_otherwise_spelled_columns_are_unknown(name: str) -> None:
    parsed, _ = parse_select(f"select {name} as x from t", DIALECT)
    assert parsed is not None
    assert [each.code for each in compile_select(parsed, DIALECT, KNOWN)[1]] == ["W320"]
