"""What is really there: releases, builds, and which of these have lost their data."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from weft.mesh.release import Observed
from weft.warehouses.hollow import hollow
from weft.warehouses.postgres.catalog import Catalog, Located, given_up
from weft.warehouses.postgres.errors import Corrupted
from weft.warehouses.postgres.released import Released
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.protocol import Scope, WarehouseError


class Observer:
    """Reads the catalogue. Only who asks for it looks into tables."""

    def __init__(self, sessions: Sessions, catalog: Catalog, released: Released) -> None:
        self._sessions = sessions
        self._catalog = catalog
        self._released = released

    def observe(self, scope: Scope) -> Observed:
        """Read what is there for the products in scope. Raises WarehouseError."""
        places = [self._released.names.place(each, scope.environment) for each in scope.products]
        readable, pointers = self._catalog.readable_and_pointers(each.internal for each in places)
        releases = {each.product: each for each in self._released.current(pointers)}
        readable.sort(key=lambda each: each.stranger == "")
        found = {each.build.key: each for each in readable}
        damaged = {key for key, each in found.items() if each.mark.damaged or each.stranger}
        wanted = scope.bases.union(*(each.bases for each in releases.values()))
        if scope.content:
            damaged |= self._without_content(found.values())
        else:
            named = scope.builds.union(*(each.keys for each in releases.values()))
            damaged |= self._catalog.emptied(_tables_behind(named | wanted, found))
        views = {key: each.build.needs for key, each in found.items()}
        gone = {need for needs in views.values() for need in needs if need not in found}
        lost = hollow(views, damaged | gone)
        builds = {key for key, each in found.items() if each.mark.build} - damaged
        bases = {key: found[key].build for key in wanted & builds}
        if scope.content:
            return Observed(releases, frozenset(builds.difference(lost)), bases=bases)
        return Observed(releases, frozenset(builds), lost, bases)

    def _without_content(self, readable: Iterable[Located]) -> set[str]:
        """Read all tables; return the keys of those that do not have their rows.

        They are marked, so that everybody sees it afterwards, from outside.
        """
        tables = [
            each
            for each in readable
            if not (each.build.is_view or each.mark.damaged or each.stranger)
        ]
        damaged = [each for each in tables if not self._has_its_rows(each)]
        for each in damaged:
            # A login that may not must do without.
            with suppress(WarehouseError):
                self._sessions.ask(given_up(each))
        return {each.build.key for each in damaged}

    def _has_its_rows(self, table: Located) -> bool:
        try:
            found = self._sessions.ask(" ".join(("SELECT count(*) FROM", table.relation)))
        except Corrupted:
            return False
        return bool(found[0][0] == table.build.rows)


def _tables_behind(keys: Iterable[str], found: dict[str, Located]) -> list[Located]:
    """Return the tables of these keys, and those that their views lead to."""
    reached: dict[str, Located] = {}
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key in found and key not in reached:
            reached[key] = found[key]
            waiting += found[key].build.needs
    return [each for each in reached.values() if not each.build.is_view]
