"""Connections, one per thread, each set up so that statements mean the same on every server."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from weft.warehouses.postgres.entering import unreachable
from weft.warehouses.postgres.errors import NAME_TOO_LONG, explained
from weft.warehouses.postgres.purpose import APPLICATION
from weft.warehouses.postgres.target import Target, driver
from weft.warehouses.protocol import WarehouseError

OLDEST_VERSION = 15

# Nothing of what a statement means is left to the server's configuration.
SET_UP = """
SET TIME ZONE 'UTC';
SET search_path = pg_catalog, pg_temp;
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET standard_conforming_strings = on;
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'postgres';
SET bytea_output = 'hex';
SET extra_float_digits = 1;
SET xmloption = content;
SET client_min_messages = notice;
SET row_security = on
"""

# What the store is told is published must still be so after the server was killed.
_DURABLE = """
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') = 'off'
"""

# Nobody works between two statements: a program that was stopped there, or whose host is gone,
# must not keep everybody waiting who wants to build the same.
_IDLE = "SET idle_in_transaction_session_timeout = '60s'"

# So the work of a program that was killed ends too, and nobody waits for it. Servers on systems
# that cannot tell refuse this.
_WATCH_CLIENT = "SET client_connection_check_interval = '1s'"


class Connections:
    """Opens a connection when a thread first needs one, and a new one when that was lost."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._local = threading.local()
        self._guard = threading.Lock()
        self._open: list[Any] = []

    def mine(self) -> Any | None:
        """Return this thread's connection, None when there is none, or when it was lost."""
        connection = getattr(self._local, "connection", None)
        return None if connection is None or connection.closed else connection

    def connected(self) -> Any:
        """Return this thread's connection, a new one if need be. Raises WarehouseError."""
        connection = self.mine()
        if connection is None:
            connection = self._local.connection = self._connect()
            self._local.application = APPLICATION
            with self._guard:
                self._open = [each for each in self._open if not each.closed] + [connection]
        return connection

    @property
    def application(self) -> str:
        """What this thread's connection calls itself, "" where there is none."""
        return getattr(self._local, "application", "") if self.mine() is not None else ""

    @application.setter
    def application(self, name: str) -> None:
        self._local.application = name

    def cut_name(self) -> str:
        """Say once which name the server cut off, which it does without an error."""
        told: str = getattr(self._local, "cut", "")
        self._local.cut = ""
        return told

    def close(self) -> None:
        """Close all connections; they open again when they are needed."""
        with self._guard:
            found, self._open = self._open, []
            self._local = threading.local()
        for connection in found:
            connection.close()

    def _noticed(self, notice: Any) -> None:
        if notice.sqlstate == NAME_TOO_LONG:
            self._local.cut = notice.message_primary

    def _connect(self) -> Any:
        psycopg, target = driver(self.target), self.target
        try:
            connection = psycopg.connect(
                **target.revealed(),
                application_name=APPLICATION,
                autocommit=True,
                prepare_threshold=None,
            )
        except psycopg.Error as error:
            raise unreachable(error, target.place) from error
        if connection.info.server_version < OLDEST_VERSION * 10000:
            connection.close()
            raise WarehouseError(
                f"{target.place} is a server older than PostgreSQL {OLDEST_VERSION}; set `host` "
                "there to a newer one",
                denied=True,
            )
        try:
            connection.execute("; ".join((SET_UP, _DURABLE, _IDLE)))
            with suppress(psycopg.DataError):
                connection.execute(_WATCH_CLIENT)
        except psycopg.Error as error:
            raise explained(error, target.place) from error
        connection.add_notice_handler(self._noticed)
        return connection
