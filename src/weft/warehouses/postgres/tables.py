"""Read tables and views that others made, all as of one moment, and keep what they hold.

What they are made of is not trusted: a view may run anything, so reading can change nothing, and
only the rows of plain tables are stored without leaving the server.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from weft.mesh.manifest import Column
from weft.mesh.nearest import did_you_mean
from weft.sql.postgres import quote, string
from weft.warehouses.answering import Answer
from weft.warehouses.postgres.adbc import Connection, connected
from weft.warehouses.postgres.catalog import Located, relation
from weft.warehouses.postgres.copying import Copier
from weft.warehouses.postgres.incoming import Incoming
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.leaving import Leaving, typed
from weft.warehouses.postgres.marks import Mark
from weft.warehouses.postgres.names import Names, build_name
from weft.warehouses.postgres.once import once
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.queries import answered
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.table_types import ReadColumn, reading_of
from weft.warehouses.protocol import Origin, Outcome, Table, WarehouseError

_FIXED = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
_READ_ONLY = f"{_FIXED}, READ ONLY"

_RELATION = """
SELECT has_schema_privilege(n.oid, 'USAGE'), c.oid::bigint, c.relkind::text, c.relrowsecurity,
 session_user::text
FROM pg_namespace AS n LEFT JOIN pg_class AS c
 ON c.relnamespace = n.oid AND c.relname = %s AND c.relkind IN ('r', 'p', 'm', 'v', 'f')
WHERE n.nspname = %s
"""
# A domain has the values of the type that it is made of.
_COLUMNS = """
WITH RECURSIVE typed AS (
 SELECT attrelid, attnum, attname, atttypid AS kind, atttypmod AS size
 FROM pg_attribute WHERE attrelid = %s::oid AND attnum > 0 AND NOT attisdropped
 UNION ALL
 SELECT attrelid, attnum, attname, t.typbasetype, t.typtypmod
 FROM typed JOIN pg_type AS t ON t.oid = typed.kind WHERE t.typtype = 'd'
)
SELECT attname, format_type(kind, size), has_column_privilege(attrelid, attnum, 'SELECT')
FROM typed JOIN pg_type AS t ON t.oid = typed.kind WHERE t.typtype <> 'd' ORDER BY attnum
"""
_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'"
_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = to_regnamespace(%s) AND relkind IN ('r', 'p', 'm', 'v', 'f')
"""

_PLAIN = ("r", "p", "m")


@dataclass(frozen=True)
class _Found:
    """A table as it is read; `is_plain` says that reading it runs nothing of anybody's."""

    table: Table
    columns: tuple[ReadColumn, ...]
    is_plain: bool

    @property
    def source(self) -> str:
        """Its quoted name."""
        return relation(self.table.schema, self.table.name)


