"""A mesh of two products to be applied to several environments, and what is seen of it there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from arro3.core import RecordBatchReader

from mesh_files import SETTINGS, Port, Product, document, mesh_files
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.query import query
from weft.app.system import System
from weft.app.values import values_of
from weft.plan.plan import Plan

ORDERS, SUMS = "shop.orders", "shop.sums"


def files(
    orders: str = "SELECT 1 AS id", sums: str = "SELECT sum(id) AS total FROM orders", **more: Any
) -> dict[str, bytes]:
    """`shop.orders`, and `shop.sums`, which reads it; `more` is for `weft.yaml`."""
    products = [
        Product(ORDERS, {"orders": orders}, (Port("orders", {"id": "integer"}, ("id",)),)),
        Product(SUMS, {"sums": sums}, (Port("sums", {"total": "number"}),), (f"{ORDERS}.orders",)),
    ]
    return mesh_files(products) | {"weft.yaml": document(SETTINGS | more)}


def plan_of(folder: Path, environment: str = "", options: PlanOptions | None = None) -> Plan:
    """The plan of the files as they are."""
    with opened(folder, environment, System()) as mesh:
        return make_plan(mesh, options or PlanOptions()).plan


def seen(folder: Path, environment: str, relation: str = f"{ORDERS}.orders_v1") -> list[Any]:
    """The values of the first column of a port, as `weft query` shows them."""
    with opened(folder, environment, System()) as mesh, query(mesh, f"FROM {relation}") as answer:
        reader = RecordBatchReader.from_arrow(answer.rows)
        return [value for batch in reader for value in values_of(batch)[0]]


def served(folder: Path, file: str, relation: str = "shop__orders.orders") -> list[Any]:
    """The same, as any other program sees it in a file of ports."""
    with duckdb.connect(str(folder / ".weft/lake" / file), read_only=True) as connection:
        return [row[0] for row in connection.execute(f"FROM {relation}").fetchall()]


def store_rows(folder: Path) -> Mapping[str, list[Any]]:
    """All that the store keeps, by table, but for the audit log."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(folder / ".weft/store.db")) as connection:
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for (name,) in names
            if not name.startswith("audit")
        }


def lake_files(folder: Path) -> list[str]:
    """Every file and folder of the lake, but for those of work that goes on."""
    lake = folder / ".weft/lake"
    return sorted(
        str(path.relative_to(lake)) for path in lake.rglob("*") if "tmp" not in path.parts
    )
