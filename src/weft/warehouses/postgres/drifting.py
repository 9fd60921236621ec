"""Find what was changed outside in the places of products, by the catalogue and, if asked, data."""

from __future__ import annotations

import re
from collections.abc import Mapping

from weft.mesh.drift import Drift
from weft.mesh.manifest import Column
from weft.mesh.release import Release
from weft.plan.drift import drifted
from weft.sql.postgres import quote, string
from weft.warehouses.postgres.catalog import Located, relation
from weft.warehouses.postgres.errors import Corrupted
from weft.warehouses.postgres.inspection import Inspection, inspected
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.marks import Mark, SchemaMark, read_mark
from weft.warehouses.postgres.names import POINTER, RELEASES, Place, build_name
from weft.warehouses.postgres.ports import Ports, View
from weft.warehouses.postgres.released import Released, shown_keys
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.watching import (
    Counted,
    Left,
    Subject,
    found_things,
    left_things,
)
from weft.warehouses.protocol import Scope, Unmeasurable
from weft.warehouses.shown import shown

# How the server writes which releases a branch of a view is for.
_NUMBERS = re.compile(r"= (?:ANY \(ARRAY\[([0-9, ]+)\]\)|([0-9]+))")

# The rows of a build come from one transaction, whose number each of them has.
_ROWS = "SELECT count(*), count(*) FILTER (WHERE xmin <> (SELECT xmin FROM {0} LIMIT 1)) FROM {0}"
_NUMBER = "SELECT number FROM {0}"
_OTHERWISE = "cannot be read"


