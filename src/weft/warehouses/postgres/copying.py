"""Store an Arrow stream in a table, batch by batch, in one transaction; the driver is ADBC.

What the driver cannot write as it is, the embedded engine writes in another form first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from weft.mesh.manifest import Column
from weft.sql.duckdb import quote as engine_quote
from weft.sql.postgres import DIALECT, quote, string
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.connections import APPLICATION, SET_UP
from weft.warehouses.postgres.errors import shortened, told
from weft.warehouses.postgres.marks import encoded
from weft.warehouses.postgres.names import Place
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.target import Target
from weft.warehouses.protocol import WarehouseError

# By the engine's types: the type of the column, and how a value is written for it.
_DIRECT = {
    "BOOLEAN": "boolean",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "BLOB": "bytea",
    "DATE": "date",
    "TIME": "time without time zone",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
}
_WIDENED = {
    "TINYINT": "SMALLINT",
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)",
    "HUGEINT": "DECIMAL(38,0)",
    "UHUGEINT": "DECIMAL(38,0)",
    "TIME_NS": "TIME",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_NS": "TIMESTAMP",
    '"NULL"': "VARCHAR",
}
_DOCUMENTS = ("list", "array", "struct", "map", "union")

_SCHEMA_OPTION = "adbc.ingest.target_db_schema"
_TABLE_OPTION = "adbc.ingest.target_table"
_MODE_OPTION = "adbc.ingest.mode"
_APPEND = "adbc.ingest.mode.append"


@dataclass(frozen=True)
class Incoming:
    """A column as it comes: its name, the engine's expression for it, and the table's type.

    `carrier` is the type in which it is written, which is cast to `native` afterwards.
    """

    name: str
    expression: str
    carrier: str
    native: str


def incoming(name: str, engine_type: Any, native: str = "") -> Incoming:
    """Return how a column of one of the engine's types is stored, as `native` if that is given."""
    kind, column = str(engine_type), engine_quote(name)
    wider = _WIDENED.get(kind, kind)
    if wider in _DIRECT or wider.startswith("DECIMAL("):
        carrier = _DIRECT.get(wider) or wider.replace("DECIMAL", "numeric")
        expression = column if wider == kind else f"CAST({column} AS {wider})"
        return Incoming(name, expression, carrier, _unless_same(native, carrier))
    if engine_type.id == "list" and str(engine_type.child) in _DIRECT:
        carrier = f"{_DIRECT[str(engine_type.child)]}[]"
        return Incoming(name, column, carrier, _unless_same(native, carrier))
    if engine_type.id in _DOCUMENTS or kind == "JSON":
        document = f"CAST(to_json({column}) AS VARCHAR)"
        return Incoming(name, document, "text", native or "jsonb")
    stored = "uuid" if kind == "UUID" else "text"
    text = f"CAST({column} AS VARCHAR)"
    return Incoming(name, text, "text", _unless_same(native or stored, "text"))


def _unless_same(native: str, carrier: str) -> str:
    """Return the carrier where the native type is only another spelling of it."""
    from weft.sql.types import canonical_type  # reads types with sqlglot, which observing spares

    same = not native or canonical_type(native, DIALECT) == canonical_type(carrier, DIALECT)
    return carrier if same else native


def made_by(target: str, columns: Sequence[Incoming]) -> list[str]:
    """Return the statements around a copy: one that makes the table, and what follows the rows."""
    listed = ", ".join(f"{quote(each.name)} {each.carrier}" for each in columns)
    casts = [
        f"ALTER COLUMN {quote(each.name)} TYPE {each.native} "
        f"USING CAST({quote(each.name)} AS {each.native})"
        for each in columns
        if each.native != each.carrier
    ]
    retyped = [" ".join(("ALTER TABLE", target, ", ".join(casts)))] if casts else []
    return [f"CREATE TABLE {target} ({listed})", *retyped, f"ANALYZE {target}"]


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


class Copier:
    """Fills new tables. Each copy has a connection of its own, which is closed at its end."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def copy(
        self,
        stream: Any,
        columns: Sequence[Incoming],
        draft: Located,
        place: Place,
        check: Callable[[], None] = lambda: None,
    ) -> Located:
        """Make a table of a stream's rows and mark it; return it complete.

        `draft` says which, and what is known of it. The stream has the columns in their order, as
        their expressions write them. `check` is called when all is read. Nothing is left when
        anything fails. Raises WarehouseError.
        """
        with self.connected() as connection:

            def fill() -> int:
                rows = connection.ingest(draft.schema, draft.name, stream)
                check()
                return rows

            return self._made(connection, columns, draft, place, fill)

    def insert(
        self,
        select: str,
        columns: Sequence[Incoming],
        draft: Located,
        place: Place,
        first: Sequence[str],
    ) -> Located:
        """Make a table of what a SELECT gives, with the rights of the login, and mark it.

        `first` are the statements that the transaction begins with. Raises WarehouseError.
        """
        with self.connected() as connection:
            for statement in first:
                connection.run(statement)

            def fill() -> int:
                connection.run("RESET ROLE")
                rows = connection.run(" ".join(("INSERT INTO", draft.relation, select)))
                connection.run(f"SET LOCAL ROLE {quote(place.internal_owner)}")
                return rows

            return self._made(connection, columns, draft, place, fill)

    def _made(
        self,
        connection: Connection,
        columns: Sequence[Incoming],
        draft: Located,
        place: Place,
        fill: Callable[[], int],
    ) -> Located:
        """Make a table, fill it, which says how many rows that were, and mark it."""
        target = draft.relation
        connection.run(self._sessions.commented(f"SET LOCAL ROLE {quote(place.internal_owner)}"))
        first, *rest = made_by(target, columns)
        connection.run(first)
        rows = fill()
        for statement in rest:
            connection.run(statement)
        size = int(connection.value(f"SELECT pg_total_relation_size({string(target)}::regclass)"))
        stored = tuple(Column(each.name, each.native) for each in columns)
        made = draft.completed(replace(draft.build, columns=stored, rows=rows, bytes=size))
        mark = string(encoded(made.mark))
        connection.run(" ".join(("COMMENT ON TABLE", target, "IS", mark)))
        connection.commit()
        return made

    def discard(self, found: Located) -> None:
        """Remove what has lost its data, so that it can be made again. Raises WarehouseError."""
        self._sessions.ask(f"DROP TABLE IF EXISTS {found.relation}")

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        with ExitStack() as closing:
            connection = Connection(self._sessions.target, closing)
            closing.enter_context(self._sessions.stopping.stoppable(connection.cancel))
            for statement in SET_UP.split(";"):
                connection.run(statement)
            connection.commit()
            yield connection


class Connection:
    """A connection by ADBC, in one transaction after the other. Its errors are ours."""

    def __init__(self, target: Target, closing: ExitStack) -> None:
        from psycopg.conninfo import make_conninfo

        self._target = target
        self._adbc, driver = drivers(target)
        text = make_conninfo(**target.revealed(), application_name=APPLICATION)
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
        """Write all rows of an Arrow stream to a table; return how many."""
        with self._statement() as prepared:
            prepared.set_options(
                **{_SCHEMA_OPTION: schema, _TABLE_OPTION: name, _MODE_OPTION: _APPEND}
            )
            prepared.bind_stream(stream)
            return int(prepared.execute_update())

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
        return told(error.sqlstate or "", shortened(str(error)), self._target.place)
