"""One connection to one SQLite file, and the only way to read or write through it: transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from weft.store.database import NOTHING, Transaction
from weft.store.sqlite.errors import explained, is_unwritable

T = TypeVar("T")
MIGRATIONS = Path(__file__).with_name("migrations")

_SETTINGS = (
    "PRAGMA synchronous = FULL",
    # Without it macOS returns from a sync while data is still in the drive's cache.
    "PRAGMA fullfsync = ON",
    "PRAGMA foreign_keys = ON",
    # A foreign file cannot make our statements call anything with side effects.
    "PRAGMA trusted_schema = OFF",
)


class SqliteTransaction:
    """Runs statements inside the transaction of the connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Mapping[str, Any] = NOTHING) -> sqlite3.Cursor:
        """Run a statement with these parameters; more of them than it names may be given."""
        return self._connection.execute(statement, values)

    def execute_all(self, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement that gives no rows once for each set of parameters."""
        self._connection.executemany(statement, rows)

    def run(self, script: str) -> None:
        """Run a migration."""
        for statement in statements(script):
            self._connection.execute(statement)

    def has(self, table: str) -> bool:
        """Whether there is such a table."""
        found = self._connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,))
        return found.fetchone() is not None


class SqliteDatabase:
    """A SQLite file that exists. Threads take turns; other programs are waited for."""

    migrations = MIGRATIONS

    def __init__(self, path: str, patience: float) -> None:
        """Open the file at an absolute path; `patience` is how many seconds to wait for others.

        Raises StoreError.
        """
        self.place = path
        self._turn = threading.RLock()
        self._reachable = False
        with explained(path):
            self._connection = _connected(path, "mode=rw", patience)

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Do work whose reads all see the same moment. Raises StoreError."""
        with (
            self._turn,
            explained(self.place),
            self._readable() as connection,
            _transaction(connection, "BEGIN") as transaction,
        ):
            return work(transaction)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Do work as the only writer; it is durable when this returns. Raises StoreError."""
        with self._turn, explained(self.place):
            self._reach()
            with _transaction(self._connection, "BEGIN IMMEDIATE") as transaction:
                return work(transaction)

    def write_ahead(self) -> None:
        """Let readers and the writer of this file pass each other, from now on and for everyone.

        Only for a file that nobody else has opened: SQLite does not wait for others here.
        """
        with self._turn, explained(self.place):
            self._connection.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Let go of the file."""
        with self._turn, explained(self.place):
            self._connection.close()

    @contextmanager
    def _readable(self) -> Iterator[sqlite3.Connection]:
        """Give the connection, or where nothing can be written one that only reads.

        Even to read, SQLite makes files beside one whose writers write ahead. It can do without
        while nobody has written anything ahead: then all there is stands in the file itself.
        """
        try:
            self._reach()
        except sqlite3.Error as error:
            if not is_unwritable(error) or self._is_written_ahead():
                raise
        if self._reachable:
            yield self._connection
            return
        # A new one each time: it never looks whether the file has changed.
        with closing(_connected(self.place, "immutable=1", 0)) as connection:
            yield connection

    def _reach(self) -> None:
        """Make the settings, once; it is the first time that the file is looked at."""
        if not self._reachable:
            for setting in _SETTINGS:
                self._connection.execute(setting)
            self._reachable = True

    def _is_written_ahead(self) -> bool:
        path = f"{self.place}-wal"
        return os.path.exists(path) and os.path.getsize(path) > 0


def _connected(path: str, mode: str, patience: float) -> sqlite3.Connection:
    # Autocommit: a transaction begins where `_transaction` says so and nowhere else.
    return sqlite3.connect(
        f"{Path(path).as_uri()}?{mode}",
        uri=True,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
    )


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[SqliteTransaction]:
    connection.execute(begin)
    try:
        yield SqliteTransaction(connection)
        connection.execute("COMMIT")
    except BaseException:
        # A full disk may have ended the transaction already, a broken one may refuse even this;
        # the error that led here is the one to tell.
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def statements(script: str) -> Iterator[str]:
    """Cut a script into statements, because running it whole would commit in between."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
