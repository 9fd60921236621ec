"""A small mesh over the embedded lake and a database, whose domains move from one to the other."""

from __future__ import annotations

from mesh_files import Port, Product, mesh_files

_KIND = {"kind": "integer"}


def first() -> dict[str, bytes]:
    """The mesh as it is published first."""
    return _mesh(stock="1")


def second() -> dict[str, bytes]:
    """The same mesh later: the orders are as they were; other rows are in the parts, in who reads
    both, and in models that keep what the counts were.
    """
    return _mesh(stock="2")


def _mesh(stock: str) -> dict[str, bytes]:
    orders = Product(
        "sales.orders",
        {
            "numbers": "SELECT CAST(n AS BIGINT) AS id FROM generate_series(1, 20) AS t(n)",
            "orders": "SELECT id, id % 3 AS kind FROM numbers",
        },
        (Port("orders", {"id": "integer", **_KIND}),),
    )
    kinds = Product(
        "sales.kinds",
        {"kinds": "SELECT kind, count(*) AS orders FROM orders GROUP BY kind"},
        (Port("kinds", {**_KIND, "orders": "integer"}),),
        inputs=("sales.orders.orders",),
    )
    parts = Product(
        "ops.parts",
        {"parts": f"SELECT CAST(1 AS BIGINT) AS kind, CAST({stock} AS BIGINT) AS stock"},
        (Port("parts", {**_KIND, "stock": "integer"}),),
    )
    counts = Product(
        "sales.counts",
        {
            "counted": f"SELECT CAST(1 AS BIGINT) AS kind, CAST({stock} AS BIGINT) AS stock, "
            f"TIMESTAMP '2026-01-0{stock} 00:00:00' AS changed",
            "stocks": "-- materialized: incremental\n-- unique_key: stock\n"
            "SELECT kind, stock FROM counted",
            "states": "-- materialized: snapshot\n-- unique_key: kind\n-- changed_at: changed\n"
            "SELECT kind, stock, changed FROM counted",
        },
        (
            Port("stocks", {**_KIND, "stock": "integer"}),
            Port("states", {**_KIND, "valid_from": "timestamp", "valid_to": "timestamp"}),
        ),
    )
    offers = Product(
        "care.offers",
        {
            "offers": "SELECT o.id, p.stock FROM orders AS o JOIN parts AS p ON p.kind = o.kind",
        },
        (Port("offers", {"id": "integer", "stock": "integer"}),),
        inputs=("sales.orders.orders", "ops.parts.parts"),
    )
    return mesh_files([orders, kinds, parts, counts, offers])
