"""The embedded lake as the ground of the fault loop; everything is read afresh.

Consumers see a product's current release and `ports.duckdb`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any

import duckdb
from effects import Effects
from ground import Seen, content_of
from observation import current_releases

from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.expansion import Expansion
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.protocol import WarehouseError

LAKE_ENTRIES = {"lake.json", "builds", "files", "releases", "quarantine", "tmp"}
_VIEWS = """
SELECT table_schema, table_name, list(column_name ORDER BY ordinal_position)
FROM information_schema.columns WHERE table_name LIKE '%\\_v%' ESCAPE '\\' GROUP BY ALL
"""


class Lake:
    """Lakes that lie in the folders of their meshes."""

    def seen(self, folder: Path) -> dict[str, Seen]:
        """What the current releases show, and what any client of DuckDB reads."""
        return {"the releases show": released(folder), "ports.duckdb shows": served(folder)}

    def builds(self, folder: Path) -> list[str]:
        """The names of the manifests."""
        return sorted(each.name for each in (lake_of(folder) / "builds").iterdir())

    def spoil(self, folder: Path) -> None:
        """Lose data, show an earlier release, damage the file of ports, and leave something."""
        lake = lake_of(folder)
        orders = current_releases(folder)["shop.orders"].builds["orders"]
        for file in (lake / "files").glob(f"{orders}-*"):
            file.unlink()
        rates = lake / "releases/prod/finance/rates"
        shutil.copy(rates / "00000001.json", rates / "00000002.json")
        (lake / "ports.duckdb").write_bytes(b"not a database")
        (lake / "notes.txt").write_text("mine")
        lake.chmod(0o755)

    def leftovers(self, folder: Path, tidy: bool) -> Iterator[str]:
        """What lies in the lake and belongs to nothing."""
        return leftovers(folder, tidy)

    def keep(self, folder: Path, kept: Path) -> None:
        """Copy it."""
        shutil.rmtree(kept, ignore_errors=True)
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
    seen: Seen = {}
    with duckdb.connect() as engine:
        for product, release in current_releases(folder).items():
            objects = [(port.major, each) for port in release.ports for each in port.objects]
            for major, each in objects:
                # What has lost its data shows nothing.
                with suppress(WarehouseError, duckdb.IOException):
                    select = expansion.select(each.key, each.columns)
                    content = content_of(each.columns, _rows(engine, select))
                    seen.setdefault(product, {})[f"{each.name}_v{major}"] = content
    return seen


def served(folder: Path) -> Seen:
    """What `ports.duckdb` shows to any client; versioned names only."""
    path = lake_of(folder) / "ports.duckdb"
    if not path.exists():
        return {}
    seen: Seen = {}
    with suppress(duckdb.IOException), duckdb.connect(str(path), read_only=True) as client:
        for schema, view, columns in client.execute(_VIEWS).fetchall():
            with suppress(duckdb.IOException):
                rows = _rows(client, f'SELECT * FROM "{schema}"."{view}"')
                content = content_of(columns, rows)
                seen.setdefault(schema.replace("__", "."), {})[view] = content
    return seen


def _rows(engine: duckdb.DuckDBPyConnection, select: str) -> list[tuple[Any, ...]]:
    """The rows of a SELECT, whose moments are texts: the engine needs more to make them values."""
    described = engine.execute(f"DESCRIBE {select}").fetchall()
    zoned = [name for name, kind, *_ in described if kind == "TIMESTAMP WITH TIME ZONE"]
    texts = ", ".join(f'CAST("{name}" AS VARCHAR) AS "{name}"' for name in zoned)
    replaced = f"* REPLACE ({texts})" if texts else "*"
    return engine.execute(f"SELECT {replaced} FROM ({select})").fetchall()


def leftovers(folder: Path, tidy: bool) -> Iterator[str]:
    """What lies in the lake and belongs to nothing.

    Who has nothing to do does not open the lake, and leaves the work of clearing it to the next;
    so does pruning that an error has stopped.
    """
    lake = lake_of(folder)
    layout = Layout(str(lake))
    entries = {each.name for each in lake.iterdir() if not each.name.startswith("ports.")}
    unknown = entries - LAKE_ENTRIES
    if unknown:
        yield f"unknown in the lake: {sorted(unknown)}"
    left = sorted(each.name for each in (lake / "tmp").iterdir())
    if left and tidy:
        yield f"left in tmp: {left}"
    named = {file for build in Manifests(layout, Disk()).all() for file in build.all_files}
    there = {f"files/{each.name}" for each in (lake / "files").iterdir()}
    if named - there:
        yield f"data files that are not there: {sorted(named - there)}"
    if there - named and tidy:
        yield f"data files that no build names: {sorted(there - named)}"


def _copy(source: str, target: str) -> None:
    shared = "/lake/files/" in source or "/data/" in source
    (os.link if shared else shutil.copy2)(source, target)
