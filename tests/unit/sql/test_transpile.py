"""A query moved to another dialect gives the same rows there, or says why it cannot.

WEFT_GOLDEN=write writes the files anew; read the difference before keeping it.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from postgres_tables import described
from sqlglot import exp

from weft.mesh.manifest import Column, Read, ReadKind
from weft.sql.dialect import dialect_named
from weft.sql.qualified import Setting
from weft.sql.query import Known, Problem, compile_select, parse_select
from weft.sql.rewrites import RULES
from weft.sql.scopes import resolve_scoped
from weft.sql.transpile import CODE, transpile_select
from weft.sql.types import canonical_type, translated_type

SOURCE, TARGET = dialect_named("duckdb"), dialect_named("postgres")
GOLDEN = Path(__file__).parents[2] / "golden" / "sql"
MOVED = (GOLDEN / "moved.sql").read_text().splitlines()
UNMOVABLE = (GOLDEN / "unmovable.sql").read_text().splitlines()
PLAIN = (GOLDEN / "queries.sql").read_text().splitlines()
COLUMNS = {
    "m": {
        "k": "INTEGER",
        "i": "INTEGER",
        "l": "BIGINT",
        "d": "DOUBLE",
        "n": "DECIMAL(9,3)",
        "s": "VARCHAR",
        "bo": "BOOLEAN",
        "da": "DATE",
        "ts": "TIMESTAMP",
    },
    "t": {"a": "BIGINT", "b": "INTEGER", "c": "VARCHAR"},
    "u": {"a": "BIGINT", "x": "DOUBLE"},
    "p.o": {"a": "BIGINT", "z": "DATE"},
}
KNOWN = {
    name: Known(Read(ReadKind.MODEL, name), tuple(Column(*each) for each in columns.items()))
    for name, columns in COLUMNS.items()
}
ROWS = """
    (1, 2, 7, 1.005, 2.675, 'a', true, '2020-02-29', '2020-02-29 23:59:59.5'),
    (2, 0, -7, 2.675, -0.125, 'B', false, '2021-01-01', '2021-01-01 00:00:00'),
    (3, -3, 0, -2.5, 0.5, 'b', null, '2019-12-31', '2019-12-31 12:30:15'),
    (4, null, 2, 0.125, null, 'é', true, null, null),
    (5, 2, 9007199254740993, 1e20, 3.0, 'a_b\\', false, '2020-01-31', '2020-01-31 01:00:00'),
    (6, 1, 2, 0, 1.5, null, null, '0099-03-01', '1969-12-31 23:59:59.999'),
    (7, 7, 7, -0.5, -1.5, '  ab c  ', true, '2020-12-28', '2020-03-01 00:00:01'),
    (8, 2, 1, 1234.5, 10, '', false, '2024-02-28', '2024-02-28 00:00:00'),
    (9, 5, 5, 3.14159, 999999.999, E'x\\ny1', true, '2020-02-01', '2020-02-01 10:00:00')
"""


@pytest.fixture(scope="module")
def source(database: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    columns = ", ".join(f"{name} {native}" for name, native in COLUMNS["m"].items())
    rows = ROWS.replace("'a_b\\\\'", "'a_b\\'")
    database.execute(f"create or replace table m({columns}); insert into m values {rows}")
    return database


@pytest.fixture(scope="module")
def target(postgres_tables: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """Its text column has the order of a language, where the server knows one."""
    found = postgres_tables.execute(
        "select collname from pg_collation where collprovider = 'i' and collname = 'en-x-icu'"
    ).fetchone()
    order = ' collate "en-x-icu"' if found else ""
    columns = ", ".join(
        f"{name} {translated_type(native, SOURCE, TARGET)}{order if name == 's' else ''}"
        for name, native in COLUMNS["m"].items()
    )
    rows = ROWS.replace("'a_b\\\\'", "E'a_b\\\\'")
    postgres_tables.execute(f"create temp table m({columns}); insert into m values {rows}")
    yield postgres_tables
    postgres_tables.execute("drop table m")


def moved(text: str) -> tuple[str, tuple[Problem, ...]]:
    parsed, problems = parse_select(text, SOURCE)
    assert parsed is not None, problems
    assert compile_select(parsed, SOURCE, KNOWN)[0] is not None
    parts, problems = transpile_select(parsed, SOURCE, TARGET, KNOWN)
    if parts is None:
        return "", problems
    names = [name.replace(".", "_") for name in parsed.names]
    return "".join(each if isinstance(each, str) else names[each] for each in parts), ()


def plain(value: Any) -> Any:
    """A value as both engines give it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return list(value) if isinstance(value, list | tuple) else value


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12)
    return type(one) is type(other) and bool(one == other)


def sorted_rows(rows: list[tuple[Any, ...]], ordered: bool) -> list[list[Any]]:
    plains = [[plain(value) for value in row] for row in rows]
    return plains if ordered else sorted(plains, key=repr)


