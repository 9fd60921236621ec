"""See whose store a file is, and bring its tables forward to the format of this program."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from weft.store.protocol import Identity, StoreError
from weft.store.sqlite.database import Database

# The number of the last file in `migrations/`.
FORMAT = 2

_FOLDER = Path(__file__).with_name("migrations")

# The one table that every format has: it says which migrations the others have gone through.
_IDENTITY = (
    "CREATE TABLE identity (mesh TEXT NOT NULL, id TEXT NOT NULL, format INTEGER NOT NULL) STRICT"
)


def initialise(connection: sqlite3.Connection, mesh: str, new_id: str) -> None:
    """Make the tables of a new store, inside the caller's transaction."""
    connection.execute(_IDENTITY)
    connection.execute("INSERT INTO identity (mesh, id, format) VALUES (?, ?, 0)", (mesh, new_id))
    _migrate(connection, done=0)


def identified(database: Database, mesh: str) -> Identity:
    """Return the identity of a store of this mesh, after migrating it if it is older.

    Raises StoreError when it belongs to another mesh, when a newer Weft wrote it, or when it is
    no store at all.
    """
    with database.reading() as connection:
        found = _read(connection, mesh, database.path)
    if found.format == FORMAT:
        return found
    with database.writing() as connection:
        # Another program may have migrated it meanwhile.
        found = _read(connection, mesh, database.path)
        _migrate(connection, found.format)
    return replace(found, format=FORMAT)


def _read(connection: sqlite3.Connection, mesh: str, place: str) -> Identity:
    """Return the identity of a store that this program may use."""
    row = None
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'identity'").fetchone():
        row = connection.execute("SELECT mesh, id, format FROM identity").fetchone()
    if row is None:
        raise StoreError(f"store {place}: it is no store of Weft; name another one in weft.yaml")
    found = Identity(*row)
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
    return found


def _migrate(connection: sqlite3.Connection, done: int) -> None:
    """Run the migrations after number `done`; the caller's transaction keeps all or none."""
    for path in sorted(_FOLDER.glob("*.sql"))[done:]:
        for statement in _statements(path.read_text(encoding="utf-8")):
            connection.execute(statement)
    connection.execute("UPDATE identity SET format = ?", (FORMAT,))


def _statements(script: str) -> Iterator[str]:
    """Cut a script into statements, because running it whole would commit in between."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
