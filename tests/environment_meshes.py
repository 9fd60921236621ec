"""A mesh of two products to be applied to several environments, and what is seen of it there.

It lives on the embedded lake or in a database; nothing but `weft.yaml` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from arro3.core import RecordBatchReader

from mesh_files import SETTINGS, Port, Product, document, mesh_files
from postgres_objects import objects, read_as_admin
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.query import query
from weft.app.system import System
from weft.app.values import values_of
from weft.plan.plan import Plan

ORDERS, SUMS = "shop.orders", "shop.sums"


@dataclass(frozen=True)
class Ground:
    """Where a mesh lives: what `weft.yaml` says of it. `options` are of a database, if it is one.

    Roles belong to a whole server, so that no two meshes of tests have one name.
    """

    mesh: str = SETTINGS["mesh"]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_lake(self) -> bool:
        """Whether it is files."""
        return not self.options

    def settings(self, **more: Any) -> dict[str, bytes]:
        """The file `weft.yaml`."""
        there = SETTINGS
        if self.options:
            warehouse = {"type": "postgres", **self.options}
            there = {"mesh": self.mesh, "warehouses": {"lake": warehouse}}
        return {"weft.yaml": document(there | more)}

    def of(self, *products: Product) -> dict[str, bytes]:
        """The files of a mesh of these products."""
        return mesh_files(products) | self.settings()

    def files(
        self,
        orders: str = "SELECT 1 AS id",
        sums: str = "SELECT sum(id) AS total FROM orders",
        **more: Any,
    ) -> dict[str, bytes]:
        """`shop.orders`, and `shop.sums`, which reads it; `more` is for `weft.yaml`."""
        shown = (Port("orders", {"id": "integer"}, ("id",)),)
        total = (Port("sums", {"total": "number"}),)
        return mesh_files(
            [
                Product(ORDERS, {"orders": orders}, shown),
                Product(SUMS, {"sums": sums}, total, (f"{ORDERS}.orders",)),
            ]
        ) | self.settings(**more)

    def left(self, folder: Path) -> tuple[Any, ...]:
        """All that there is in the warehouse and in the store, to be compared."""
        there = lake_files(folder) if self.is_lake else objects(self.options, self.mesh)
        return there, store_rows(folder)

    def served(
        self, folder: Path, environment: str = "prod", relation: str = "shop__orders.orders"
    ) -> list[Any]:
        """The first column of a port, as any other program sees it in an environment.

        A database has schemas of an environment for what differs there, and no others.
        """
        own = "" if environment == "prod" else environment
        if self.is_lake:
            return served(folder, f"ports.{own}.duckdb" if own else "ports.duckdb", relation)
        asked = f"SELECT to_regclass('{own}__{relation}') IS NOT NULL"
        is_own = bool(own) and read_as_admin(self.options, asked)[0]
        return read_as_admin(
            self.options,
            f"SELECT * FROM {own}__{relation}" if is_own else f"SELECT * FROM {relation}",
        )


LAKE = Ground()
files = LAKE.files


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
    """All that the store keeps, by table, but for the audit log and for who read what."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(folder / ".weft/store.db")) as connection:
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for (name,) in names
            if not name.startswith(("audit", "reads"))
        }


def lake_files(folder: Path) -> list[str]:
    """Every file and folder of the lake, but for those of work that goes on."""
    lake = folder / ".weft/lake"
    return sorted(
        str(path.relative_to(lake)) for path in lake.rglob("*") if "tmp" not in path.parts
    )
