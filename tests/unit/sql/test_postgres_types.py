"""What is said of a type without asking is what a real server says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import psycopg
import pytest
from postgres_tables import EVERY_TYPE, described

from weft.mesh.manifest import Column, Read, ReadKind
from weft.sql.dialect import dialect_named
from weft.sql.query import Known, compile_select, parse_select
from weft.sql.types import canonical_type, family_of

DIALECT = dialect_named("postgres")
KNOWN = {
    "every": Known(
        Read(ReadKind.MODEL, "every"),
        tuple(Column(name, native) for name, native in EVERY_TYPE.items()),
    )
}
LITERALS = ("1", "3000000000", "99999999999999999999", "1.5", "1e3", "'x'", "'1'", "null", "true")
OPERANDS = (*EVERY_TYPE, *LITERALS)
OPERATORS = ("+", "-", "*", "/", "%", "||", "=", "<")
PAIRED = ("coalesce({0}, {1})", "case when bo then {0} else {1} end", "greatest({0}, {1})")
SINGLE = (
    "-{0}",
    "{0} + interval '1 day'",
    "lag({0}) over (order by i)",
    "lead({0}, 1) over (order by i)",
    "first_value({0}) over (order by i)",
    "nth_value({0}, 2) over (order by i)",
    "sum({0}) over (partition by bo)",
    "sum(distinct {0})",
    "count(distinct {0})",
    "max({0}) filter (where bo)",
    "string_agg({0}, ',')",
    "percentile_cont(0.5) within group (order by {0})",
    "percentile_disc(0.5) within group (order by {0})",
    "mode() within group (order by {0})",
    "extract(year from {0})",
    "date_part('year', {0})",
    "date_trunc('month', {0})",
    "date_trunc('month', {0}, 'UTC')",
    "substring({0} from 1 for 2)",
    "substring({0}, 2)",
    "trim({0})",
    "trim(both 'x' from {0})",
    "ltrim({0}, 'x')",
    "overlay({0} placing 'x' from 1)",
    "position('x' in {0})",
    "round({0}, 2)",
    "trunc({0}, 2)",
    "power({0}, 2)",
    "{0} ^ 2",
    "left({0}, 1)",
    "right({0}, 1)",
    "repeat({0}, 2)",
    "lpad({0}, 3)",
    "replace({0}, 'a', 'b')",
    "translate({0}, 'a', 'b')",
    "regexp_replace({0}, 'a', 'b')",
    "split_part({0}, ',', 1)",
    "to_char({0}, 'YYYY')",
    "age({0})",
    "age({0}, {0})",
    "nullif({0}, 1.5)",
    "nullif({0}, 'x')",
    "array_to_string({0}, ',')",
    "array_length({0}, 1)",
    "concat({0}, 1)",
    "concat_ws(',', {0}, 1)",
    "{0} is null",
    "{0} between {0} and {0}",
    "{0} in ({0})",
    "{0} ~ 'x'",
    "{0} like 'x'",
    "{0} at time zone 'UTC'",
    "array[{0}]",
    "{0} -> 0",
    "{0} ->> 'a'",
    '{0} collate "C"',
    "not {0}",
    "cast({0} as decimal(9,2))",
    "cast({0} as varchar(3))",
    "cast({0} as text)",
    "{0}::timestamp with time zone",
    "{0}::time without time zone",
    "cast({0} as int[])",
    "cast({0} as float8)",
    "make_date(2020, 1, {0})",
    "make_timestamp(2020, 1, 1, 1, 1, {0})",
    "(select max({0}))",
)
CALLED = sorted(DIALECT.functions.allowed - DIALECT.functions.generators)


@pytest.fixture(scope="module")
def server(postgres_tables: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    postgres_tables.execute("set search_path = pg_catalog, pg_temp")
    yield postgres_tables
    postgres_tables.execute("reset search_path")


def said(expression: str) -> tuple[str, str]:
    """The compiled query of an expression, and the type that is said of it without asking."""
    parsed, _ = parse_select(f"select {expression} as e from every", DIALECT)
    compiled, _ = compile_select(parsed, DIALECT, KNOWN) if parsed else (None, ())
    if compiled is None:
        return "", ""
    sql = "".join(part if isinstance(part, str) else "every" for part in compiled.query.parts)
    return sql, compiled.columns[0].type


def mistakes(server: psycopg.Connection[Any], expressions: Iterator[str]) -> tuple[int, list[str]]:
    """How many expressions have a type that the server knows, and those where it is another."""
    certain, wrong = 0, []
    for expression in expressions:
        sql, native = said(expression)
        real = described(server, sql) if native else None
        if real is None or described(server, f"select {expression} as e from every") is None:
            continue
        certain += 1
        if canonical_type(real[0][1], DIALECT) != native:
            wrong.append(f"{expression}: {native} was said, it is {real[0][1]}")
    return certain, wrong


@pytest.mark.parametrize("operator", OPERATORS)
def test_types_of_operators(operator: str, server: psycopg.Connection[Any]) -> None:
    texts = (f"{left} {operator} {right}" for left, right in product(OPERANDS, OPERANDS))
    certain, wrong = mistakes(server, texts)
    assert not wrong
    assert certain > 20


@pytest.mark.parametrize("form", PAIRED)
def test_types_of_branches(form: str, server: psycopg.Connection[Any]) -> None:
    texts = (form.format(left, right) for left, right in product(OPERANDS, OPERANDS))
    certain, wrong = mistakes(server, texts)
    assert not wrong
    assert certain > 20


def test_types_of_forms(server: psycopg.Connection[Any]) -> None:
    texts = (form.format(operand) for form, operand in product(SINGLE, OPERANDS))
    certain, wrong = mistakes(server, texts)
    assert not wrong
    assert certain > 200


@pytest.mark.parametrize("arguments", ["{0}({1})", "{0}({1}, {1})", "{0}({1}, 1)", "{0}()"])
def test_types_of_functions(arguments: str, server: psycopg.Connection[Any]) -> None:
    operands = OPERANDS if "{1}" in arguments else ("",)
    texts = (arguments.format(name, operand) for name, operand in product(CALLED, operands))
    certain, wrong = mistakes(server, texts)
    assert not wrong
    assert certain > 3


def test_every_type_of_the_server_has_a_family(server: psycopg.Connection[Any]) -> None:
    rows = server.execute(
        "select format_type(oid, null) from pg_type where typnamespace = 'pg_catalog'::regnamespace"
        " and typtype = 'b' and typcategory not in ('A', 'X', 'Z')"
    ).fetchall()
    without = {name for (name,) in rows if not family_of(name, DIALECT)}
    networks = {"cidr", "inet", "macaddr", "macaddr8"}
    shapes = {"box", "circle", "line", "lseg", "path", "point", "polygon"}
    own = {"aclitem", "cid", "gtsvector", "jsonpath", "money", "pg_lsn", "pg_snapshot", "tid"}
    own |= {"refcursor", "tsquery", "tsvector", "txid_snapshot", "xid", "xid8", "xml"}
    registered = {name for name in without if name.startswith("reg")}
    assert without == networks | shapes | own | registered


@pytest.mark.parametrize("written", [*DIALECT.types.synonyms, *DIALECT.types.families])
def test_a_spelling_means_what_it_means_to_the_server(
    written: str, server: psycopg.Connection[Any]
) -> None:
    real = described(server, f"select null::{written} as x")
    if real is None:
        assert written in ("CITEXT", "RECORD", "SERIAL", "SMALLSERIAL", "BIGSERIAL")
    else:
        shown = real[0][1].removesuffix("(1)")
        assert canonical_type(shown, DIALECT) == canonical_type(written, DIALECT)
