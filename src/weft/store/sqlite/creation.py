"""Make the file of a new store, so that it is there whole or not at all."""

from __future__ import annotations

import os
from contextlib import closing, suppress

from weft.store.migrate import initialise
from weft.store.protocol import StoreError
from weft.store.sqlite.database import MIGRATIONS, SqliteDatabase
from weft.store.sqlite.errors import of_file


def create(path: str, mesh: str, new_id: str, patience: float) -> None:
    """Make an empty store that this user alone can read, and its folder.

    It is made under a name of its own and then linked to its place: of several programs that do
    this at once the first wins, and a killed one leaves no half-made store. Raises StoreError.
    """
    draft = f"{path}.{new_id}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            _fill(draft, mesh, new_id, patience)
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            os.unlink(draft)
    except OSError as error:
        raise of_file(path, error) from error
    except StoreError as error:
        error.interrupted = error.full
        raise


def _fill(draft: str, mesh: str, new_id: str, patience: float) -> None:
    with closing(SqliteDatabase(draft, patience)) as database:
        database.write(lambda transaction: initialise(transaction, MIGRATIONS, mesh, new_id))
        # Not before: in this mode what was just written might stay in a second file, unlinked.
        database.write_ahead()
