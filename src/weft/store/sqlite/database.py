"""One connection to one SQLite file, and the only way to read or write through it: transactions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from weft.store.sqlite.errors import explained

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
        with explained(path):
            # Autocommit: a transaction begins where this class says so and nowhere else.
            self._connection = sqlite3.connect(
                f"{Path(path).as_uri()}?mode=rw",
                uri=True,
                timeout=patience,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                for setting in _SETTINGS:
                    self._connection.execute(setting)
            except BaseException:
                self._connection.close()
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for reads that all see the same moment. Raises StoreError."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection as the only writer; all is kept at the end, or nothing on an error.

        Raises StoreError. What was written is durable once the block was left.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

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
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._turn, explained(self.path):
            connection = self._connection
            connection.execute(begin)
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A full disk may have ended the transaction already, a broken one may refuse even
                # this; the error that led here is the one to tell.
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise


def json_list(texts: Iterable[str]) -> str:
    """Return texts as one parameter of a statement, for `json_each`."""
    return msgspec.json.encode(list(texts)).decode()
