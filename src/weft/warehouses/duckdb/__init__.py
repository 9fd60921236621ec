"""The embedded lake: a folder of immutable Parquet files, with DuckDB in memory as its engine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.lake import Lake, Owner
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.session import Engine
from weft.warehouses.files import SourceFiles
from weft.warehouses.protocol import WarehouseError

_OPTIONS = ("path", "threads", "memory_limit", "production")


def open_warehouse(
    name: str,
    options: Mapping[str, Any],
    folder: str,
    mesh: str,
    store: str,
    *,
    disk: Disk | None = None,
) -> Lake:
    """Open the lake of a mesh; nothing is read or made before it is needed.

    `folder` is the mesh's, `path` among the options is relative to it; `threads` and
    `memory_limit` are the engines', `production` is the environment whose ports have the plain
    file name. `mesh` and `store` are ids. Raises WarehouseError for options that are not right.
    """
    for option in options:
        if option not in _OPTIONS:
            raise _wrong(name, f"there is no option `{option}`; there are: {', '.join(_OPTIONS)}")
    path = options.get("path")
    if not isinstance(path, str) or not path:
        raise _wrong(name, "`path` is missing; write for example `path: .weft/lake`")
    threads = options.get("threads", 0)
    if not isinstance(threads, int) or isinstance(threads, bool) or threads < 0:
        raise _wrong(name, f"`threads` is `{threads}`, but must be a whole number")
    sources = SourceFiles(folder)
    layout = Layout(os.path.abspath(os.path.join(folder, path)))
    engine = Engine(
        folders=(layout.root, sources.folder),
        threads=threads,
        memory_limit=str(options.get("memory_limit", "")),
    )
    owner = Owner(mesh, store, str(options.get("production", "prod")))
    return Lake(layout, owner, engine, sources, disk or Disk())


def _wrong(name: str, problem: str) -> WarehouseError:
    return WarehouseError(f"warehouse `{name}`: {problem}", denied=True)
