"""Make a lake ready to be written to."""

from __future__ import annotations

from threading import Lock

from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.identity import make_lake
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.pruning import Pruning
from weft.warehouses.duckdb.scratch import Scratch


class Preparation:
    """Makes sure, once, that the lake is there and ours, and free of what killed runs left."""

    def __init__(
        self, layout: Layout, disk: Disk, scratch: Scratch, pruning: Pruning, owner: tuple[str, str]
    ) -> None:
        """`owner` are the ids of the mesh and the store."""
        self._layout = layout
        self._disk = disk
        self._scratch = scratch
        self._pruning = pruning
        self._owner = owner
        self._done = False
        self._guard = Lock()

    def __call__(self) -> None:
        """Prepare the lake, if that was not done before. Raises WarehouseError."""
        with self._guard:
            if not self._done:
                make_lake(self._layout, self._disk, self._scratch, *self._owner)
                self._pruning.clear_dead_runs()
                self._done = True
