"""The file that other DuckDB programs open: views on the published ports of one environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from weft.mesh.release import ObjectRelease, PortRelease, Release
from weft.sql.duckdb import quote, string
from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.expansion import Expansion
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.reading import columns_of
from weft.warehouses.duckdb.releases import Releases
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.duckdb.session import Engine, connect, explaining
from weft.warehouses.shown import shown

# The oldest engine that can read what this one is told to write.
STORAGE = "v1.5.0"

_CATALOG = "ports"
_ROUNDS = 3


@dataclass(frozen=True)
class _Shown:
    """One view to make: an object of a port version under one of its names."""

    schema: str
    name: str
    object: ObjectRelease
    comment: str


class Ports:
    """Writes `ports.duckdb`, or `ports.<env>.duckdb` outside production."""

    def __init__(
        self, layout: Layout, disk: Disk, scratch: Scratch, releases: Releases, engine: Engine
    ) -> None:
        self._layout = layout
        self._disk = disk
        self._scratch = scratch
        self._releases = releases
        self._engine = engine

    def serve(self, environment: str, production: bool, expansion: Expansion) -> None:
        """Bring the file up to date with the current releases. Raises WarehouseError.

        One process at a time does this, and looks again afterwards: who publishes while another
        is at it, and is killed before its own turn, is shown all the same.
        """
        target = self.path(environment, production)
        owner = f"ports-{environment}"
        self._scratch.take(owner)
        try:
            for _ in range(_ROUNDS):
                releases = self._current(environment)
                draft = self._scratch.file(owner, "ports.duckdb")
                self._write(draft, list(_shown(releases, production)), expansion)
                os.chmod(draft, 0o600)
                self._disk.sync(draft)
                self._disk.rename(draft, target)
                if self._current(environment) == releases:
                    break
            self._disk.sync(self._layout.root)
        finally:
            self._scratch.drop(owner)

    def path(self, environment: str, production: bool) -> str:
        """Return the path of an environment's file."""
        name = "ports.duckdb" if production else f"ports.{environment}.duckdb"
        return os.path.join(self._layout.root, name)

    def _current(self, environment: str) -> list[Release]:
        products = self._releases.products(environment)
        found = (self._releases.current(environment, product) for product in products)
        return [release for release in found if release]

    def _write(self, path: str, views: list[_Shown], expansion: Expansion) -> None:
        with closing(connect(self._engine, f"{path}.spill")) as connection, explaining():
            connection.execute(
                f"ATTACH {string(path)} AS {_CATALOG} (STORAGE_VERSION {string(STORAGE)})"
            )
            connection.execute("BEGIN")
            for schema in sorted({view.schema for view in views}):
                connection.execute(" ".join(("CREATE SCHEMA", _path(_CATALOG, schema))))
            for view in views:
                _create(connection, view, expansion)
            connection.execute("COMMIT")
            connection.execute(" ".join(("DETACH", _CATALOG)))


def _create(connection: Any, view: _Shown, expansion: Expansion) -> None:
    name = _path(_CATALOG, view.schema, view.name)
    columns = columns_of(view.object.columns)
    select = expansion.select(view.object.key, view.object.columns)
    connection.execute(f"CREATE VIEW {name} ({columns}) AS\n{select}")
    connection.execute(" ".join(("COMMENT ON VIEW", name, "IS", string(view.comment))))


def _path(*names: str) -> str:
    return ".".join(map(quote, names))


def _shown(releases: list[Release], production: bool) -> Iterator[_Shown]:
    """Yield every view: each object of each visible major, and the current major of each."""
    for release in releases:
        schema = release.product.replace(".", "__")
        for each in shown(release, production):
            yield _Shown(schema, each.name, each.object, _comment(release, each.port))


def _comment(release: Release, port: PortRelease) -> str:
    run = f", run {release.run}" if release.run else ""
    return f"{release.product}.{port.port} {port.version}, release {release.number}{run}"
