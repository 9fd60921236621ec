"""Builds that grow on Postgres: which tables they make, share and leave behind."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from warehouse_steps import PRODUCT, bound, growing, rows, shown_as

from postgres_objects import read_as_admin
from weft.mesh.growth import Growth, Range
from weft.warehouses.postgres import layers
from weft.warehouses.protocol import Scope, WarehouseError

BY_ID = Growth(unique_key=("id",))
BY_DAY = Growth("day")
NOW = "2026-03-20T10:00:00+00:00"
PROD = Scope("prod", (PRODUCT,))
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^[gpw]_' ORDER BY 1"

_SUMMARIES = (
    "SELECT regexp_replace(indexdef, '.* USING brin ', '') FROM pg_indexes"
    " WHERE tablename ~ '^p_' ORDER BY 1"
)


@pytest.fixture
def open_one(open_it: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Opens the database once more, where few rows are layers of their own, too."""
    monkeypatch.setattr(layers, "SMALL_ROWS", 0)
    return open_it


def ids(first: int, last: int, amount: int = 1) -> str:
    return (
        f"SELECT i AS id, {amount} AS amount, DATE '2026-01-01' + i / 10 AS day"
        f" FROM generate_series({first}, {last}) AS g(i)"
    )


def total(warehouse: Any, key: str) -> list[tuple[Any, ...]]:
    seen = [shown_as("seen", key, ["id", "amount"])]
    counted = "count(*) AS n, sum(amount) AS total, count(DISTINCT id) AS ids"
    return rows(warehouse.query(f"SELECT {counted} FROM sales.orders.seen", seen))


@pytest.fixture
def grown(open_one: Callable[[], Any]) -> Any:
    """`a` has a hundred rows, `b` three of them anew and seven more; what made them has ended."""
    warehouse = open_one()
    warehouse.run(growing("a", ids(1, 100), BY_ID), bound())
    warehouse.run(growing("b", ids(98, 107, 2), BY_ID, "a"), bound("run_2"))
    warehouse.close()
    return open_one()


def test_only_what_is_new_is_written(grown: Any, database: dict[str, Any]) -> None:
    assert read_as_admin(database, _TABLES) == ["g_b_1", "p_a_1", "p_b_1"]
    internal = "sales__orders__internal"
    counts = [
        read_as_admin(database, f"SELECT count(*) FROM {internal}.{name}")[0]
        for name in ("p_a_1", "p_b_1", "g_b_1")
    ]
    assert counts == [100, 10, 3]
    assert total(grown, "a") == [(100, 100, 100)]
    assert total(grown, "b") == [(107, 117, 107)]


def test_layers_join_one_that_is_not_much_smaller(grown: Any, database: dict[str, Any]) -> None:
    grown.run(growing("c", ids(105, 111, 3), BY_ID, "b"), bound("run_3"))
    assert read_as_admin(database, _TABLES) == ["g_b_1", "g_c_1", "p_a_1", "p_b_1", "p_c_1"]
    assert total(grown, "c") == [(111, 97 + 7 * 2 + 7 * 3, 111)]
    grown.forget([], frozenset({"c"}), NOW)
    assert read_as_admin(database, _TABLES) == ["g_c_1", "p_a_1", "p_c_1"]
    assert total(grown, "c") == [(111, 97 + 7 * 2 + 7 * 3, 111)]


def test_what_another_build_shares_stays_when_a_build_is_pruned(
    grown: Any, database: dict[str, Any]
) -> None:
    told = grown.forget([], frozenset({"b"}), NOW, dry_run=True)
    assert told.names == ("sales__orders__internal.b_a",)
    assert grown.forget([], frozenset({"b"}), NOW) == told
    assert total(grown, "b") == [(107, 117, 107)]
    told = grown.forget([], frozenset(), NOW, dry_run=True)
    assert len(told.names) == 4 and told.bytes > 0
    assert grown.forget([], frozenset(), NOW) == told
    assert read_as_admin(database, _TABLES) == []


@pytest.mark.parametrize("table", ["p_a_1", "g_b_1"])
def test_a_build_with_a_lost_layer_is_made_again_and_others_stay_lost(
    grown: Any, open_one: Callable[[], Any], database: dict[str, Any], table: str
) -> None:
    grown.run(growing("c", ids(105, 106, 3), BY_ID, "b"), bound("run_3"))
    with psycopg.connect(
        **{**{k: v for k, v in database.items() if k != "database"}, "dbname": database["database"]}
    ) as own:
        own.execute(f"TRUNCATE sales__orders__internal.{table}")
    warehouse = open_one()
    found = warehouse.observe(Scope("prod", (PRODUCT,), frozenset({"b", "c"})))
    assert found.builds.isdisjoint({"b", "c"})
    warehouse.run(growing("b", ids(1, 107, 2), BY_ID), bound("run_4"))
    assert total(warehouse, "b") == [(107, 214, 107)]
    found = open_one().observe(Scope("prod", (PRODUCT,), frozenset({"b", "c"})))
    assert "b" in found.builds and "c" not in found.builds


def test_a_failed_build_leaves_nothing(grown: Any, database: dict[str, Any]) -> None:
    before = read_as_admin(database, _TABLES)
    twice = f"{ids(1, 5)} UNION ALL {ids(5, 5, 9)}"
    with pytest.raises(WarehouseError, match="2 rows have one key: id is 5"):
        grown.run(growing("c", twice, BY_ID, "b"), bound("run_3"))
    assert read_as_admin(database, _TABLES) == before
    assert grown.observe(PROD).builds == {"a", "b"}


@pytest.mark.parametrize("text", ["short", "long"])
def test_a_layer_has_a_summary_of_what_audits_look_up_unless_a_value_is_too_long(
    open_one: Callable[[], Any], database: dict[str, Any], text: str
) -> None:
    value = "'x'" if text == "short" else f"'{random.Random(1).randbytes(20_000).hex()}'"
    select = f"SELECT id, {value} AS name, day FROM ({ids(1, 9)}) AS a"
    step = growing("a", select, BY_DAY, ranges=[Range()])
    assert step.build
    looked_up = (("id",), ("name",), ("id", "absent"))
    step = replace(step, build=replace(step.build, looked_up=looked_up))
    assert open_one().run(step, bound()).rows == 9
    found = read_as_admin(database, _SUMMARIES)
    assert found == ["(day)", "(id)", *(["(name)"] if text == "short" else [])]


def test_by_time_ranges_say_what_no_longer_counts(
    open_one: Callable[[], Any], database: dict[str, Any]
) -> None:
    warehouse = open_one()
    warehouse.run(growing("a", ids(1, 99), BY_DAY, ranges=[Range()]), bound())
    late = [Range("2026-01-10")]
    outcome = warehouse.run(growing("b", ids(1, 109, 2), BY_DAY, "a", late), bound("run_2"))
    assert outcome.rows == 109
    assert read_as_admin(database, _TABLES) == ["p_a_1", "p_b_1"]
    assert total(warehouse, "b") == [(109, 89 + 20 * 2, 109)]
