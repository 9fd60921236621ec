"""A domain moves to another warehouse: compared before the switch, and nobody notices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mesh_files import Port, Product, lay_out
from two_warehouses import Said, applied, domain, files_of, rows, weft

ORDERS = Product(
    "sales.orders",
    {
        "numbers": "SELECT CAST(n AS BIGINT) AS id FROM generate_series(1, 50) AS t(n)",
        "orders": "SELECT id, 'c' || CAST(id % 3 AS VARCHAR) AS customer, id / 7.0 AS price "
        "FROM numbers",
        "ids": "-- materialized: view\nSELECT id FROM orders",
    },
    (
        Port("orders", {"id": "integer", "customer": "string", "price": "number"}, ("id",)),
        Port("ids", {"id": "integer"}),
    ),
)
READER = Product(
    "care.customers",
    {"customers": "SELECT customer, count(*) AS orders FROM orders GROUP BY customer"},
    (Port("customers", {"customer": "string", "orders": "integer"}),),
    inputs=("sales.orders.orders",),
)
MESH = (ORDERS, READER)
QUERY = (
    "SELECT o.id, o.customer, c.orders FROM sales.orders.orders AS o "
    "JOIN care.customers.customers_v1 AS c ON c.customer = o.customer ORDER BY o.id LIMIT 3"
)
FIRST = [
    {"id": 1, "customer": "c1", "orders": 17},
    {"id": 2, "customer": "c2", "orders": 17},
    {"id": 3, "customer": "c0", "orders": 16},
]


def steps(said: Said) -> list[tuple[str, str, str]]:
    """The steps of a plan that was shown as JSON: kind, target, warehouse."""
    assert said.code == 0, said
    return [
        (each["kind"], each["target"], each["warehouse"]) for each in said.data["plan"]["steps"]
    ]


def not_as_left(folder: Path) -> list[tuple[str, str]]:
    """What drift says was changed outside: kind and name."""
    said = weft(folder, "drift", "--json")
    return [(each["kind"], each["name"]) for each in said.data["drift"]]


@pytest.fixture
def home(tmp_path: Path, database: dict[str, Any]) -> dict[str, bytes]:
    """The files of a mesh that is applied on the lake."""
    files = files_of(MESH, database)
    applied(tmp_path, files)
    return files


def test_a_domain_moves_and_comes_back(tmp_path: Path, home: dict[str, bytes]) -> None:
    assert rows(tmp_path, QUERY) == FIRST
    moved = {**home, **domain("sales", "ops_db")}
    lay_out(tmp_path, moved)
    told = weft(tmp_path, "plan", "--json")
    assert steps(told) == [
        ("copy", "sales.orders.ids@1", "ops_db"),
        ("copy", "sales.orders.orders@1", "ops_db"),
        ("build", "numbers", "ops_db"),
        ("build", "orders", "ops_db"),
        ("build", "ids", "ops_db"),
        ("audit", "ids@1.ids", "ops_db"),
        ("audit", "orders@1.orders", "ops_db"),
        ("verify", "sales.orders.ids@1", "ops_db"),
        ("verify", "sales.orders.orders@1", "ops_db"),
        ("publish", "release 2", "ops_db"),
        ("leave", "release 1 on lake", "lake"),
    ]
    assert weft(tmp_path, "plan", "--sql").code == 0
    applied(tmp_path, moved)
    assert weft(tmp_path, "plan", "--detailed-exitcode").code == 0
    assert rows(tmp_path, QUERY) == FIRST
    refused = weft(tmp_path, "rollback", "sales.orders")
    assert "Nothing goes back but to what ops_db keeps of it." in refused.err, refused
    back = applied(tmp_path, home)
    assert "release 3" in back.out
    assert weft(tmp_path, "plan", "--detailed-exitcode").code == 0
    assert rows(tmp_path, QUERY) == FIRST
    assert not_as_left(tmp_path) == []
    releases = weft(tmp_path, "history", "sales.orders", "-o", "csv").out.splitlines()
    assert [each.split(",")[:2] for each in releases[1:]] == [
        ["3", "current"],
        ["2", "forgotten"],
        ["1", "kept"],
    ]
    again = applied(tmp_path, moved)
    assert "release 4" in again.out
    assert rows(tmp_path, QUERY) == FIRST
    assert not_as_left(tmp_path) == []


CHANCE = Product(
    "sales.draws",
    {
        "numbers": "SELECT CAST(n AS BIGINT) AS id FROM generate_series(1, 50) AS t(n)",
        "draws": "SELECT id, random() AS draw FROM numbers",
    },
    (Port("draws", {"id": "integer", "draw": "number"}),),
)


def test_a_difference_holds_the_product_where_it_is(
    tmp_path: Path, database: dict[str, Any]
) -> None:
    home = files_of((CHANCE,), database)
    applied(tmp_path, home)
    drawn = rows(tmp_path, "SELECT id, draw FROM sales.draws.draws ORDER BY id")
    lay_out(tmp_path, {**home, **domain("sales", "ops_db")})
    for _ in range(2):
        said = weft(tmp_path, "apply", "--yes")
        assert said.code == 6, said
        assert "the same rows as on lake" in said.out
        assert "the same `draw` as on lake" in said.out
        assert "50 rows of 50" in said.out
        assert "`id`" not in said.out
        assert rows(tmp_path, "SELECT id, draw FROM sales.draws.draws ORDER BY id") == drawn
        assert [each["release"] for each in weft(tmp_path, "ls", "--json").data["products"]] == [1]
    applied(tmp_path, home)
    assert weft(tmp_path, "plan", "--detailed-exitcode").code == 0
    assert rows(tmp_path, "SELECT id, draw FROM sales.draws.draws ORDER BY id") == drawn


def test_what_the_new_warehouse_does_not_understand_is_told_before(
    tmp_path: Path, home: dict[str, bytes]
) -> None:
    """What no rule of translation knows is described by the warehouse itself, and not run."""
    path = "domains/sales/orders/models/numbers.sql"
    odd = {path: b"SELECT CAST(6 + (1 = 1) AS BIGINT) AS id"}
    applied(tmp_path, {**home, path: b"SELECT CAST(7 AS BIGINT) AS id"})
    lay_out(tmp_path, {**home, **odd, **domain("sales", "ops_db")})
    said = weft(tmp_path, "plan")
    assert said.code == 5, said
    assert "error[W330]: ops_db cannot run model `numbers`" in said.err
    assert f"--> {path}:1:1" in said.err
    assert weft(tmp_path, "apply", "--yes").code == 5
    assert rows(tmp_path, "SELECT id FROM sales.orders.ids") == [{"id": 7}]


def test_a_port_that_goes_with_the_move_has_to_be_allowed(
    tmp_path: Path, home: dict[str, bytes]
) -> None:
    moved = {**home, **domain("sales", "ops_db")}
    document = json.loads(moved["domains/sales/orders/product.yaml"])
    document["outputPorts"] = [each for each in document["outputPorts"] if each["name"] != "ids"]
    moved["domains/sales/orders/product.yaml"] = json.dumps(document).encode()
    del moved["domains/sales/orders/ids.v1.odcs.yaml"]
    lay_out(tmp_path, moved)
    said = weft(tmp_path, "apply", "--yes")
    assert said.code in (5, 7)
    assert "sales.orders: ids@1" in said.err + said.out
    assert rows(tmp_path, "SELECT count(*) AS n FROM sales.orders.ids") == [{"n": 50}]
