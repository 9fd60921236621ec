"""How statements run: alone or in transactions, as whom, for whom, and behind which locks."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from weft.sql.postgres import quote, string
from weft.warehouses.postgres.connections import Connections
from weft.warehouses.postgres.errors import LOCK_NOT_AVAILABLE, Interrupted, Refused, explained
from weft.warehouses.postgres.purpose import Purpose
from weft.warehouses.postgres.stopping import Stopping
from weft.warehouses.postgres.target import Target, driver
from weft.warehouses.protocol import Unmeasurable, WarehouseError

Row = tuple[Any, ...]
Parameters = Sequence[Any]

# In milliseconds. Who waits for a lock makes everybody wait who comes after him, so at first it is
# not for long; but longer with every try, or else a port that somebody reads at any time could
# never be changed.
LONGER_AND_LONGER = (200, 200, 400, 800, 1600, 3200, *([5000] * 20))

# Who holds several locks must not wait longer than the server does before it looks for a
# deadlock, which it might end at a reader's cost.
SHORT = (200, 200, 400, *([800] * 60))

# For transactions that look a few rows up among very many: by an index, which servers take for
# dearer than it is on any disk of today, and without writing what they sort to disk. Where the
# server was given more, that stays.
LOOKING_UP = """
SELECT set_config('random_page_cost', '1.1', true)
WHERE CAST(current_setting('random_page_cost') AS float8) > 1.1;
SELECT set_config('work_mem', '128MB', true)
WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('128MB')
"""

# A server keeps for each connection of which roles its login is a member. It may miss what is
# granted while it looks, and denies that role until it has looked for those of another one.
_LIST_ANEW = "ROLLBACK; SELECT pg_has_role('pg_monitor', 'pg_read_all_stats', 'MEMBER')"

# Whoever holds a lock works all the time; what waits for it must not wait for somebody asleep.
_NOT_IDLE = "SET idle_session_timeout = '60s'"
_IDLE_AGAIN = "RESET idle_session_timeout"

# "WEFT" as a number: the first half of the names of our locks.
LOCKS = 0x57454654


@dataclass(frozen=True)
class Described:
    """A column of a result: its name, the number of its type, and the modifier of that type.

    `size` are the digits of a numeric, and those behind the point, where its type says them.
    """

    name: str
    oid: int
    modifier: int
    size: tuple[int, int] | None = None


class Sessions:
    """Runs statements, each thread's on a connection of its own. Threads may call all methods."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.stopping = Stopping()
        self.purpose = Purpose()
        self._connections = Connections(target)
        self._local = threading.local()

    @contextmanager
    def on_behalf_of(self, product: str, run: str) -> Iterator[None]:
        """Work for a run: every statement of this thread says so, and can be stopped for good.

        The connection calls itself so until it works for another one.
        """
        self.purpose.product, self.purpose.run = product, run
        try:
            application = self.purpose.application
            if self._connections.application != application:
                self.ask(f"SET application_name = {string(application)}")
                self._connections.application = application
            yield
        finally:
            self.purpose.product = self.purpose.run = ""

    def commented(self, statement: str) -> str:
        """Put in front of a statement for whom it is."""
        return self.purpose.comment + statement

    def connection_number(self) -> int:
        """Return a number that this thread's connection alone has on the server."""
        number: int = self._connections.connected().info.backend_pid
        return number

    def ask(self, statement: str, parameters: Parameters = ()) -> list[Row]:
        """Run statements of our own and return the rows of the last; each commits by itself.

        Raises Unmeasurable when a statement is at fault, Interrupted when the connection was
        lost, Refused, or another WarehouseError.
        """
        cursor = self._execute(statement, parameters, alone=False)
        return cursor.fetchall() if cursor.description else []

    def ask_users(self, select: str) -> list[Row]:
        """Run one statement that holds a user's text; the server refuses any second one in it."""
        rows: list[Row] = self._execute(select, (), alone=True).fetchall()
        return rows

    def change_by_users(self, statement: str) -> int:
        """Run one statement that holds a user's text; return how many rows it made."""
        rows: int = self._execute(statement, (), alone=True).rowcount
        return rows

    def described(self, select: str) -> list[Described]:
        """Return the columns of a user's SELECT without running it."""
        nothing = " ".join(("SELECT * FROM (\n", select, '\n) AS "q" LIMIT 0'))
        with self.transaction("SET LOCAL transaction_read_only = on"):
            cursor = self._execute(nothing, (), alone=True)
        return [
            Described(
                each.name,
                each.type_code,
                cursor.pgresult.fmod(place),
                None if each.precision is None else (each.precision, each.scale),
            )
            for place, each in enumerate(cursor.description)
        ]

    @contextmanager
    def transaction(self, first: str = "") -> Iterator[None]:
        """Make what this thread asks in the meantime one transaction. Raises as `ask` does.

        `first` are statements that it begins with.
        """
        try:
            self._connections.connected()
            _begin(self.ask, first)
            self._local.within = True
            yield
            self.ask("COMMIT")
        except BaseException:
            self._local.within = False
            # One that was lost has taken its transaction along.
            if self._connections.mine() is not None:
                with suppress(WarehouseError):
                    self.ask("ROLLBACK")
            raise
        finally:
            self._local.within = False

    @contextmanager
    def acting_as(self, role: str, first: str = "") -> Iterator[None]:
        """Make one transaction, with the rights of a role alone.

        `first` are statements that it begins with.
        """
        with self.transaction(f"SET LOCAL ROLE {quote(role)}; {first}"):
            yield

    def patiently(
        self, work: Callable[[str], None], waits: Sequence[int] = LONGER_AND_LONGER
    ) -> None:
        """Do work that takes locks which readers may hold, again and again until it gets them.

        It is given the statement with which its transaction begins. Raises the last error when
        the readers never let go.
        """
        for wait in waits:
            try:
                work(lock_timeout(wait))
                return
            except Refused as refused:
                if refused.code != LOCK_NOT_AVAILABLE:
                    raise
            self.stopping.wait(wait / 2000)
        work(lock_timeout(waits[-1]))

    def together(
        self,
        statements: Sequence[str],
        role: str = "",
        waits: Sequence[int] = LONGER_AND_LONGER,
    ) -> None:
        """Run statements in one transaction, patiently; `role` is what sets its role, if any."""

        def work(first: str) -> None:
            with self.transaction(f"{first}; {role}" if role else first):
                for statement in statements:
                    self.ask(statement)

        self.patiently(work, waits)

    @contextmanager
    def locked(self, name: str, *, shared: bool = False) -> Iterator[None]:
        """Hold a lock of the server by its name, until the connection is lost at the latest.

        A program that was stopped while it holds one loses its connection, and with it the lock.
        """
        kind = "_shared" if shared else ""
        key = (LOCKS, signed(name))
        self.ask(f"SELECT pg_advisory_lock{kind}(%s, %s)", key)
        try:
            self.ask(_NOT_IDLE)
            yield
        finally:
            with suppress(WarehouseError):
                self.ask(f"SELECT pg_advisory_unlock{kind}(%s, %s)", key)
                self.ask(_IDLE_AGAIN)

    def close(self) -> None:
        """Close all connections; they open again when they are needed."""
        self._connections.close()

    def _execute(self, statement: str, parameters: Parameters, *, alone: bool) -> Any:
        """Run statements; return the cursor with the rows of the last."""
        psycopg = driver(self.target)
        if getattr(self._local, "within", False) and self._connections.mine() is None:
            raise Interrupted(f"{self.target.place}: the connection was lost")
        connection = self._connections.connected()
        text = self.commented(statement)
        working = text != statement
        with self.stopping.stoppable(lambda: _cancel(psycopg, connection), work=working):
            try:
                cursor = connection.cursor(binary=alone)
                cursor.execute(text, parameters or None)
                while cursor.nextset():
                    pass
            except psycopg.Error as error:
                raise explained(error, self.target.place) from error
        if cut := self._connections.cut_name():
            raise Unmeasurable(cut)
        return cursor


def lock_timeout(milliseconds: int) -> str:
    """Return the statement that says how long a transaction waits for locks."""
    return f"SET LOCAL lock_timeout = {milliseconds}"


def signed(name: str) -> int:
    """Return the second half of the name of a lock, which has a sign."""
    number = zlib.crc32(name.encode())
    return number - (1 << 32) if number >> 31 else number


def _begin(ask: Callable[[str], object], first: str) -> None:
    """Begin a transaction, once more where the connection may not know of a role yet."""
    try:
        ask(f"BEGIN; {first}")
    except WarehouseError as error:
        if not error.denied:
            raise
        ask(_LIST_ANEW)
        ask(f"BEGIN; {first}")


def _cancel(psycopg: Any, connection: Any) -> None:
    """Ask the server to stop what a connection runs; it may have ended or be gone meanwhile."""
    with suppress(psycopg.Error):
        connection.cancel_safe(timeout=5)