class Tables:
    """Finds tables, and looks at them."""

    def __init__(
        self, sessions: Sessions, known: Known, places: Places, copier: Copier, names: Names
    ) -> None:
        self._sessions = sessions
        self._known = known
        self._places = places
        self._copier = copier
        self._names = names

    def as_read(self, table: Table) -> Table:
        """Return a table with the types in which it is read. Raises WarehouseError."""
        found = self.found(table)
        return replace(
            table, columns=tuple(Column(each.name, each.native) for each in found.columns)
        )

    @contextmanager
    def moment(self) -> Iterator[Moment]:
        """Look at tables as of one moment, on a connection that can change nothing."""
        with connected(self._sessions) as connection:
            connection.run(_READ_ONLY)
            yield Moment(self, connection)

    def found(self, table: Table) -> _Found:
        """Look a table up in the catalogue. Raises WarehouseError."""
        name = f"{relation(table.schema, table.name)} in {self._sessions.target.place}"
        self._refuse_internal(table, name)
        kind, oid, is_filtered = self._relation(table, name)
        stored = {
            column: (native, readable)
            for column, native, readable in self._sessions.ask(_COLUMNS, (oid,))
        }
        for column in table.columns:
            if column.name not in stored:
                near = did_you_mean(column.name, stored, "see how the database calls it")
                raise WarehouseError(f"{name} has no column `{column.name}`; {near}", denied=True)
            if not stored[column.name][1]:
                raise _not_allowed(name, f"column `{column.name}`")
        try:
            columns = tuple(reading_of(each, stored[each.name][0]) for each in table.columns)
        except WarehouseError as error:
            raise WarehouseError(f"{name}: {error}", denied=True) from error
        return _Found(table, columns, kind in _PLAIN and not is_filtered)

    def kept(self, found: _Found, key: str, origin: Origin, snapshot: str) -> Outcome:
        """Store the rows of a plain table as of a snapshot, unless there is such a build."""

        def make(_: Located | None) -> Located:
            place = self._places.prepared(self._names.place(origin.product, origin.environment))
            draft = Located(place.internal, build_name(key), Mark(build=origin.build(key)))
            columns = [Incoming(each.name, each.native, each.native) for each in found.columns]
            listed = ", ".join(f"{each.value} AS {quote(each.name)}" for each in found.columns)
            select = " ".join(("SELECT", listed, "FROM", found.source))
            first = (_FIXED, f"SET TRANSACTION SNAPSHOT {string(snapshot)}")
            return self._copier.insert(select, columns, draft, place, first)

        made, was_there = once(self._known, self._copier, key, make)
        return Outcome.of(made.build, reused=was_there)

    def _relation(self, table: Table, name: str) -> tuple[str, int, bool]:
        """The kind and number of a table, and whether policies filter its rows."""
        known = self._sessions.ask(_RELATION, (table.name, table.schema))
        if not known:
            schemas = [each for (each,) in self._sessions.ask(_SCHEMAS)]
            near = did_you_mean(table.schema, schemas, f"there is {', '.join(sorted(schemas))}")
            raise WarehouseError(f"{name}: there is no such schema; {near}", denied=True)
        [(may_use, oid, kind, is_filtered, login)] = known
        if not may_use:
            raise WarehouseError(
                f"{name}: login `{login}` may not use that schema; its owner runs GRANT USAGE ON "
                f"SCHEMA {quote(table.schema)} TO {quote(login)}",
                denied=True,
            )
        if oid is None:
            asked = self._sessions.ask(_TABLES, (quote(table.schema),))
            near = did_you_mean(table.name, [each for (each,) in asked], "the schema has others")
            raise WarehouseError(f"{name}: there is no such table or view; {near}", denied=True)
        return kind, oid, is_filtered

    def _refuse_internal(self, table: Table, name: str) -> None:
        """What Weft made is read by ports, and what the server keeps for itself is no data."""
        if table.schema.startswith("pg_") or table.schema == "information_schema":
            raise WarehouseError(f"{name} is the server's own and no source", denied=True)
        if table.schema in self._known.catalog.schemas.marked():
            raise WarehouseError(
                f"{name} was made by Weft; read the port as an input port instead", denied=True
            )


class Moment:
    """Tables as they are at one moment. A statement that fails ends it."""

    def __init__(self, tables: Tables, connection: Connection) -> None:
        self._tables = tables
        self._connection = connection

    def content(self, table: Table) -> str:
        """Return a hash of the rows of a table, whatever their order. Raises WarehouseError."""
        return self.value(_content(self._tables.found(table)))

    def rows(self, table: Table) -> Answer:
        """Return the rows of a table as an Arrow stream. Raises WarehouseError."""
        found = self._tables.found(table)
        values = [each.leaving for each in found.columns]
        listed = ", ".join(
            f"{value.expression} AS {quote(column.name)}"
            for value, column in zip(values, found.columns, strict=True)
        )
        names = tuple(each.name for each in found.columns)
        return self._answer(" ".join(("SELECT", listed, "FROM", found.source)), names, values)

    def keep(self, table: Table, key: str, origin: Origin) -> Outcome | None:
        """Store the rows of a plain table here; None for any other one. Raises WarehouseError."""
        found = self._tables.found(table)
        if not found.is_plain:
            return None
        snapshot = self.value("SELECT pg_export_snapshot()")
        return self._tables.kept(found, key, origin, snapshot)

    def value(self, select: str) -> str:
        """Ask for one text. Raises WarehouseError."""
        from arro3.core import RecordBatchReader

        with self._answer(select, ("value",), ()) as answer:
            batch = RecordBatchReader.from_stream(answer).read_next_batch()
            return str(batch.column(0)[0].as_py())

    def _answer(self, select: str, names: tuple[str, ...], values: Sequence[Leaving]) -> Answer:
        with ExitStack() as opened:
            stream = typed(self._connection.stream(select, opened), values)
            return answered(names, stream, self._connection, opened.pop_all())


def _content(found: _Found) -> str:
    """The number of rows, and two sums of what their texts hash to.

    Two tables with the same rows have the same sums, in whatever order they give them.
    """
    values = ", ".join(each.value for each in found.columns)
    text = f"md5(CAST(ROW({values}) AS text))"
    sums = " || ' ' || ".join(
        f"coalesce(CAST(sum(CAST(CAST('x' || substr(hash, {first}, 16) AS bit(64)) AS bigint))"
        " AS text), '')"
        for first in (1, 17)
    )
    hashed = " ".join(("(SELECT", text, "AS hash FROM", found.source, ") AS hashed"))
    return " ".join(("SELECT CAST(count(*) AS text) || ' ' ||", sums, "FROM", hashed))


def _not_allowed(name: str, what: str) -> WarehouseError:
    return WarehouseError(
        f"{name}: {what} may not be read; its owner runs GRANT SELECT ON the table TO our login",
        denied=True,
    )
