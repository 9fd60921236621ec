from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from weft.mesh.manifest import Column, FileSource
from weft.mesh.release import Build
from weft.plan.plan import Source
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.reading import (
    SMALL,
    Readable,
    Reading,
    build_relation,
    readable_build,
    readable_source,
)

COLUMNS = (Column("id", "BIGINT"), Column('a "b"', "VARCHAR"))


def table(folder: Path, size: int = 100) -> Readable:
    build = Build("t", "s.p", "t", "table", COLUMNS, bytes=size, files=("t.parquet",))
    return readable_build(build, Layout(str(folder)))


def view(key: str, select: str, *reads: str) -> Readable:
    return readable_build(
        Build(key, "s.p", key, "view", COLUMNS, select=select, reads=reads), Layout("/lake")
    )


@pytest.fixture
def filled(tmp_path: Path) -> Readable:
    select = """SELECT range AS id, 'x' AS "a ""b""\" FROM range(5)"""
    duckdb.execute(f"COPY ({select}) TO '{tmp_path}/t.parquet'")
    return table(tmp_path)


def answer(reading: Reading, select: str) -> list[tuple[object, ...]]:
    return duckdb.execute(reading.over(select)).fetchall()


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ('SELECT max(id) FROM "builds.t"', [(4,)]),
        ('SELECT id FROM "builds.t" WHERE id < 3 ORDER BY id DESC', [(2,), (1,), (0,)]),
        ('SELECT a.id FROM "builds.t" a, "builds.t" b WHERE a.id = b.id + 4', [(4,)]),
        ('WITH x AS (SELECT id FROM "builds.t") SELECT id FROM x ORDER BY id LIMIT 1', [(0,)]),
        (
            'WITH RECURSIVE n(i) AS (SELECT max(id) FROM "builds.t" '
            "UNION ALL SELECT i + 1 FROM n WHERE i < 6) SELECT i FROM n ORDER BY i DESC",
            [(6,), (5,), (4,)],
        ),
        ('(SELECT id FROM "builds.t") EXCEPT (SELECT range FROM range(4))', [(4,)]),
        ("(WITH x AS (SELECT 1 AS a) SELECT a FROM x)", [(1,)]),
        ("VALUES (1), (2)", [(1,), (2,)]),
    ],
)
def test_any_select_finds_what_it_reads(
    filled: Readable, select: str, expected: list[tuple[int]]
) -> None:
    reading = Reading((filled,), (filled,))
    assert answer(reading, select) == expected
    assert duckdb.sql(reading.shaped(select)).columns == duckdb.sql(reading.over(select)).columns


def test_views_stand_after_what_they_need(filled: Readable) -> None:
    one = view("v", 'WITH x AS (SELECT * FROM "builds.t") SELECT * FROM x WHERE id > 2', "t")
    two = view("w", 'SELECT v.* FROM "builds.v" AS v -- the end', "v")
    reading = Reading((two,), (filled, one, two))
    assert answer(reading, 'SELECT id FROM "builds.w" ORDER BY id') == [(3,), (4,)]


def test_a_statement_that_reads_nothing_stays_as_it_is() -> None:
    assert Reading().over("WITH x AS (SELECT 1) FROM x") == "WITH x AS (SELECT 1) FROM x"
    assert Reading().shaped("SELECT 1") == "SELECT 1"


def test_the_shape_opens_no_file(tmp_path: Path) -> None:
    lost = table(tmp_path)
    reading = Reading((lost,), (lost,))
    bound = duckdb.sql(reading.shaped(f"SELECT * FROM {build_relation('t')}"))
    assert tuple(map(Column, bound.columns, map(str, bound.types))) == COLUMNS


def test_names_that_occur_twice_are_told(filled: Readable) -> None:
    reading = Reading((filled,), (filled,))
    bound = duckdb.sql(reading.shaped('SELECT t.id, t.id FROM "builds.t" AS t'))
    assert bound.columns == ["id", "id"]


def test_filters_and_columns_reach_the_files(filled: Readable) -> None:
    reading = Reading((filled,), (filled,))
    statement = reading.over('SELECT a.id FROM "builds.t" a JOIN "builds.t" b USING (id)')
    plan = duckdb.execute(f"EXPLAIN {statement} WHERE a.id < 2").fetchall()[0][1]
    assert "CTE" not in plan
    assert len(re.findall(r"Projections: id\b", plan)) >= 2
    assert len(re.findall(r"Filters: id ?< ?2", plan)) == 2


@pytest.mark.parametrize(("size", "small"), [(0, True), (SMALL, True), (SMALL + 1, False)])
def test_what_is_small(tmp_path: Path, size: int, small: bool) -> None:
    read = table(tmp_path, size)
    on_top = view("v", 'SELECT * FROM "builds.t"', "t")
    for reading in (Reading((read,), (read,)), Reading((on_top,), (read, on_top))):
        assert reading.is_small(reading.over("SELECT 1")) is small


def test_sizes_are_added_up(tmp_path: Path) -> None:
    source = Source("s", FileSource("crm", "x.csv", "csv", COLUMNS), ("x.csv",), "")
    read = table(tmp_path, SMALL)
    for size, small in ((0, True), (1, False)):
        other = readable_source(source, "SELECT 1 AS id", size)
        assert Reading((read, other), (read, other)).is_small("SELECT 1") is small


@pytest.mark.parametrize(
    ("select", "small"),
    [
        ("SELECT 1 AS id", True),
        ("SELECT sum(x) OVER (ORDER BY x RANGE UNBOUNDED PRECEDING), arrange FROM t", True),
        ("SELECT r.i FROM RANGE(100000000) AS r(i)", False),
        ("SELECT i FROM t, generate_series(1, t.n) AS s(i)", False),
        ("SELECT UNNEST (t.items) AS item FROM t", False),
    ],
)
def test_made_rows_may_be_many(select: str, small: bool) -> None:
    on_top = view("v", select)
    for reading, named in ((Reading(), select), (Reading((on_top,), (on_top,)), "SELECT 1")):
        assert reading.is_small(reading.over(named)) is small
