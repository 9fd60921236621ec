"""See whose store a file is, and bring its tables forward to the format of this program."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from weft.store.protocol import Identity, StoreError
from weft.store.sqlite.database import Database

# The number of the last file in `migrations/`.
FORMAT = 1

_FOLDER = Path(__file__).with_name("migrations")


def identified(database: Database, mesh: str, new_id: str) -> Identity:
    """Return the identity of a store, which becomes one of this mesh when it is empty.

    Raises StoreError when it belongs to another mesh, when a newer Weft wrote it, or when it is
    no store at all.
    """
    with database.reading() as connection:
        found = _read(connection, database.path)
    if found is None or found.format < FORMAT:
        _refuse_foreign(found, mesh, database.path)
        with database.writing() as connection:
            found = _migrated(connection, _read(connection, database.path), mesh, new_id)
    _refuse_foreign(found, mesh, database.path)
    return found


def _read(connection: sqlite3.Connection, place: str) -> Identity | None:
    """Return the identity of a store; None for an empty file."""
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema")]
    if not names:
        return None
    row = None
    if "identity" in names:
        row = connection.execute("SELECT mesh, id, format FROM identity").fetchone()
    if row is None:
        raise StoreError(f"store {place}: it is no store of Weft; name another one in weft.yaml")
    return Identity(*row)


def _refuse_foreign(found: Identity | None, mesh: str, place: str) -> None:
    if found is None:
        return
    if found.mesh != mesh:
        raise StoreError(
            f"store {place}: it belongs to mesh `{found.mesh}` and not to `{mesh}`; name another "
            "store in weft.yaml, or correct `mesh` there"
        )
    if found.format > FORMAT:
        raise StoreError(
            f"store {place}: a newer Weft wrote it (format {found.format}, this one reads up to "
            f"{FORMAT}); install that version"
        )


def _migrated(
    connection: sqlite3.Connection, found: Identity | None, mesh: str, new_id: str
) -> Identity:
    """Run the migrations that a store lacks; the caller's transaction keeps all or none."""
    done = 0 if found is None else found.format
    for path in sorted(_FOLDER.glob("*.sql"))[done:]:
        for statement in _statements(path.read_text(encoding="utf-8")):
            connection.execute(statement)
    if found is None:
        identity = Identity(mesh, new_id, FORMAT)
        connection.execute("INSERT INTO identity (mesh, id) VALUES (?, ?)", (mesh, new_id))
    else:
        identity = Identity(found.mesh, found.id, max(done, FORMAT))
    connection.execute("UPDATE identity SET format = ?", (identity.format,))
    return identity


def _statements(script: str) -> Iterator[str]:
    """Cut a script into statements, because running it whole would commit in between."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
