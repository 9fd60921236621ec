"""Make a table or a view of a SELECT, and mark it in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from weft.warehouses.postgres.catalog import Catalog, Located
from weft.warehouses.postgres.marks import marking
from weft.warehouses.postgres.names import Place
from weft.warehouses.postgres.sessions import Sessions


def made_by(draft: Located, select: str, *, is_there: bool = False) -> list[str]:
    """Return the statements that make a build or a source of a SELECT.

    With `is_there` it is, but has lost its data: it is filled again, because views may read it.
    """
    target = draft.relation
    if draft.build.is_view:
        create = "CREATE OR REPLACE VIEW" if is_there else "CREATE VIEW"
        return [" ".join((create, target, "AS\n", select))]
    if is_there:
        filled = [f"TRUNCATE {target}", " ".join(("INSERT INTO", target, "\n", select))]
    else:
        filled = [" ".join(("CREATE TABLE", target, "AS\n", select))]
    # Without statistics a few small builds in one view look so large to the planner that it
    # compiles every query on them, which takes longer than anything else.
    return [*filled, f"ANALYZE {target}"]


class Maker:
    """Runs what `made_by` gives, with the rights of a place."""

    def __init__(self, sessions: Sessions, catalog: Catalog) -> None:
        self._sessions = sessions
        self._catalog = catalog

    def make(self, draft: Located, place: Place, statements: Iterable[str]) -> Located:
        """Make a build or a source and mark it; return it complete. Raises WarehouseError."""
        sessions, target = self._sessions, draft.relation
        build = draft.build
        with sessions.acting_as(place.internal_owner):
            rows = max(sessions.change_by_users(each) for each in statements)
            stored = self._catalog.stored(target)
            rows = 0 if build.is_view else rows
            build = replace(build, columns=stored.columns, rows=rows, bytes=stored.bytes)
            made = draft.completed(build, stored.transaction)
            sessions.ask(marking(draft.kind, target, made.mark))
        return made
