"""One connection to one SQLite file, and the only way to read or write through it: transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from weft.store.sqlite.errors import explained, of_file

_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    # Without it macOS returns from a sync while data is still in the drive's cache.
    "PRAGMA fullfsync = ON",
    "PRAGMA foreign_keys = ON",
    # A foreign file cannot make our statements call anything with side effects.
    "PRAGMA trusted_schema = OFF",
)


class Database:
    """A SQLite file. Threads take turns; other processes are waited for `patience` seconds."""

    def __init__(self, path: str, patience: float) -> None:
        self.path = path
        self._turn = threading.RLock()
        _make_file(path)
        with explained(path):
            # Autocommit: a transaction begins where this class says so and nowhere else.
            self._connection = sqlite3.connect(
                path, timeout=patience, isolation_level=None, check_same_thread=False
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

    def close(self) -> None:
        """Let go of the file."""
        with self._turn, explained(self.path):
            self._connection.close()


def _make_file(path: str) -> None:
    """Make an empty file, and its folder, for this user only; leave an existing one alone."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise of_file(path, error) from error
