"""Rebuild a lost store: a new one takes the id that the warehouses are marked with.

What was released stands in the warehouses, and what was applied in the files; the next apply
finds both equal and records them, without building anything again.
"""

from __future__ import annotations

from pathlib import Path

from weft.app.bootstrap import Opened, opened
from weft.app.errors import Blocked
from weft.app.system import System
from weft.warehouses.protocol import IsMarked


def rebuild(folder: Path, system: System) -> str:
    """Give the store of a mesh the id of the one that was lost; the id.

    Raises Blocked when the warehouses do not name exactly one other store of this mesh, and
    StoreError when this one was used already.
    """
    with opened(folder, "", system) as mesh:
        marks = _marks(mesh)
        stores = {store for owner, store in marks if owner == mesh.settings.mesh}
        if len(marks) != 1 or not stores:
            raise Blocked(
                "there is no store to rebuild",
                why="the warehouses name no store of this mesh"
                if not stores
                else "the warehouses belong to more than one store",
                next_step="weft doctor",
            )
        (lost,) = stores
        if lost == mesh.store.identity.id:
            raise Blocked("the store is not lost: the warehouses are marked with its id")
        mesh.store.take_over(lost, system.user(), system.now())
    return lost


def _marks(mesh: Opened) -> set[tuple[str, str]]:
    """The ids of mesh and store that the warehouses are marked with, where they are at all."""
    warehouses = map(mesh.warehouse, mesh.settings.warehouses)
    marks = [each.marks() for each in warehouses if isinstance(each, IsMarked)]
    return {each for each in marks if each is not None}
