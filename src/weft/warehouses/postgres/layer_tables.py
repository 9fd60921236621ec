"""Tables of layers: they go when no build reads them any more, or else move to who does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set

from weft.warehouses.postgres.catalog import Placed, Shared
from weft.warehouses.postgres.errors import LOCK_NOT_AVAILABLE, STILL_NEEDED, Refused
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.names import Names
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.sessions import SHORT, Sessions, lock_timeout
from weft.warehouses.postgres.sharing import moved


class LayerTables:
    """The tables that builds which grow share with each other."""

    def __init__(self, sessions: Sessions, known: Known, places: Places, names: Names) -> None:
        self._sessions = sessions
        self._catalog = known.catalog
        self._places = places
        self._names = names

    def unread(self, gone: Iterable[Placed]) -> list[Shared]:
        """Return the tables that nothing reads once these are gone."""
        without = {(each.schema, each.name) for each in gone}
        return [each for each in self._catalog.layers() if each.readers <= without]

    def clear(self, schemas: Collection[str]) -> None:
        """Leave none in these schemas, where no build of theirs is left. Raises WarehouseError."""
        for each in self._catalog.layers():
            if each.schema not in schemas:
                continue
            if each.readers:
                self._give(each, {schema for schema, _ in each.readers})
            else:
                drop(self._sessions, each, "TABLE")

    def _give(self, table: Shared, readers: Set[str]) -> None:
        """Move a table to one of those who read it; they all go on reading."""
        places = [self._places.at(schema) for schema in sorted(readers)]
        heir, *others = sorted(places, key=lambda each: each.environment != self._names.production)
        self._sessions.together(moved(table, "TABLE", heir))
        for each in others:
            self._places.let_read(each.internal_owner, Placed(heir.internal, table.name))


def drop(sessions: Sessions, found: Placed, kind: str) -> bool:
    """Drop one thing, unless something else reads it or somebody does; say if it is gone."""
    try:
        with sessions.transaction(lock_timeout(SHORT[0])):
            sessions.ask(f"DROP {kind} IF EXISTS {found.relation}")
    except Refused as refused:
        if refused.code not in (STILL_NEEDED, LOCK_NOT_AVAILABLE):
            raise
        return False
    return True