@pytest.mark.parametrize("text", MOVED + PLAIN)
def test_both_engines_give_the_same_rows(
    text: str, source: duckdb.DuckDBPyConnection, target: psycopg.Connection[Any]
) -> None:
    sql, problems = moved(text)
    if text in PLAIN and problems:
        assert {each.code for each in problems} == {CODE}
        return
    assert not problems
    ordered = " order by " in text and " over (" not in text and "agg" not in text
    wanted = sorted_rows(source.sql(text).fetchall(), ordered and text in MOVED)
    given = sorted_rows(target.execute(sql).fetchall(), ordered and text in MOVED)
    assert len(given) == len(wanted)
    for one, other in zip(given, wanted, strict=True):
        assert all(map(alike, one, other)), (one, other)


@pytest.mark.parametrize("text", MOVED)
def test_columns_keep_their_names_and_types(text: str, target: psycopg.Connection[Any]) -> None:
    parsed, _ = parse_select(text, SOURCE)
    assert parsed is not None
    compiled, _ = compile_select(parsed, SOURCE, KNOWN)
    assert compiled is not None
    shown = described(target, moved(text)[0])
    assert shown is not None
    assert [name for name, _ in shown] == [each.name for each in compiled.columns]
    for column, (_, native) in zip(compiled.columns, shown, strict=True):
        if column.type:
            wanted = translated_type(column.type, SOURCE, TARGET)
            assert canonical_type(native, TARGET) == canonical_type(wanted, TARGET)


def drawn(text: str) -> str:
    sql, problems = moved(text)
    if sql:
        return f"{text}\n  {sql}\n"
    lines = [f"  {' ' * (each.column - 1)}{'^' * each.length} {each.note}" for each in problems]
    return "\n".join([f"  {text}", *lines, ""])


@pytest.mark.parametrize("case", ["moved", "unmovable"])
def test_translations_are_what_is_kept(case: str) -> None:
    texts = (GOLDEN / f"{case}.sql").read_text().splitlines()
    shown = "\n".join(map(drawn, texts)).encode()
    kept = GOLDEN / TARGET.name / f"{case}.txt"
    if os.environ.get("WEFT_GOLDEN") == "write":
        kept.write_bytes(shown)
    assert shown == kept.read_bytes()


@pytest.mark.parametrize("text", UNMOVABLE)
def test_what_differs_is_refused_where_it_stands(text: str) -> None:
    sql, problems = moved(text)
    assert sql == ""
    assert {each.code for each in problems} == {CODE}
    assert all(each.note and each.help and each.length <= len(text) for each in problems)


def test_every_rule_is_tried_on_both_engines() -> None:
    seen: set[type[exp.Expr]] = set()
    for text in MOVED + PLAIN:
        if moved(text)[0]:
            parsed, _ = parse_select(text, SOURCE)
            assert parsed is not None
            setting = Setting(text, SOURCE, parsed.names, KNOWN, "weft")
            sources, _ = resolve_scoped(parsed.tree, setting)
            assert sources is not None
            seen |= {type(each) for each in sources.tree.walk()} | {
                type(each) for each in parsed.tree.walk()
            }
    unwritten = {exp.DateTrunc, exp.ExplodingGenerateSeries}
    assert set(RULES) - seen <= unwritten


@pytest.mark.parametrize("form", ["round({0}, 1)", "({0} / i)", "cast({0} as decimal(9, 2)) / i"])
def test_a_deep_value_costs_little_to_refuse(form: str) -> None:
    value = "d"
    for _ in range(25):
        value = form.format(value)
    began = time.monotonic()
    assert moved(f"select {value} as x from m")[1]
    assert time.monotonic() - began < 1


def test_the_other_way_is_refused() -> None:
    parsed, _ = parse_select("select 1 as x", TARGET)
    assert parsed is not None
    parts, problems = transpile_select(parsed, TARGET, SOURCE, {})
    assert parts is None
    assert [each.code for each in problems] == [CODE]


def test_a_relation_is_cut_out_wherever_it_stands() -> None:
    parsed, _ = parse_select("select u.x from t join u on t.a = u.a join t w on w.a = u.a", SOURCE)
    assert parsed is not None
    parts, _ = transpile_select(parsed, SOURCE, TARGET, KNOWN)
    assert parts is not None
    assert [each for each in parts if isinstance(each, int)] == [0, 1, 0]
    assert not any("weft" in each for each in parts if isinstance(each, str))


def test_an_unknown_type_is_not_guessed() -> None:
    parsed, _ = parse_select("select x || 'a' as y from u", SOURCE)
    assert parsed is not None
    known = {"u": replace(KNOWN["u"], columns=(Column("x"),))}
    parts, problems = transpile_select(parsed, SOURCE, TARGET, known)
    assert parts is None
    assert "not known" in problems[0].note


@pytest.mark.parametrize(
    ("native", "translated"),
    [
        ("HUGEINT", ""),
        ("DECIMAL(38,0)", "DECIMAL(38,0)"),
        ("TINYINT", "SMALLINT"),
        ("UBIGINT", "DECIMAL(20,0)"),
        ("text", "TEXT"),
        ("FLOAT[]", "REAL[]"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"),
        ("UUID", "UUID"),
        ("JSON", ""),
        ("STRUCT(a INTEGER)", ""),
        ("BIT", ""),
    ],
)
def test_a_type_in_another_dialect(native: str, translated: str) -> None:
    assert translated_type(native, SOURCE, TARGET) == translated
