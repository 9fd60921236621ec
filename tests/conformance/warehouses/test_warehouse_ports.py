"""What consumers see while a port changes its shape, and what stays readable when others go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from warehouse_kinds import REFUSED, Place
from warehouse_steps import PRODUCT, bound, build, port, publish, rows_of, serve, show

from weft.mesh.contract import Status
from weft.plan.plan import StepKind
from weft.warehouses.protocol import Scope

PROD = Scope("prod", (PRODUCT,))
NOW = "2026-03-20T10:00:00+00:00"

# What each release of a port selects, and the columns that it shows.
SHAPES: dict[str, Sequence[tuple[str, list[str]]]] = {
    "inserted": [
        ("SELECT 1 AS a, 3 AS c", ["a", "c"]),
        ("SELECT 1 AS a, 2 AS b, 3 AS c", [*"abc"]),
    ],
    "first": [("SELECT 1 AS a", ["a"]), ("SELECT 1 AS a, 2 AS b", ["b", "a"])],
    "turned": [("SELECT 1 AS a, 2 AS b", ["a", "b"]), ("SELECT 1 AS a, 2 AS b", ["b", "a"])],
    "removed": [("SELECT 1 AS a, 2 AS b, 3 AS c", [*"abc"]), ("SELECT 1 AS a, 3 AS c", ["a", "c"])],
    "renamed": [("SELECT 1 AS a", ["a"]), ("SELECT 1 AS b", ["b"])],
    "typed": [("SELECT 1 AS a", ["a"]), ("SELECT 'x' AS a", ["a"]), ("SELECT 2 AS a", ["a"])],
    "there and back": [
        ("SELECT 1 AS a", ["a"]),
        ("SELECT 1 AS a, 2 AS b", ["a", "b"]),
        ("SELECT 2 AS a", ["a"]),
        ("SELECT 3 AS a, 4 AS b", ["a", "b"]),
    ],
    "wider": [
        ("SELECT CAST(1.5 AS DECIMAL(5,1)) AS a", ["a"]),
        ("SELECT CAST(1.55 AS DECIMAL(9,2)) AS a", ["a"]),
    ],
}


@pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES)
def test_a_port_changes_its_columns(place: Place, warehouse: Any, shapes: Any) -> None:
    for number, (select, columns) in enumerate(shapes, start=1):
        key = f"k{number}"
        warehouse.run(build(key, select), bound())
        show(warehouse, publish([port({"orders": (key, columns)})], number - 1))
        expected = rows_of(warehouse, key, columns)
        listed = ", ".join(columns)
        with place.reading() as read:
            for view in ("orders", "orders_v1"):
                assert read(f"SELECT {listed} FROM sales__orders.{view}") == expected
                [every] = read(f"SELECT * FROM sales__orders.{view}")
                assert len(every) == len(columns)


def test_hidden_columns_stay_hidden(place: Place, warehouse: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id, 'x' AS hidden"), bound())
    show(warehouse, publish([port({"orders": ("a", ["id"])})]))
    with place.reading() as read, pytest.raises(REFUSED, match="hidden"):
        read("SELECT hidden FROM sales__orders.orders")


def test_an_empty_table_is_shown(place: Place, warehouse: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id, 'x' AS name WHERE 1 = 0"), bound())
    show(warehouse, publish([port({"orders": ("a", ["id", "name"])})]))
    with place.reading() as read:
        assert read("SELECT name, id FROM sales__orders.orders") == []


def test_the_plain_name_is_the_highest_active_major(place: Place, warehouse: Any) -> None:
    for number in (1, 2, 3):
        warehouse.run(build(f"k{number}", f"SELECT {number} AS id"), bound())

    def release(expected: int, *ports: tuple[int, Status]) -> None:
        shown = [
            port({"orders": (f"k{major}", ["id"])}, major=major, status=status)
            for major, status in ports
        ]
        show(warehouse, publish(shown, expected))

    def seen(*views: str) -> list[Any]:
        with place.reading() as read:
            return [read(f"SELECT id FROM sales__orders.{view}")[0][0] for view in views]

    release(0, (1, Status.ACTIVE))
    assert seen("orders", "orders_v1") == [1, 1]
    release(1, (1, Status.ACTIVE), (2, Status.ACTIVE), (3, Status.DEPRECATED))
    assert seen("orders", "orders_v1", "orders_v2", "orders_v3") == [2, 1, 2, 3]
    release(2, (1, Status.ACTIVE), (3, Status.DRAFT))
    assert seen("orders", "orders_v1") == [1, 1]
    for gone in ("orders_v2", "orders_v3"):
        with pytest.raises(REFUSED, match=gone):
            seen(gone)


def test_a_dropped_product_is_not_shown(place: Place, warehouse: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    show(warehouse, publish([port({"orders": ("a", ["id"])})]))
    show(warehouse, publish([], 1, kind=StepKind.DROP), bound("run_2", 2))
    for view in ("orders", "orders_v1"):
        with place.reading() as read, pytest.raises(REFUSED, match="orders"):
            read(f"SELECT * FROM sales__orders.{view}")


def test_in_an_outage_readers_meet_an_error_that_says_so(place: Place, warehouse: Any) -> None:
    """Of a port without rows as well; its names, and those of others, stay where they are."""
    for key, select in {"k1": "SELECT 1 AS id WHERE 1 = 0", "k2": "SELECT 2 AS id"}.items():
        warehouse.run(build(key, select), bound())
    old = port({"orders": ("k1", ["id"]), "lines": ("k1", ["id"])}, status=Status.DEPRECATED)
    new = port({"orders": ("k2", ["id"])}, major=2)
    out = replace(old, outage="2026-03-02T12:00:00.000Z")
    said = "sales.orders.orders@1 cannot be read until 2026-03-02 12:00Z, in a planned outage"
    show(warehouse, publish([old, new]))
    show(warehouse, publish([out, new], 1))
    assert warehouse.is_served("prod")
    with place.reading() as read:
        assert read("SELECT id FROM sales__orders.orders") == [(2,)]
    asked = ("SELECT * FROM {}.orders_v1", "SELECT count(*) FROM {}.lines_v1")
    for query in (*asked, "SELECT id FROM {}.lines LIMIT 1"):
        with place.reading() as read, pytest.raises(REFUSED, match=said):
            read(query.format("sales__orders"))
    show(warehouse, publish([replace(out, outage="2026-03-03T12:00:00.000Z"), new], 2))
    with place.reading() as read, pytest.raises(REFUSED, match="until 2026-03-03 12:00Z"):
        read("SELECT id FROM sales__orders.lines")
    show(warehouse, publish([old, new], 3))
    with place.reading() as read:
        assert read("SELECT id FROM sales__orders.lines") == []


def test_a_port_can_be_in_an_outage_from_its_first_release_on(place: Place, warehouse: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    out = replace(port({"orders": ("a", ["id"])}), outage="2026-03-02T12:00:00.000Z")
    show(warehouse, publish([out]))
    with place.reading() as read, pytest.raises(REFUSED, match="in a planned outage"):
        read("SELECT id FROM sales__orders.orders")
    show(warehouse, publish([], 1, kind=StepKind.DROP), bound("run_2", 2))
    assert warehouse.is_served("prod")


def test_what_is_current_is_served(warehouse: Any) -> None:
    assert warehouse.is_served("prod")
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    for number, objects in enumerate((["orders"], ["orders", "lines"], ["lines"])):
        shown = port({each: ("a", ["id"]) for each in objects})
        show(warehouse, publish([shown], number))
        assert warehouse.is_served("prod")
    assert warehouse.is_served("dev")
    show(warehouse, publish([], 3, kind=StepKind.DROP), bound("run_2", 2))
    assert warehouse.is_served("prod")


def test_environments_show_their_own(place: Place, warehouse: Any) -> None:
    for environment in ("prod", "dev"):
        warehouse.run(build(environment, f"SELECT '{environment}' AS id"), bound())
        shown = [port({"orders": (environment, ["id"])})]
        show(warehouse, publish(shown, environment=environment))
    for environment, schema in (("prod", "sales__orders"), ("dev", place.schema("dev"))):
        with place.reading(environment) as read:
            assert read(f"SELECT id FROM {schema}.orders") == [(environment,)]
    show(warehouse, publish([], 1, environment="dev"), bound("run_2", 2))
    with place.reading() as read:
        assert read("SELECT id FROM sales__orders.orders") == [("prod",)]


def test_what_kept_releases_read_is_kept(place: Place, open_one: Any, relation: Any) -> None:
    """Builds go with the last kept release that reaches them, by a view too; not one earlier."""
    warehouse = open_one()
    for number in (1, 2, 3):
        warehouse.run(build(f"t{number}", f"SELECT {number} AS id"), bound())
        select = f"SELECT t.id FROM {relation(f't{number}')} AS t"
        warehouse.run(build(f"v{number}", select, [f"t{number}"], "view"), bound())
        show(warehouse, publish([port({"orders": (f"v{number}", ["id"])})], number - 1))
    newest, middle, oldest = warehouse.history("prod", PRODUCT)
    warehouse.close()

    second = open_one()
    removed = second.forget([oldest], frozenset(["v2", "v3"]), NOW)
    serve(second)
    assert {each.key for each in removed.builds} == {"t1", "v1"}
    assert second.observe(PROD).builds == {"t2", "v2", "t3", "v3"}
    assert second.history("prod", PRODUCT) == (newest, middle)
    assert rows_of(second, "v2", ["id"]) == [(2,)]
    with place.reading() as read:
        assert read("SELECT id FROM sales__orders.orders") == [(3,)]
    show(second, publish(middle.ports, 3), bound("run_2", 2))
    with place.reading() as read:
        assert read("SELECT id FROM sales__orders.orders_v1") == [(2,)]
