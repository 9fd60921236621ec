"""Whose lake it is: `lake.json`, which keeps one mesh from writing into the lake of another."""

from __future__ import annotations

import os
from dataclasses import dataclass

import msgspec

from weft.warehouses.duckdb.disk import Disk, names_in, read
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.ownership import Ownership, refuse_foreign
from weft.warehouses.protocol import WarehouseError

FORMAT = 1

_ELSEWHERE = "choose another `path` for this warehouse"


@dataclass(frozen=True)
class Identity:
    """The content of `lake.json`: the version of the format, and the ids of mesh and store."""

    format: int
    mesh: str
    store: str


def open_lake(layout: Layout, mesh: str, store: str) -> bool:
    """Check that the lake is this mesh's and this store's; False when there is none yet.

    Raises WarehouseError for a foreign one, or one of a newer format.
    """
    # Before anything else but tmp/ a new lake gets its lake.json: whoever looks in this order
    # cannot take one that is just being made for something foreign.
    names = names_in(layout.root)
    data = read(layout.identity)
    if data is None:
        if any(name != os.path.basename(layout.temporary) for name in names):
            raise WarehouseError(
                f"{layout.root} is not empty and not a lake (there is no lake.json); {_ELSEWHERE}",
                denied=True,
            )
        return False
    found = _identity(layout, data)
    marked = Ownership(found.mesh, found.store, found.format)
    refuse_foreign(layout.root, marked, Ownership(mesh, store, FORMAT), _ELSEWHERE)
    return True


def marks_of(layout: Layout) -> tuple[str, str] | None:
    """Return the ids of mesh and store in `lake.json`, None when there is no lake."""
    data = read(layout.identity)
    if data is None:
        return None
    found = _identity(layout, data)
    return found.mesh, found.store


def make_lake(layout: Layout, disk: Disk, scratch: Scratch, mesh: str, store: str) -> None:
    """Make the lake's folders, and mark it as this mesh's; one that is there is checked."""
    if not open_lake(layout, mesh, store):
        disk.make_folder(layout.root, 0o700)
        owner = scratch.take_free("lake")
        draft = scratch.file(owner, "lake.json")
        disk.write(draft, msgspec.json.encode(Identity(FORMAT, mesh, store)))
        disk.sync(draft)
        disk.link(draft, layout.identity)
        scratch.drop(owner)
        open_lake(layout, mesh, store)
    for folder in (layout.builds, layout.files, layout.temporary):
        disk.make_folder(folder)
    disk.sync(layout.root)


def _identity(layout: Layout, data: bytes) -> Identity:
    try:
        return msgspec.json.decode(data, type=Identity)
    except msgspec.MsgspecError as error:
        raise WarehouseError(f"{layout.identity} is damaged: {error}") from error
