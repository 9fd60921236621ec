"""Make tables of Arrow streams and of SELECTs, each in one transaction that marks it too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from weft.mesh.manifest import Column
from weft.sql.postgres import quote, string
from weft.warehouses.postgres.adbc import Connection, connected
from weft.warehouses.postgres.catalog import Located, Placed, given_up, refuse_strange
from weft.warehouses.postgres.incoming import Incoming
from weft.warehouses.postgres.layer_tables import drop
from weft.warehouses.postgres.marks import marking, read_mark
from weft.warehouses.postgres.names import Place, scratch_name
from weft.warehouses.postgres.sessions import Sessions


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
    indexes = (
        f"CREATE INDEX ON {target} USING brin ({quote(each.name)})"
        for each in columns
        if each.ranged
    )
    return [f"CREATE TABLE {target} ({listed})", *retyped, *indexes, f"ANALYZE {target}"]


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

        `draft` says which, and what is known of it. The stream has the columns in their order, in
        the types in which they are written. `check` is called when all is read. Nothing is left
        when anything fails. Raises WarehouseError.
        """
        with connected(self._sessions) as connection:

            def fill(table: Placed) -> int:
                rows = connection.ingest(table.schema, table.name, stream)
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
        with connected(self._sessions) as connection:
            for statement in first:
                connection.run(statement)

            def fill(table: Placed) -> int:
                connection.run("RESET ROLE")
                rows = connection.run(" ".join(("INSERT INTO", table.relation, select)))
                connection.run(f"SET LOCAL ROLE {quote(place.internal_owner)}")
                return rows

            return self._made(connection, columns, draft, place, fill)

    def _made(
        self,
        connection: Connection,
        columns: Sequence[Incoming],
        draft: Located,
        place: Place,
        fill: Callable[[Placed], int],
    ) -> Located:
        """Make a table, fill it, which says how many rows that were, and mark it.

        One that has lost its data and is there still is read by views, so that it stays.
        """
        target = draft.relation
        connection.run(self._sessions.commented(f"SET LOCAL ROLE {quote(place.internal_owner)}"))
        again = _is_given_up(connection, target)
        table = Placed(draft.schema, scratch_name(draft.name, "again")) if again else draft
        first, *rest = made_by(table.relation, columns)
        connection.run(first)
        rows = fill(table)
        for statement in (*rest, *(_put_into(target, table.relation) if again else ())):
            connection.run(statement)
        size = int(connection.value(f"SELECT pg_total_relation_size({string(target)}::regclass)"))
        transaction = int(connection.value("SELECT pg_current_xact_id()::text"))
        stored = tuple(Column(each.name, each.native) for each in columns)
        build = replace(draft.build, columns=stored, rows=rows, bytes=size)
        made = draft.completed(build, transaction)
        connection.run(marking("TABLE", target, made.mark))
        connection.commit()
        return made

    def discard(self, found: Located) -> None:
        """Remove what has lost its data, or note that it has where views read it.

        Raises WarehouseError, where it is a stranger's too.
        """
        refuse_strange(found, self._sessions.target.place)
        if not drop(self._sessions, found, found.kind):
            self._sessions.ask(given_up(found))


def _is_given_up(connection: Connection, target: str) -> bool:
    comment = connection.value(f"SELECT obj_description(to_regclass({string(target)}), 'pg_class')")
    mark = read_mark(comment)
    return mark is not None and mark.damaged


def _put_into(target: str, table: str) -> tuple[str, ...]:
    """Return the statements that let a table have the rows of another one, which goes."""
    return (
        f"TRUNCATE {target}",
        " ".join(("INSERT INTO", target, "SELECT * FROM", table)),
        f"DROP TABLE {table}",
        f"ANALYZE {target}",
    )
