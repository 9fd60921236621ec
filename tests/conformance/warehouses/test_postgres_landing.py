"""Files that are landed apart: each once, shared by all sources that have it, under a view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from warehouse_steps import PRODUCT, bound, build, port, publish, relation, rows_of

from weft.mesh.manifest import Column, FileSource
from weft.plan.keys import source_key
from weft.plan.plan import Source, Step
from weft.sql.dialect import dialect_named
from weft.warehouses.files import SourceFiles
from weft.warehouses.postgres import parts
from weft.warehouses.protocol import Ending, Scope, WarehouseError

POSTGRES = dialect_named("postgres")
INTERNAL = "sales__orders__internal"
SPEC = FileSource("crm", "*.csv", "csv", (Column("id", "integer"), Column("day", "date")))
PROD = Scope("prod", (PRODUCT,))


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is too small to be landed by itself."""
    monkeypatch.setattr(parts, "SMALL_BYTES", 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate("abc", 1):
        (tmp_path / f"{name}.csv").write_text(f"id,day\n{number},2026-01-0{number}\n")
    return tmp_path


def source(folder: Path, names: str) -> Source:
    files = tuple(f"{name}.csv" for name in names)
    content = SourceFiles(str(folder)).content(files)
    return Source(source_key(SPEC, content), SPEC, files, content)


def counted(key: str, read: Source, kind: str = "table", product: str = PRODUCT) -> Step:
    select = f"SELECT sum(s.id) AS n FROM {POSTGRES.relation('sources', read.key)} AS s"
    return build(key, select, [read.key], kind, product)


def landed(admin: psycopg.Connection[Any]) -> dict[str, tuple[str, int]]:
    """Everything landed by its name: where, and which file on the server it is."""
    rows = admin.execute(
        "SELECT relname, relnamespace::regnamespace::text, relfilenode::bigint FROM pg_class"
        " WHERE relname ~ '^s_' AND relkind IN ('r', 'v')"
    )
    return {name: (schema, number) for name, schema, number in rows}


def names(*sources: Source) -> set[str]:
    return {f"s_{each.key}" for each in sources}


def run(warehouse: Any, step: Step, read: Source, run: str = "run_1") -> Any:
    return warehouse.run(step, bound(run, sources={read.key: read}))


def test_one_more_file_leaves_the_others_where_they_are(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any], folder: Path
) -> None:
    alone, two, three = (source(folder, each) for each in ("a", "ab", "abc"))
    run(open_it(), counted("one", alone), alone)
    assert landed(admin).keys() == names(alone)
    run(open_it(), counted("two", two), two)
    before = landed(admin)
    assert before.keys() == names(alone, two, source(folder, "b"))
    warehouse = open_it()
    run(warehouse, counted("three", three), three)
    after = landed(admin)
    assert after.keys() - before.keys() == names(three, source(folder, "c"))
    assert {name: after[name] for name in before} == before
    assert [rows_of(warehouse, key, ["n"]) for key in ("one", "two", "three")] == [
        [(1,)],
        [(3,)],
        [(6,)],
    ]


def test_a_range_of_time_leads_to_the_rows_that_are_in_it(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any], folder: Path
) -> None:
    two = source(folder, "ab")
    run(open_it(), counted("two", two), two)
    indexes = admin.execute(
        "SELECT tablename, indexdef ~ 'USING brin \\(day\\)' FROM pg_indexes"
        " WHERE tablename ~ '^s_' ORDER BY tablename"
    ).fetchall()
    assert indexes == [
        (name, True) for name in sorted(names(source(folder, "a"), source(folder, "b")))
    ]
    admin.execute("SET enable_seqscan = off")
    told = admin.execute(
        f"EXPLAIN (COSTS false) SELECT id FROM {INTERNAL}.s_{two.key} WHERE day > '2026-01-01'"
    ).fetchall()
    assert sum("Index Cond: (day > '2026-01-01'::date)" in line for (line,) in told) == 2


