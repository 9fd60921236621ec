"""The embedded lake: a folder of immutable Parquet files, with DuckDB in memory as its engine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from weft.warehouses.options import Option, missing_options, wrong_options
from weft.warehouses.protocol import WarehouseError

if TYPE_CHECKING:
    from weft.warehouses.duckdb.disk import Disk
    from weft.warehouses.duckdb.lake import Lake

OPTIONS = (
    Option("path", "a folder, such as `.weft/lake`", r"(?s).+", required=True, place=True),
    Option("threads", "a whole number; 0 stands for one per core", r"[0-9]{1,4}", (int, str)),
    Option(
        "memory_limit",
        "a size with its unit, such as `4GB` or `512 MiB`",
        # Less or more than this is refused by the engine.
        r"(?i)([1-9][0-9]{0,5}(\.[0-9]+)?|0\.[1-9][0-9]*) ?[mgt]i?b|[1-9][0-9]{2,8} ?ki?b",
    ),
)

EXAMPLE = {"path": ".weft/lake"}


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
    # Who asks for the options alone need not wait for all of this.
    from weft.warehouses.duckdb.disk import Disk
    from weft.warehouses.duckdb.lake import Lake, Owner
    from weft.warehouses.duckdb.layout import Layout
    from weft.warehouses.duckdb.session import Engine
    from weft.warehouses.files import SourceFiles

    given = dict(options)
    production = given.pop("production", "prod")
    for each in chain(wrong_options(OPTIONS, given, given), missing_options(OPTIONS, given)):
        problem = f"warehouse `{name}`: {each.problem}; {each.advice}"
        raise WarehouseError(problem, denied=True)
    sources = SourceFiles(folder)
    layout = Layout(os.path.abspath(os.path.join(folder, given["path"])))
    engine = Engine(
        folders=(layout.root, sources.folder),
        threads=int(given.get("threads", 0)),
        memory_limit=given.get("memory_limit", ""),
    )
    return Lake(layout, Owner(mesh, store, production), engine, sources, disk or Disk())


def open_private(folder: str) -> Lake:
    """Open a lake in an empty folder that belongs to this process alone."""
    return open_warehouse("private", {"path": "lake"}, folder, "private", "private")
