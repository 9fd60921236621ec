"""A PostgreSQL database, 15 or newer, as a warehouse; the drivers are an extra of the package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from weft.warehouses.postgres.options import EXAMPLE, OPTIONS

if TYPE_CHECKING:
    from weft.warehouses.postgres.warehouse import Postgres

__all__ = ["EXAMPLE", "OPTIONS", "open_warehouse"]


def open_warehouse(
    name: str, options: Mapping[str, Any], folder: str, mesh: str, store: str
) -> Postgres:
    """Open the database of a mesh; it is connected to when it is first needed.

    `options` are `host`, `port`, `database`, `user`, `password` and whatever else libpq calls so;
    `production` is the environment whose schemas have plain names. `folder` is the mesh's, which
    file sources are relative to. `mesh` and `store` are ids. Raises WarehouseError for options
    that are not right.
    """
    # Who asks for the options alone need not wait for all of this.
    from weft.warehouses.files import SourceFiles
    from weft.warehouses.postgres.names import Names
    from weft.warehouses.postgres.target import target_of
    from weft.warehouses.postgres.warehouse import Postgres

    given = dict(options)
    names = Names(mesh, str(given.pop("production", "prod")))
    return Postgres(target_of(name, given), names, store, SourceFiles(folder))
