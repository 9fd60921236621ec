"""A SQLite store, opened and wired."""

from __future__ import annotations

import os.path
from dataclasses import replace

from weft.mesh.run import Run
from weft.store.acts import environment_ended, store_taken_over
from weft.store.protocol import Outdated, StoreError
from weft.store.sqlite.audit import SqliteAuditLog, record
from weft.store.sqlite.creation import create
from weft.store.sqlite.database import Database
from weft.store.sqlite.definitions import SqliteDefinitions
from weft.store.sqlite.ending import end, rows
from weft.store.sqlite.forgetting import forget
from weft.store.sqlite.journal import SqliteJournal
from weft.store.sqlite.locks import need_all
from weft.store.sqlite.migrate import identified

PATIENCE = 30.0


class SqliteStore:
    """A store in one file. All parts may be used from threads, which take turns."""

    def __init__(self, path: str, mesh: str, new_id: str, patience: float = PATIENCE) -> None:
        """Open the store at an absolute path, making it with the id `new_id` if there is none.

        `patience` is how many seconds other programs' transactions are waited for. Raises
        StoreError.
        """
        if not os.path.exists(path):
            create(path, mesh, new_id, patience)
        self._database = Database(path, patience)
        try:
            self.identity = identified(self._database, mesh)
        except BaseException:
            self._database.close()
            raise
        self.definitions = SqliteDefinitions(self._database)
        self.journal = SqliteJournal(self._database)
        self.audit = SqliteAuditLog(self._database)

    def take_over(self, id: str, actor: str, at: str) -> None:
        """Take the id of a store that was lost. Raises StoreError when this one was used."""
        with self._database.writing() as connection:
            if connection.execute("SELECT 1 FROM runs LIMIT 1").fetchone():
                raise StoreError(f"{self._database.path} was used already and keeps its own id")
            connection.execute("UPDATE identity SET id = ?", (id,))
            record(connection, actor, at, store_taken_over(self.identity.id, id))
        self.identity = replace(self.identity, id=id)

    def forget(self, outdated: Outdated) -> None:
        """Remove what need not be kept; runs, releases and the audit log stay for ever."""
        with self._database.writing() as connection:
            forget(connection, outdated)

    def end(self, run: Run, at: str, outdated: Outdated) -> None:
        """Remove all that is kept of a run's environment. Raises FencedOut."""
        with self._database.writing() as connection:
            need_all(connection, run)
            end(connection, run.environment)
            forget(connection, outdated)
            record(connection, run.actor, at, environment_ended(run))

    def rows(self, environment: str) -> int:
        """How many rows are kept of an environment, beside the audit log."""
        with self._database.reading() as connection:
            return rows(connection, environment)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
