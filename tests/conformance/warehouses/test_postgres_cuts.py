"""An apply on Postgres whose connection is lost at any message, whether it was heard or not.

Every so many messages are tried; `WEFT_TEST_EVERY=1` tries them all.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from arro3.core import Array, DataType, Table
from warehouse_kinds import KINDS, Place
from warehouse_steps import audit, bound, build, port, publish, relation, required, rows, rows_of

from postgres_line import Line, line
from weft.warehouses.protocol import Scope, WarehouseError

POSTGRES = next(each.dialect for each in KINDS if each.name == "postgres")
EVERY = int(os.environ.get("WEFT_TEST_EVERY", "11"))
HEARD = pytest.mark.parametrize("heard", [False, True], ids=["unheard", "heard"])


def small_apply(warehouse: Any, number: int) -> None:
    """Everything once, for a product of its own; what is done already is reused."""
    here, product = bound(f"run_{number}", 1), f"sales.p{number}"
    table, view, landed = (f"{letter}{number}" for letter in "avl")
    rows_of_ten = "SELECT x AS id, NULL AS name FROM generate_series(1, 10) t(x)"
    warehouse.run(build(table, rows_of_ten, product=product), here)
    select = f"SELECT t.id FROM {relation(table, POSTGRES)} AS t"
    warehouse.run(build(view, select, [table], "view", product), here)
    audited = audit(table, required("name"), name=f"audit_{number}", dialect=POSTGRES)
    assert warehouse.run(audited, here).checks[0].failed == 10
    stream = Table.from_pydict({"x": Array([1, 2], DataType.int64())}).to_reader()
    warehouse.load(landed, stream)
    if product not in warehouse.observe(Scope("prod", (product,))).releases:
        shown = {"orders": (view, ["id"]), "lines": (table, ["id", "name"])}
        warehouse.run(publish([port(shown)], product=product), here)
    warehouse.serve("prod")


def assert_finished(place: Place, number: int) -> None:
    """Everything that an untouched apply leaves is there, whoever looks."""
    warehouse, product = place.open(), f"sales.p{number}"
    observed = warehouse.observe(Scope("prod", (product,)))
    assert observed.releases[product].number == 1
    assert {f"{letter}{number}" for letter in "avl"} <= observed.builds
    assert len(rows(warehouse.failing_rows(f"audit_{number}", "required_name"))) == 10
    assert rows_of(warehouse, f"l{number}", ["x"]) == [(1,), (2,)]
    warehouse.close()
    with place.reading() as read:
        for view in ("orders", "orders_v1", "lines"):
            assert read(f"SELECT count(*) FROM sales__p{number}.{view}") == [(10,)]


def lose_again_and_again(direct: Place, wire: Line, messages: range) -> int:
    """Lose the connection at these messages of an apply; after each loss apply again.

    Returns the first of them that an apply does not have.
    """
    through = Place(direct.kind, {**direct.options, "port": wire.port}, direct.folder)
    for number in messages:
        wire.messages, wire.cuts, wire.cut_at = 0, 0, number
        warehouse = through.open()
        try:
            small_apply(warehouse, number)
        except WarehouseError as error:
            assert error.interrupted or error.denied, error
        finally:
            warehouse.close()
        if not wire.cuts:
            return number
        again = direct.open()
        small_apply(again, number)
        again.close()
        assert_finished(direct, number)
    raise AssertionError("an apply has no end")


@pytest.fixture
def direct(database: dict[str, Any], tmp_path: Any) -> Place:
    return Place("postgres", database, str(tmp_path))


@HEARD
def test_a_connection_that_is_lost(direct: Place, heard: bool) -> None:
    with line(direct.options["host"], direct.options["port"]) as wire:
        wire.heard = heard
        messages = range(1 + heard * EVERY // 2, 1000, EVERY)
        assert lose_again_and_again(direct, wire, messages) > 100
