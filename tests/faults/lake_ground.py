"""The embedded lake as the ground of the fault loop; everything is read afresh.

Consumers see a product's current release and `ports.duckdb`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import duckdb
from effects import Effects
from ground import Content, Seen
from observation import current_releases

from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.expansion import Expansion
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import Manifests

LAKE_ENTRIES = {
    *(
        "lake.json",
        "builds",
        "files",
        "releases",
        "quarantine",
        "tmp",
        "ports.duckdb",
        "ports.json",
    ),
}


class Lake:
    """Lakes that lie in the folders of their meshes."""

    def seen(self, folder: Path) -> dict[str, Seen]:
        """What the current releases show, and what any client of DuckDB reads."""
        return {"the releases show": released(folder), "ports.duckdb shows": served(folder)}

    def leftovers(self, folder: Path, tidy: bool) -> Iterator[str]:
        """What lies in the lake and belongs to nothing."""
        return leftovers(folder, tidy)

    def keep(self, folder: Path, kept: Path) -> None:
        """Copy it."""
        subprocess.run(["cp", "-a", str(folder), str(kept)], check=True)

    def renew(self, kept: Path, folder: Path) -> None:
        """Copy it back; immutable data is shared with it."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(kept, folder, copy_function=_copy, symlinks=True)

    def watched(self, effects: Effects) -> AbstractContextManager[None]:
        """Its effects are those of its disk, which is given to it as it is opened."""
        return nullcontext()


LAKE = Lake()


def lake_of(folder: Path) -> Path:
    """Where the lake of a mesh lies."""
    return folder / ".weft" / "lake"


def released(folder: Path) -> Seen:
    """What the current release of every product shows, read from the files that it names."""
    lake = lake_of(folder)
    if not (lake / "releases").is_dir():
        return {}
    layout = Layout(str(lake))
    expansion = Expansion(layout, Manifests(layout, Disk()))
    with duckdb.connect() as engine:
        return {
            product: {
                f"{each.name}_v{port.major}": _content(
                    engine, expansion.select(each.key, each.columns), each.columns
                )
                for port in release.ports
                for each in port.objects
            }
            for product, release in current_releases(folder).items()
        }


def served(folder: Path) -> Seen:
    """What `ports.duckdb` shows to any client; versioned names only."""
    path = lake_of(folder) / "ports.duckdb"
    if not path.exists():
        return {}
    seen: Seen = {}
    with duckdb.connect(str(path), read_only=True) as client:
        views = client.execute(
            "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
        for schema, view in views:
            name = f'"{schema}"."{view}"'
            columns = tuple(client.sql(f"SELECT * FROM {name}").columns)
            content = _content(client, f"SELECT * FROM {name}", columns)
            if "_v" in view:
                seen.setdefault(schema.replace("__", "."), {})[view] = content
    return seen


def _content(
    connection: duckdb.DuckDBPyConnection, select: str, columns: tuple[str, ...]
) -> Content:
    names = ", ".join(f'"{name}"' for name in columns)
    row = connection.execute(
        f"SELECT count(*), coalesce(bit_xor(hash({names})), 0) FROM ({select})"
    ).fetchone()
    assert row is not None
    return columns, row[0], row[1]


def leftovers(folder: Path, tidy: bool) -> Iterator[str]:
    """What lies in the lake and belongs to nothing.

    Who has nothing to do does not open the lake, and leaves the work of clearing it to the next.
    """
    lake = lake_of(folder)
    layout = Layout(str(lake))
    unknown = {each.name for each in lake.iterdir()} - LAKE_ENTRIES
    if unknown:
        yield f"unknown in the lake: {sorted(unknown)}"
    left = sorted(each.name for each in (lake / "tmp").iterdir())
    if left and tidy:
        yield f"left in tmp: {left}"
    named = {file for build in Manifests(layout, Disk()).all() for file in build.all_files}
    there = {f"files/{each.name}" for each in (lake / "files").iterdir()}
    if there != named:
        yield f"data files that no build names: {sorted(there - named)}, or lack: {named - there}"


def _copy(source: str, target: str) -> None:
    shared = "/lake/files/" in source or "/data/" in source
    (os.link if shared else shutil.copy2)(source, target)