class Drifting:
    """Looks at places of products. It goes by their names, because marks can be taken away."""

    def __init__(
        self, sessions: Sessions, known: Known, released: Released, ports: Ports, store: str
    ) -> None:
        self._sessions = sessions
        self._catalog = known.catalog
        self._released = released
        self._ports = ports
        self._store = store

    def drift(self, scope: Scope, recorded: Mapping[str, tuple[Release, ...]]) -> tuple[Drift, ...]:
        """Compare the places of products with what was left there. Raises WarehouseError."""
        found: list[Drift] = []
        for product in scope.products:
            if releases := recorded.get(product):
                left, there = self.subjects(releases, content=scope.content)
                found += drifted((one.thing for one in left), (one.thing for one in there))
        return tuple(found)

    def subjects(
        self, releases: tuple[Release, ...], *, content: bool
    ) -> tuple[list[Subject], list[Subject]]:
        """Return what has to be there, and what is, of the product of these releases."""
        current = releases[0]
        names = self._released.names
        place = names.place(current.product, current.environment)
        there = inspected(
            self._sessions,
            (place.ports, place.internal),
            (place.port_owner, place.internal_owner),
        )
        self._catalog.schemas.ours()
        builds = self._builds(place, current, there)
        left = Left(
            place=place,
            releases=releases,
            marks=(self.mark(place, internal=False), self.mark(place, internal=True)),
            shown=tuple(shown(current, current.environment == names.production)),
            views=self._views(place, releases, there),
            builds=builds,
        )
        counted = self._counted(place, builds, there, content=content)
        wanted = left_things(left, there, counted)
        return list(wanted), list(found_things(left, there, counted))

    def mark(self, place: Place, *, internal: bool) -> SchemaMark:
        """Return the mark of one of the two schemas of a place."""
        mesh = self._released.names.mesh
        return SchemaMark(mesh, self._store, place.product, place.environment, internal)

    def _builds(
        self, place: Place, current: Release, there: Inspection
    ) -> dict[str, Located | None]:
        """Return the builds behind a release that lie in its place, or nowhere, by key."""
        own: dict[str, Located | None] = {}
        waiting = sorted(current.keys)
        while waiting:
            key = waiting.pop()
            if key in own:
                continue
            name = build_name(key)
            found = there.relations.get((place.internal, name))
            mark = read_mark(found.comment) if found else None
            if mark and mark.build:
                own[key] = Located(place.internal, name, Mark(build=mark.build))
                waiting += mark.build.needs
            elif found or not self._catalog.with_keys([key]):
                own[key] = None
        return own

    def _counted(
        self,
        place: Place,
        builds: Mapping[str, Located | None],
        there: Inspection,
        *,
        content: bool,
    ) -> Counted:
        """Read the tables of ours, in so far as they are still ours to read."""
        number: int | None = None
        releases: dict[int, Release] | None = None
        if self._is_ours(place, POINTER, there):
            target = relation(place.internal, POINTER)
            rows = self._sessions.ask(_NUMBER.format(target))
            number = rows[0][0] if rows else 0
            if self._is_ours(place, RELEASES, there):
                releases = self._released.numbered(place)
        if (place.internal, RELEASES) not in there.relations:
            releases = {}
        counted: dict[str, str] = {}
        for key, found in builds.items():
            if found is None or found.build.is_view:
                continue
            if not there.relations[(found.schema, found.name)].bytes:
                counted[key] = "0"
            elif content and self._is_ours(place, found.name, there):
                counted[key] = self._rows(found)
        return Counted(number, releases, counted)

    def _is_ours(self, place: Place, name: str, there: Inspection) -> bool:
        found = there.relations.get((place.internal, name))
        return found is not None and found.owner == place.internal_owner

    def _rows(self, found: Located) -> str:
        try:
            rows, others = self._sessions.ask(_ROWS.format(found.relation))[0]
        except Corrupted:
            return _OTHERWISE
        return f"{rows}, {others} of them changed" if others else str(rows)

    def _views(
        self, place: Place, releases: tuple[Release, ...], there: Inspection
    ) -> dict[str, tuple[tuple[Column, ...], str]]:
        """Return the views that have to be there, each as the server would write it.

        It is asked to: what it makes of the same SELECT differs from version to version. Nothing
        can be said where what the views read is not there, or is not as it was.
        """
        current, *earlier = [each for each in releases if not each.damaged]
        found = {each.build.key: each for each in self._catalog.with_keys(shown_keys(releases))}
        if not set(shown_keys([current])) <= found.keys():
            return {}
        views: dict[str, View] = {}
        made: dict[frozenset[int], dict[str, View]] = {}
        for each in shown(current, current.environment == self._released.names.production):
            is_there = there.relations.get((place.ports, each.name))
            numbers = _numbers(is_there.definition) if is_there else frozenset()
            if numbers not in made:
                kept = [release for release in earlier if release.number in numbers]
                made[numbers] = self._ports.views(place, kept, current, found)
            views[each.name] = made[numbers][each.name]
        try:
            return self._as_written(views)
        except Unmeasurable:
            return {name: (view.columns, "") for name, view in views.items()}

    def _as_written(self, views: Mapping[str, View]) -> dict[str, tuple[tuple[Column, ...], str]]:
        """Make views once more, for this connection alone, and drop them again."""
        if not views:
            return {}
        temporary = {name: f"pg_temp.{quote(name)}" for name in views}
        with self._sessions.transaction():
            for name, view in views.items():
                listed = ", ".join(quote(each.name) for each in view.columns)
                head = f"CREATE VIEW {temporary[name]} ({listed}) AS"
                self._sessions.ask("\n".join((head, view.select)))
            asked = ", ".join(
                f"({string(name)}, pg_get_viewdef({string(target)}::regclass))"
                for name, target in temporary.items()
            )
            rows = self._sessions.ask(f"VALUES {asked}")
            self._sessions.ask(f"DROP VIEW {', '.join(temporary.values())}")
        return {name: (views[name].columns, definition) for name, definition in rows}


def _numbers(definition: str) -> frozenset[int]:
    return frozenset(
        int(number)
        for several, one in _NUMBERS.findall(definition)
        for number in (several or one).split(",")
    )
