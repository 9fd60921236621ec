"""What somebody broke on Postgres: lost rows, lost words, lost views; each is seen and healed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from warehouse_steps import PRODUCT, after, bound, build, port, publish, relation, rows_of

from weft.mesh.manifest import Column, FileSource
from weft.plan.plan import Source, Step
from weft.sql.dialect import dialect_named
from weft.warehouses.files import SourceFiles
from weft.warehouses.postgres.catalog import Catalog, Located
from weft.warehouses.postgres.copying import Copier
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.once import once
from weft.warehouses.postgres.schemas import Schemas
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.target import target_of
from weft.warehouses.protocol import Scope, WarehouseError

PROD = Scope("prod", (PRODUCT,))
POSTGRES = dialect_named("postgres")
INTERNAL = "sales__orders__internal"
ORDERS = "SELECT id FROM sales__orders.orders ORDER BY id"
TABLE = build("a", "SELECT x AS id FROM generate_series(1, 3) AS t(x)")
VIEW = build("v", f"SELECT a.id FROM {relation('a', POSTGRES)} AS a", ["a"], "view")
SHOWS_V = publish([port({"orders": ("v", ["id"])})])


@pytest.fixture
def published(open_it: Callable[[], Any]) -> None:
    """A table, a view of it, and a release that shows the view."""
    warehouse = open_it()
    for step in (TABLE, VIEW, SHOWS_V):
        warehouse.run(step, bound())


@pytest.mark.usefixtures("published")
def test_a_table_without_its_rows_is_not_there_and_made_again(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any]
) -> None:
    admin.execute(f"TRUNCATE {INTERNAL}.b_a")
    warehouse = open_it()
    observed = warehouse.observe(PROD)
    assert observed.builds == {"v"}
    assert observed.hollow == {"v": ("a",)}
    with pytest.raises(WarehouseError, match=r"^sales\.orders\.seen: its data .*`weft apply`"):
        rows_of(warehouse, "v", ["id"])
    reader = build("b", f"SELECT v.id FROM {relation('v', POSTGRES)} AS v", ["v"])
    with pytest.raises(WarehouseError, match=r"build v is missing in .*, or damaged"):
        warehouse.run(reader, bound("run_2"))
    outcome = warehouse.run(TABLE, bound("run_2"))
    assert (outcome.rows, outcome.reused) == (3, False)
    assert warehouse.run(VIEW, bound("run_2")).reused
    assert open_it().observe(PROD).builds == {"a", "v"}
    assert admin.execute(ORDERS).fetchall() == [(1,), (2,), (3,)]


@pytest.fixture
def looking(database: dict[str, Any]) -> Iterator[tuple[Known, Copier]]:
    """What a program knows that has looked before others come."""
    sessions = Sessions(target_of("wh", database))
    schemas = Schemas(sessions, "skyline", "store_1")
    known = Known(Catalog(sessions, schemas), PROD.environment, "the database")
    schemas.ours()
    yield known, Copier(sessions)
    sessions.close()


@pytest.mark.usefixtures("published")
def test_what_another_program_made_a_moment_ago_is_not_broken(
    open_it: Callable[[], Any],
    looking: tuple[Known, Copier],
    admin: psycopg.Connection[Any],
) -> None:
    known, _ = looking
    assert not known.whole(["late"])
    open_it().run(build("late", "SELECT 1 AS id"), bound())
    assert known.broken("late") is None
    admin.execute(f"TRUNCATE {INTERNAL}.b_late")
    broken = known.broken("late")
    assert broken is not None and broken.build.key == "late"


@pytest.mark.usefixtures("published")
def test_what_another_program_stores_meanwhile_is_taken(
    open_it: Callable[[], Any], looking: tuple[Known, Copier]
) -> None:
    known, copier = looking
    warehouse = open_it()

    def overtaken(broken: Located | None) -> Located:
        assert broken is None
        warehouse.run(build("late", "SELECT 1 AS id"), bound())
        raise WarehouseError("it is there already")

    stored, was_there = once(known, copier, "late", overtaken)
    assert (stored.build.key, was_there) == ("late", True)
    assert rows_of(warehouse, "late", ["id"]) == [(1,)]


@pytest.mark.usefixtures("published")
def test_what_no_current_release_names_is_looked_at_when_somebody_asks(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any]
) -> None:
    open_it().run(build("z", "SELECT 1 AS id"), bound())
    admin.execute(f"TRUNCATE {INTERNAL}.b_z")
    assert open_it().observe(PROD).builds == {"a", "v", "z"}
    assert open_it().observe(replace(PROD, builds=frozenset("z"))).builds == {"a", "v"}


@pytest.mark.usefixtures("published")
def test_a_look_into_all_data_finds_rows_that_are_gone(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any]
) -> None:
    admin.execute(f"DELETE FROM {INTERNAL}.b_a WHERE id = 2")
    assert open_it().observe(PROD).builds == {"a", "v"}
    assert open_it().observe(replace(PROD, content=True)).builds == frozenset()
    # From then on everybody sees it.
    assert open_it().observe(PROD).builds == {"v"}
    warehouse = open_it()
    assert not warehouse.run(TABLE, bound("run_2")).reused
    assert warehouse.observe(replace(PROD, content=True)).builds == {"a", "v"}
    assert admin.execute(ORDERS).fetchall() == [(1,), (2,), (3,)]


def test_a_view_that_was_dropped_with_its_table_is_made_again(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any]
) -> None:
    open_it().run(TABLE, bound())
    open_it().run(VIEW, bound())
    admin.execute(f"DROP TABLE {INTERNAL}.b_a CASCADE")
    warehouse = open_it()
    assert warehouse.observe(PROD).builds == frozenset()
    for step in (TABLE, VIEW):
        assert not warehouse.run(step, bound("run_2")).reused
    assert rows_of(warehouse, "v", ["id"]) == [(1,), (2,), (3,)]


def test_a_source_without_its_rows_is_landed_again(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any], tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_text("id\n1\n2\n")
    spec = FileSource("crm", "x.csv", "csv", (Column("id", "integer"),), {})
    source = Source("src", spec, ("x.csv",), SourceFiles(str(tmp_path)).content(["x.csv"]))
    here = bound(sources={"src": source})

    def count(key: str) -> Step:
        select = f"SELECT count(*) AS n FROM {POSTGRES.relation('sources', 'src')} AS s"
        return build(key, select, ["src"])

    open_it().run(count("first"), here)
    admin.execute(f"TRUNCATE {INTERNAL}.s_src")
    warehouse = open_it()
    warehouse.run(count("second"), here)
    assert rows_of(warehouse, "second", ["n"]) == [(2,)]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("loss", ["comment", "words", "row"])
def test_a_damaged_release_keeps_its_place(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any], loss: str
) -> None:
    admin.execute(f"COMMENT ON TABLE {INTERNAL}.pointer IS NULL")
    if loss == "words":
        admin.execute(f"UPDATE {INTERNAL}.releases SET content = '[1]'")
    if loss == "row":
        admin.execute(f"DELETE FROM {INTERNAL}.releases")
    warehouse = open_it()
    [found] = warehouse.observe(PROD).releases.values()
    assert (found.number, found.damaged) == (1, loss != "comment")
    assert warehouse.released() == {"prod": (PRODUCT,)}
    warehouse.serve("prod")
    assert admin.execute(ORDERS).fetchall() == [(1,), (2,), (3,)]
    warehouse.run(after(SHOWS_V, 1), bound("run_2"))
    [healed] = warehouse.observe(PROD).releases.values()
    assert (healed.number, healed.damaged, healed.keys) == (2, False, {"v"})
    assert admin.execute(ORDERS).fetchall() == [(1,), (2,), (3,)]


@pytest.mark.usefixtures("published")
def test_pruning_takes_nothing_from_the_views_of_a_damaged_release(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any]
) -> None:
    warehouse = open_it()
    warehouse.run(after(SHOWS_V, 1), bound("run_2"))
    [_, old] = warehouse.history("prod", PRODUCT)
    warehouse.close()
    admin.execute(f"COMMENT ON TABLE {INTERNAL}.pointer IS NULL")
    admin.execute(f"DELETE FROM {INTERNAL}.releases WHERE number = 2")
    removed = open_it().forget([old], frozenset(), "2026-03-20T10:00:00+00:00")
    assert removed.builds == ()
    assert [each.number for each in open_it().history("prod", PRODUCT)] == [2]
    assert admin.execute(ORDERS).fetchall() == [(1,), (2,), (3,)]


@pytest.mark.usefixtures("published")
def test_lost_data_of_one_product_keeps_nothing_from_being_pruned(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any]
) -> None:
    warehouse = open_it()
    for key in ("later", "unneeded"):
        warehouse.run(build(key, "SELECT 4 AS id"), bound("run_2"))
    warehouse.run(publish([port({"orders": ("later", ["id"])})], 1), bound("run_2"))
    [_, old] = warehouse.history("prod", PRODUCT)
    warehouse.close()
    admin.execute(f"DROP TABLE {INTERNAL}.b_later CASCADE")
    removed = open_it().forget([old], frozenset(), "2026-03-20T10:00:00+00:00")
    assert [each.key for each in removed.builds] == ["unneeded"]


@pytest.mark.usefixtures("published")
def test_a_view_that_somebody_dropped_is_made_again(
    open_it: Callable[[], Any], admin: psycopg.Connection[Any]
) -> None:
    assert open_it().is_served("prod")
    admin.execute("DROP VIEW sales__orders.orders_v1 CASCADE")
    warehouse = open_it()
    assert not warehouse.is_served("prod")
    warehouse.serve("prod")
    assert warehouse.is_served("prod")
    assert admin.execute(ORDERS).fetchall() == [(1,), (2,), (3,)]
