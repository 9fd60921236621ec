"""A PostgreSQL database, 15 or newer, as a warehouse; the drivers are an extra of the package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weft.warehouses.files import SourceFiles
from weft.warehouses.postgres.names import Names
from weft.warehouses.postgres.target import target_of
from weft.warehouses.postgres.warehouse import Postgres


def open_warehouse(
    name: str, options: Mapping[str, Any], folder: str, mesh: str, store: str
) -> Postgres:
    """Open the database of a mesh; it is connected to when it is first needed.

    `options` are `host`, `port`, `database`, `user`, `password` and whatever else libpq calls so;
    `production` is the environment whose schemas have plain names. `folder` is the mesh's, which
    file sources are relative to. `mesh` and `store` are ids. Raises WarehouseError for options
    that are not right, or when the driver is not installed.
    """
    names = Names(mesh, str(options.get("production", "prod")))
    return Postgres(target_of(name, options), names, store, SourceFiles(folder))
