"""One connection to one SQLite file, and the only way to read or write through it: transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec

from weft.store.sqlite.errors import explained, is_unwritable

_SETTINGS = (
    "PRAGMA synchronous = FULL",
    # Without it macOS returns from a sync while data is still in the drive's cache.
    "PRAGMA fullfsync = ON",
    "PRAGMA foreign_keys = ON",
    # A foreign file cannot make our statements call anything with side effects.
    "PRAGMA trusted_schema = OFF",
)


class Database:
    """A SQLite file that exists. Threads take turns; other programs are waited for."""

    def __init__(self, path: str, patience: float) -> None:
        """Open the file at an absolute path; `patience` is how many seconds to wait for others.

        Raises StoreError.
        """
        self.path = path
        self._turn = threading.RLock()
        self._reachable = False
        with explained(path):
            self._connection = _connected(path, "mode=rw", patience)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection for reads that all see the same moment. Raises StoreError."""
        with (
            self._turn,
            explained(self.path),
            self._readable() as connection,
            _transaction(connection, "BEGIN"),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection as the only writer; all is kept at the end, or nothing on an error.

        Raises StoreError. What was written is durable once the block was left.
        """
        with self._turn, explained(self.path):
            self._reach()
            with _transaction(self._connection, "BEGIN IMMEDIATE"):
                yield self._connection

    def write_ahead(self) -> None:
        """Let readers and the writer of this file pass each other, from now on and for everyone.

        Only for a file that nobody else has opened: SQLite does not wait for others here.
        """
        with self._turn, explained(self.path):
            self._connection.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Let go of the file."""
        with self._turn, explained(self.path):
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
        with closing(_connected(self.path, "immutable=1", 0)) as connection:
            yield connection

    def _reach(self) -> None:
        """Make the settings, once; it is the first time that the file is looked at."""
        if not self._reachable:
            for setting in _SETTINGS:
                self._connection.execute(setting)
            self._reachable = True

    def _is_written_ahead(self) -> bool:
        path = f"{self.path}-wal"
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
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk may have ended the transaction already, a broken one may refuse even this;
        # the error that led here is the one to tell.
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def json_list(texts: Iterable[str]) -> str:
    """Return texts as one parameter of a statement, for `json_each`."""
    return msgspec.json.encode(list(texts)).decode()