def test_another_product_reads_what_is_there(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any], folder: Path
) -> None:
    two, three = source(folder, "ab"), source(folder, "bc")
    run(open_it(), counted("two", two), two)
    warehouse = open_it()
    run(warehouse, counted("other", three, product="ops.parts"), three)
    assert rows_of(warehouse, "other", ["n"]) == [(5,)]
    places = {name: schema for name, (schema, _) in landed(admin).items()}
    assert places[f"s_{source(folder, 'b').key}"] == INTERNAL
    assert places[f"s_{three.key}"] == places[f"s_{source(folder, 'c').key}"]
    assert places[f"s_{three.key}"] == "ops__parts__internal"


def test_a_landing_that_fails_leaves_no_source_and_the_next_goes_on(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any], folder: Path
) -> None:
    (folder / "b.csv").write_text("id,day\nx,2026-01-02\n")
    two = source(folder, "ab")
    with pytest.raises(WarehouseError, match=r"b\.csv"):
        run(open_it(), counted("two", two), two)
    there = landed(admin)
    assert there.keys() == names(source(folder, "a"))
    (folder / "b.csv").write_text("id,day\n2,2026-01-02\n")
    two = source(folder, "ab")
    warehouse = open_it()
    run(warehouse, counted("two", two), two)
    assert rows_of(warehouse, "two", ["n"]) == [(3,)]
    assert there.items() <= landed(admin).items()


@pytest.mark.parametrize("kind", ["table", "view"])
@pytest.mark.parametrize("loss", ["TRUNCATE {table}", "DROP TABLE {table} CASCADE"])
def test_a_part_without_its_rows_is_landed_again(
    open_it: Callable[[], Any],
    admin: psycopg.Connection[Any],
    folder: Path,
    kind: str,
    loss: str,
) -> None:
    two = source(folder, "ab")
    run(open_it(), counted("first", two, kind), two)
    kept = landed(admin)[f"s_{source(folder, 'a').key}"]
    admin.execute(loss.format(table=f"{INTERNAL}.s_{source(folder, 'b').key}"))
    warehouse = open_it()
    run(warehouse, counted("second", two), two)
    assert rows_of(warehouse, "second", ["n"]) == [(3,)]
    run(warehouse, counted("first", two, kind), two)
    assert rows_of(warehouse, "first", ["n"]) == [(3,)]
    assert landed(admin)[f"s_{source(folder, 'a').key}"] == kept
    assert open_it().observe(PROD).builds == {"first", "second"}


def test_pruning_leaves_what_a_kept_build_was_made_from(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any], folder: Path
) -> None:
    two, three = source(folder, "ab"), source(folder, "bc")
    first = open_it()
    run(first, counted("two", two), two)
    first.close()
    second = open_it()
    run(second, counted("three", three), three, "run_2")
    second.run(publish([port({"orders": ("three", ["n"])})]), bound("run_2", 2))
    second.close()
    removal = open_it().forget((), frozenset(), "2026-03-02T10:00:00+00:00")
    assert [each.key for each in removal.builds] == ["two"]
    assert landed(admin).keys() == names(three, source(folder, "b"), source(folder, "c"))


def test_an_environment_that_ends_gives_away_what_others_read(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any], folder: Path
) -> None:
    two, three = source(folder, "ab"), source(folder, "bc")
    warehouse = open_it()
    here = bound("run_dev", sources={two.key: two})
    warehouse.run(counted("two", two), replace(here, environment="dev"))
    warehouse.close()
    warehouse = open_it()
    run(warehouse, counted("three", three), three, "run_2")
    warehouse.run(publish([port({"orders": ("three", ["n"])})]), bound("run_2", 2))
    warehouse.environments.end(Ending("dev", frozenset(["run_dev"]), frozenset()))
    assert landed(admin).keys() == names(three, source(folder, "b"), source(folder, "c"))
    assert {schema for schema, _ in landed(admin).values()} == {INTERNAL}
    run(warehouse, counted("again", three), three, "run_3")
    assert rows_of(warehouse, "again", ["n"]) == [(5,)]


def test_a_view_of_a_source_is_read_by_its_readers(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any], folder: Path
) -> None:
    two = source(folder, "ab")
    warehouse = open_it()
    run(warehouse, counted("seen", two, "view"), two)
    on = f"SELECT n FROM {relation('seen', POSTGRES)}"
    warehouse.run(build("on", on, ["seen"], product="ops.parts"), bound())
    assert rows_of(warehouse, "on", ["n"]) == [(3,)]
