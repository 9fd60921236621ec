"""Connections by ADBC, which move rows as Arrow streams; their errors are ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from weft.warehouses.postgres.connections import SET_UP
from weft.warehouses.postgres.errors import Interrupted, server_words, told
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.signals import ended_by_signals
from weft.warehouses.postgres.target import Target
from weft.warehouses.protocol import Unmeasurable, WarehouseError

_SCHEMA_OPTION = "adbc.ingest.target_db_schema"
_TABLE_OPTION = "adbc.ingest.target_table"
_MODE_OPTION = "adbc.ingest.mode"
_APPEND = "adbc.ingest.mode.append"


@contextmanager
def connected(sessions: Sessions, *settings: str) -> Iterator[Connection]:
    """Open a connection that is set up as all are, and then by these statements of its own."""
    with ExitStack() as closing:
        connection = Connection(sessions.target, sessions.purpose.application, closing)
        closing.enter_context(sessions.stopping.stoppable(connection.cancel))
        closing.enter_context(ended_by_signals(connection.cancel))
        for statement in (*SET_UP.split(";"), *settings):
            connection.run(statement)
        connection.commit()
        yield connection


def drivers(target: Target) -> tuple[Any, Any]:
    """Import what moves Arrow streams: its manager, and the driver. Raises WarehouseError."""
    try:
        import adbc_driver_manager
        import adbc_driver_postgresql
    except ImportError as error:
        raise WarehouseError(
            f"{target.place} needs adbc-driver-postgresql, which is not installed; run: "
            "pip install 'weft[postgres]'",
            denied=True,
        ) from error
    return adbc_driver_manager, adbc_driver_postgresql


class Connection:
    """A connection by ADBC, in one transaction after the other. Its errors are ours."""

    def __init__(self, target: Target, application: str, closing: ExitStack) -> None:
        from psycopg.conninfo import make_conninfo

        self._target = target
        self._adbc, driver = drivers(target)
        text = make_conninfo(**target.revealed(), application_name=application)
        with self._explaining():
            database = closing.enter_context(driver.connect(text))
            self._connection = closing.enter_context(self._adbc.AdbcConnection(database))
            self._connection.set_autocommit(False)

    def run(self, statement: str) -> int:
        """Run one statement; return how many rows it made."""
        with self._statement() as prepared:
            prepared.set_sql_query(statement)
            return int(prepared.execute_update())

    def value(self, select: str) -> Any:
        """Return the one value that a SELECT gives."""
        from arro3.core import RecordBatchReader

        with self._statement() as prepared:
            prepared.set_sql_query(select)
            handle, _ = prepared.execute_query()
            batch = RecordBatchReader.from_stream(handle).read_next_batch()
            return batch.column(0)[0].as_py()

    def stream(self, select: str, closing: ExitStack) -> Any:
        """Return the rows of a SELECT as an Arrow stream that is valid until `closing` closes."""
        prepared = closing.enter_context(self._statement())
        prepared.set_sql_query(select)
        return prepared.execute_query()[0]

    def ingest(self, schema: str, name: str, stream: Any) -> int:
        """Write all rows of an Arrow stream to a table; return how many.

        A value that cannot be written has no code, as a lost connection has none.
        """
        try:
            with self._adbc.AdbcStatement(self._connection) as prepared:
                prepared.set_options(
                    **{_SCHEMA_OPTION: schema, _TABLE_OPTION: name, _MODE_OPTION: _APPEND}
                )
                prepared.bind_stream(stream)
                return int(prepared.execute_update())
        except self._adbc.Error as error:
            explained = self._explained(error)
            if isinstance(explained, Interrupted) and not self.is_lost():
                told = f"a value could not be written: {server_words(str(error))}"
                raise Unmeasurable(told) from error
            raise explained from error

    def commit(self) -> None:
        """End the transaction."""
        with self._explaining():
            self._connection.commit()

    def is_lost(self) -> bool:
        """Whether the server does not answer any more; ends the transaction."""
        try:
            with self._explaining():
                self._connection.rollback()
            self.run("SELECT 1")
        except WarehouseError:
            return True
        return False

    def cancel(self) -> None:
        """Stop what runs; called from another thread."""
        self._connection.cancel()

    @contextmanager
    def _statement(self) -> Iterator[Any]:
        with self._explaining(), self._adbc.AdbcStatement(self._connection) as prepared:
            yield prepared

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except self._adbc.Error as error:
            raise self._explained(error) from error

    def _explained(self, error: Any) -> WarehouseError:
        return told(error.sqlstate or "", server_words(str(error)), self._target.place)
