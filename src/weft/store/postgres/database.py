"""One connection to one PostgreSQL database, and the only way to read or write through it.

Writers take turns, on all hosts: each transaction that writes first locks the one row of
`identity`. So the audit log has one end, positions have no gaps, and nothing deadlocks. A
connection that is lost is opened anew. What was not kept by then is done again; where that is not
known, the server is asked what became of the transaction.
"""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import psycopg

from weft.store.database import NOTHING, Transaction
from weft.store.postgres.address import Address
from weft.store.postgres.errors import (
    BUSY,
    DAMAGED,
    IN_DOUBT,
    NOTHING_WRITTEN,
    UNREACHABLE,
    explained,
    may_work_again,
    sentence,
)
from weft.store.postgres.wording import script, statement
from weft.store.protocol import StoreError

# What the driver tells of a connection that it lost is told here, once, and in our words.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

T = TypeVar("T")
Connection = psycopg.Connection[tuple[Any, ...]]
MIGRATIONS = Path(__file__).with_name("migrations")
SCHEMA = "weft"

# Seconds between attempts; a server that restarts is back within their sum.
_PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0)

# A program that stops in the middle of a transaction, or whose host is gone, must not keep
# everybody else waiting: the server ends its session.
_SETTINGS = """
SELECT set_config('search_path', %(schema)s, false),
       set_config('lock_timeout', %(patience)s, false),
       set_config('statement_timeout', '0', false),
       set_config('idle_in_transaction_session_timeout', '60s', false)
"""
_DURABLE = """
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') = 'off'
"""
_TURN = "SELECT CAST(pg_current_xact_id() AS text) FROM identity FOR UPDATE"
_OUTCOME = "SELECT pg_xact_status(CAST(%s AS xid8))"


class _Again(Exception):
    """Nothing was kept, and the same may be done again; `cause` is for people, if it may not."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class PostgresTransaction:
    """Runs statements inside the transaction of the connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(
        self, text: str, values: Mapping[str, Any] = NOTHING
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run a statement with these parameters; more of them than it names may be given."""
        return self._connection.execute(statement(text), values)

    def execute_all(self, text: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement that gives no rows once for each set of parameters."""
        if rows:
            self._connection.cursor().executemany(statement(text), rows)

    def run(self, text: str) -> None:
        """Run a migration."""
        self._connection.execute(script(text))

    def has(self, table: str) -> bool:
        """Whether there is such a table."""
        found = self._connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
        return bool(found and found[0])


class PostgresDatabase:
    """A database on a server. Threads take turns; other programs are waited for."""

    migrations = MIGRATIONS

    def __init__(self, address: Address, patience: float) -> None:
        """Connect; `patience` is how many seconds to wait for other programs.

        Raises StoreError.
        """
        self.place = address.place
        self._address = address
        self._patience = patience
        self._turn = threading.RLock()
        try:
            self._connection = self._open()
        except psycopg.Error as error:
            raise self._unreachable(error) from None

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Do work whose reads all see the same moment. Raises StoreError."""

        def attempt(connection: Connection) -> T:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            result = work(PostgresTransaction(connection))
            connection.execute("COMMIT")
            return result

        return self._repeated(attempt)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Do work as the only writer; it is durable when this returns. Raises StoreError."""

        def attempt(connection: Connection) -> T:
            connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
            number = _one(connection.execute(_TURN))
            result = work(PostgresTransaction(connection))
            self._keep(connection, number)
            return result

        return self._repeated(attempt)

    def is_empty(self) -> bool:
        """Whether neither a store nor anything else is in the schema. Raises StoreError."""
        return self._repeated(_is_empty)

    def prepare(self, make: Callable[[Transaction], None]) -> None:
        """Make the tables of a new store where there is nothing; one of several programs does.

        Raises StoreError.
        """

        def attempt(connection: Connection) -> None:
            if PostgresTransaction(connection).has(f"{SCHEMA}.identity"):
                return
            connection.execute("BEGIN")
            connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", ("weft store",))
            if _is_empty(connection):
                _make_schema(connection)
                make(PostgresTransaction(connection))
            connection.execute("COMMIT")

        self._repeated(attempt)

    def close(self) -> None:
        """Let go of the connection."""
        with self._turn:
            self._connection.close()

    def _repeated(self, attempt: Callable[[Connection], T]) -> T:
        """Do it until it is done or the database refuses; what is done again left no trace."""
        with self._turn:
            for pause in _PAUSES:
                with suppress(_Again):
                    return self._once(attempt)
                time.sleep(pause)
            try:
                return self._once(attempt)
            except _Again as again:
                raise StoreError(sentence(self.place, again.cause)) from again.__cause__

    def _once(self, attempt: Callable[[Connection], T]) -> T:
        """Do it on a connection that works; nothing of it is open afterwards. Raises _Again."""
        try:
            if self._lost():
                self._connection = self._open()
            try:
                return attempt(self._connection)
            except BaseException:
                with suppress(psycopg.Error):
                    self._connection.execute("ROLLBACK")
                raise
        except psycopg.Error as error:
            if self._lost():
                raise _Again(NOTHING_WRITTEN) from error
            if may_work_again(error):
                raise _Again(BUSY) from error
            raise explained(self.place, error) from error
        except (zlib.error, msgspec.DecodeError) as error:
            raise StoreError(sentence(self.place, DAMAGED, str(error)), damaged=True) from error

    def _keep(self, connection: Connection, number: str) -> None:
        """Commit. A connection that is lost here leaves open whether it was done: ask."""
        try:
            connection.execute("COMMIT")
        except psycopg.Error as error:
            if not self._lost():
                raise
            if not self._was_kept(number):
                raise _Again(NOTHING_WRITTEN) from error

    def _was_kept(self, number: str) -> bool:
        """What became of a transaction whose connection was lost. Raises StoreError in doubt."""
        for pause in _PAUSES:
            with suppress(psycopg.Error):
                if self._lost():
                    self._connection = self._open()
                with self._connection.transaction():
                    # It may be going on: its lock is waited for, so that it has ended then.
                    self._connection.execute(_TURN)
                    return bool(_one(self._connection.execute(_OUTCOME, (number,))) == "committed")
            time.sleep(pause)
        raise StoreError(sentence(self.place, IN_DOUBT))

    def _lost(self) -> bool:
        return bool(self._connection.closed)

    def _open(self) -> Connection:
        connection = psycopg.connect(
            self._address.url.reveal(), autocommit=True, client_encoding="UTF8"
        )
        patience = f"{round(self._patience * 1000)}ms"
        try:
            connection.execute(_SETTINGS, {"schema": SCHEMA, "patience": patience})
            connection.execute(_DURABLE)
        except BaseException:
            connection.close()
            raise
        return connection

    def _unreachable(self, error: psycopg.Error) -> StoreError:
        """Say what the driver said, without the login that it names."""
        said = " ".join(str(error).split())
        if self._address.user:
            said = said.replace(f'"{self._address.user}"', "***")
        return StoreError(sentence(self.place, UNREACHABLE, said))


def _is_empty(connection: Connection) -> bool:
    kept = "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace(%s)"
    return bool(_one(connection.execute(kept, (SCHEMA,))) == 0)


def _make_schema(connection: Connection) -> None:
    """Make the schema where it is absent; a login that may make none may be given an empty one."""
    if _one(connection.execute("SELECT to_regnamespace(%s)", (SCHEMA,))) is None:
        connection.execute("CREATE SCHEMA weft")


def _one(cursor: psycopg.Cursor[tuple[Any, ...]]) -> Any:
    row = cursor.fetchone()
    return row[0] if row else None
