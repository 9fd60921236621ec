"""A mesh that is small and still has everything that can be half done, in two versions."""

from __future__ import annotations

from mesh_files import Port, Product, Source, mesh_files

_VIEW = "-- materialized: view\n"
_ORDERS = Source("journal", "data/orders.csv", {"id": "integer", "amount": "integer"})


def first() -> dict[str, bytes]:
    """The mesh as it is published first: a source, a view, two ports in one product, a reader."""
    orders = Product(
        "shop.orders",
        {
            "orders": "SELECT id, amount, 1 AS edition FROM journal",
            "totals": f"{_VIEW}SELECT sum(amount) AS total, 1 AS edition FROM orders",
            "scratch": "SELECT id FROM orders WHERE amount > 1",
        },
        (
            Port("orders", {"id": "integer", "edition": "integer"}, required=("id",)),
            Port("totals", {"total": "number", "edition": "integer"}),
        ),
        sources=(_ORDERS,),
    )
    return mesh_files([orders, _revenue("id > 0"), _costs("1"), _gone(), _rates()]) | {
        "data/orders.csv": b"id,amount\n1,10\n2,20\n",
        "data/rates.csv": b"rate\n1\n",
    }


def second(version: str = "1.1.0") -> dict[str, bytes]:
    """The same mesh later: newer data, other SELECTs, a model and a product less, a bad check.

    `version` is that of one of its ports.
    """
    orders = Product(
        "shop.orders",
        {
            "orders": "SELECT id, amount, 2 AS edition FROM journal",
            "totals": f"{_VIEW}SELECT sum(amount) AS total, 2 AS edition FROM orders",
        },
        (
            Port("orders", {"id": "integer", "edition": "integer"}, required=("id",)),
            Port("totals", {"total": "number", "edition": "integer"}, version=version),
        ),
        sources=(_ORDERS,),
    )
    return mesh_files([orders, _revenue("id > 1"), _costs("NULL"), _rates()]) | {
        "data/orders.csv": b"id,amount\n1,10\n2,20\n3,30\n",
        "data/rates.csv": b"rate\n2\n",
    }


def _revenue(condition: str) -> Product:
    return Product(
        "finance.revenue",
        {"revenue": f"SELECT id, edition FROM orders WHERE {condition}"},
        (Port("revenue", {"id": "integer", "edition": "integer"}),),
        inputs=("shop.orders.orders",),
    )


def _costs(amount: str) -> Product:
    return Product(
        "finance.costs",
        {"costs": f"SELECT CAST({amount} AS INTEGER) AS amount"},
        (Port("costs", {"amount": "integer"}, required=("amount",)),),
    )


def _rates() -> Product:
    """A product whose definition stays as it is, under newer data."""
    columns = {"rate": "integer"}
    return Product(
        "finance.rates",
        {"rates": "SELECT rate FROM feed"},
        (Port("rates", columns),),
        sources=(Source("feed", "data/rates.csv", columns),),
    )


def _gone() -> Product:
    return Product("finance.old", {"old": "SELECT 1 AS id"}, (Port("old", {"id": "integer"}),))
