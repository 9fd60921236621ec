"""A SQLite store, opened and made where there is none."""

from __future__ import annotations

import os.path

from weft.store.database_store import DatabaseStore
from weft.store.sqlite.creation import create
from weft.store.sqlite.database import SqliteDatabase

PATIENCE = 30.0


class SqliteStore(DatabaseStore):
    """A store in one file."""

    def __init__(self, path: str, mesh: str, new_id: str, patience: float = PATIENCE) -> None:
        """Open the store at an absolute path, making it with the id `new_id` if there is none.

        `patience` is how many seconds other programs' transactions are waited for. Raises
        StoreError.
        """
        if not os.path.exists(path):
            create(path, mesh, new_id, patience)
        super().__init__(SqliteDatabase(path, patience), mesh)
