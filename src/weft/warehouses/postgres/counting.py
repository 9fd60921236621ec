"""Read the tables of a place: which release its pointer names, and how many rows builds have.

Rows have the number of the transaction that wrote them. Those of a table come from one, which its
mark names, so that rows are seen to be changed although there are as many as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weft.mesh.release import Release
from weft.warehouses.postgres.catalog import Located, relation
from weft.warehouses.postgres.errors import Corrupted
from weft.warehouses.postgres.inspection import Inspection, RelationFound
from weft.warehouses.postgres.names import POINTER, RELEASES, Place
from weft.warehouses.postgres.released import Released
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.subjects import Counted, Left

_NUMBER = "SELECT number FROM {0}"
_ROWS = "SELECT count(*), count(*) FILTER (WHERE xmin <> CAST('{1}' AS xid)) FROM {0}"
# Where nobody knows any more which one wrote them, it was at least the same one.
_ROWS_ALIKE = (
    "SELECT count(*), count(*) FILTER (WHERE xmin <> (SELECT xmin FROM {0} LIMIT 1)) FROM {0}"
)
_UNREADABLE = "cannot be read"


class Counting:
    """Looks into tables, in so far as they are still ours to read."""

    def __init__(self, sessions: Sessions, released: Released) -> None:
        self._sessions = sessions
        self._released = released

    def releases(self, place: Place, there: Inspection) -> Mapping[int, Release] | None:
        """Read what a place keeps under the number of each release; None where it is not ours."""
        if (place.internal, RELEASES) not in there.relations:
            return {}
        readable = all(there.is_readable(place, name) for name in (POINTER, RELEASES))
        return self._released.numbered(place) if readable else None

    def counted(self, left: Left, there: Inspection, *, content: bool) -> Counted:
        """Read what can be read; of builds without `content` only whether they have any rows."""
        place = left.place
        number: int | None = None
        if there.is_readable(place, POINTER):
            rows = self._sessions.ask(_NUMBER.format(relation(place.internal, POINTER)))
            number = rows[0][0] if rows else 0
        counted: dict[str, str] = {}
        sharing: dict[str, tuple[str, ...]] = {}
        for found in (*left.builds.values(), *left.copies.values()):
            if found is None or found.build.is_view or found.mark.damaged:
                continue
            key = found.build.key
            tables = tuple(self._tables(found, left, there, content=content))
            changed = [name for name, rows, wanted in tables if rows != str(wanted)]
            if not found.mark.layers and tables:
                counted[key] = tables[0][1]
            elif changed:
                told = (f"{rows} in {name}" for name, rows, _ in tables if name in changed)
                counted[key] = ", ".join(told)
                sharing[key] = _sharing(key, changed, there)
        return Counted(number, counted, sharing)

    def _tables(
        self, found: Located, left: Left, there: Inspection, *, content: bool
    ) -> Iterator[tuple[str, str, int]]:
        """Yield the tables of a build that lie in the place: the name, the rows in words, as left.

        Those of a build that grows are its layers, which may lie where it grew from.
        """
        layers = found.mark.layers.layers if found.mark.layers else ()
        wanted = [(found.name, found.build.rows)] if not layers else []
        for layer in layers:
            wanted.append((layer.table, layer.rows))
            if layer.keys:
                wanted.append((layer.keys, layer.gone))
        for name, rows in wanted:
            at = there.relations.get((found.schema, name))
            if at and at.kind == "r" and not at.bytes:
                yield name, "0", rows
            elif at and content and at.kind == "r" and there.is_readable(left.place, name):
                yield name, self._rows(at), rows

    def _rows(self, at: RelationFound) -> str:
        statement = _ROWS if at.transaction else _ROWS_ALIKE
        named = relation(at.schema, at.name)
        try:
            rows, others = self._sessions.ask(statement.format(named, at.transaction))[0]
        except Corrupted:
            return _UNREADABLE
        return f"{rows}, {others} of them changed" if others else str(rows)


def _sharing(key: str, tables: list[str], there: Inspection) -> tuple[str, ...]:
    """The keys of other builds in the place that have one of these tables."""
    return tuple(
        found.build.key
        for found in (each.mark for each in there.relations.values())
        if found.build and found.layers and found.build.key != key
        if any(name in tables for layer in found.layers.layers for name in layer.tables)
    )
