"""Move a store: everything it keeps into one file, and from a file into an empty store."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from weft.app.bootstrap import Opened
from weft.app.errors import Blocked, Usage
from weft.store.protocol import Unfit


@dataclass(frozen=True)
class Moved:
    """How many rows went into a file, or came out of it, and how many bytes it has."""

    file: str
    rows: int
    bytes: int


def export_store(mesh: Opened, path: Path) -> Moved:
    """Write the whole store into a new file that this user alone can read.

    The file is there when it is complete, or not at all. Raises Usage when there is one already,
    StoreError and OSError.
    """
    if path.exists():
        raise Usage(f"{path} is there already", next_step="name a new file")
    draft = path.with_name(f"{path.name}.{mesh.system.new_id()}")
    try:
        with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "wb+") as file:
            rows = mesh.store.export(file)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return Moved(str(path), rows, path.stat().st_size)


def import_store(mesh: Opened, path: Path) -> Moved:
    """Fill the store of the mesh, which must be empty, from a file; all of it or nothing.

    Raises Blocked when the store is not empty or the file does not fit it, and OSError.
    """
    with path.open("rb") as file:
        try:
            rows = mesh.store.restore(file, mesh.system.user(), mesh.system.now())
        except Unfit as error:
            raise Blocked(f"{path} was not imported", why=str(error)) from error
    return Moved(str(path), rows, path.stat().st_size)
