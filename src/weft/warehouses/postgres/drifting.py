"""Find what was changed outside in the places of products, by the catalogue and, if asked, data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from weft.mesh.drift import Drift
from weft.mesh.release import Release
from weft.plan.drift import drifted
from weft.warehouses.postgres.catalog import Located, relation
from weft.warehouses.postgres.definitions import Definition, Definitions, Published
from weft.warehouses.postgres.errors import Corrupted
from weft.warehouses.postgres.inspection import Inspection, inspected
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.marks import SchemaMark, read_mark
from weft.warehouses.postgres.names import POINTER, RELEASES, Place, build_name
from weft.warehouses.postgres.ports import Ports
from weft.warehouses.postgres.released import Released
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.watching import (
    Counted,
    Left,
    Subject,
    found_things,
    left_things,
)
from weft.warehouses.protocol import Scope
from weft.warehouses.shown import shown

# The rows of a build come from one transaction, whose number each of them has.
_ROWS = "SELECT count(*), count(*) FILTER (WHERE xmin <> (SELECT xmin FROM {0} LIMIT 1)) FROM {0}"
# Those of a build that grows come from several, and are read by way of a view.
_ALL_ROWS = "SELECT count(*), 0 FROM {0}"
_NUMBER = "SELECT number FROM {0}"
_UNREADABLE = "cannot be read"

Subjects = tuple[list[Subject], list[Subject]]
"""What has to be there of a product, and what is."""


class Drifting:
    """Looks at places of products. It goes by their names, because marks can be taken away."""

    def __init__(
        self, sessions: Sessions, known: Known, released: Released, ports: Ports, store: str
    ) -> None:
        self._sessions = sessions
        self._catalog = known.catalog
        self._released = released
        self._definitions = Definitions(sessions, known.catalog, ports)
        self._store = store

    def drift(self, scope: Scope, recorded: Mapping[str, tuple[Release, ...]]) -> tuple[Drift, ...]:
        """Compare the places of products with what was left there. Raises WarehouseError."""
        known = [recorded[each] for each in scope.products if recorded.get(each)]
        return tuple(
            drift
            for left, there in self.subjects(known, content=scope.content)
            for drift in drifted((one.thing for one in left), (one.thing for one in there))
        )

    def subjects(self, products: Sequence[tuple[Release, ...]], *, content: bool) -> list[Subjects]:
        """Return what has to be there of each product, and what is.

        Products are given by their recorded releases, newest first.
        """
        published = self._published(products)
        if not published:
            return []
        self._catalog.schemas.ours()
        definitions = self._definitions.of(published)
        return [
            self._of_product(each, views, content=content)
            for each, views in zip(published, definitions, strict=True)
        ]

    def mark(self, place: Place, *, internal: bool) -> SchemaMark:
        """Return the mark of one of the two schemas of a place."""
        mesh = self._released.names.mesh
        return SchemaMark(mesh, self._store, place.product, place.environment, internal)

    def _published(self, products: Sequence[tuple[Release, ...]]) -> list[Published]:
        """Look at the places of all products at once."""
        names = self._released.names
        places = [names.place(each[0].product, each[0].environment) for each in products]
        schemas = [name for each in places for name in (each.ports, each.internal)]
        owners = [name for each in places for name in (each.port_owner, each.internal_owner)]
        there = inspected(self._sessions, schemas, owners) if places else None
        return [
            Published(
                place=place,
                releases=releases,
                shown=tuple(shown(releases[0], place.environment == names.production)),
                there=there.narrowed(
                    (place.ports, place.internal), (place.port_owner, place.internal_owner)
                ),
            )
            for place, releases in zip(places, products, strict=True)
            if there
        ]

    def _of_product(
        self, product: Published, views: Mapping[str, Definition], *, content: bool
    ) -> Subjects:
        place, there = product.place, product.there
        builds = self._builds(place, product.releases[0], there)
        left = Left(
            place=place,
            releases=product.releases,
            marks=(self.mark(place, internal=False), self.mark(place, internal=True)),
            shown=product.shown,
            views=views,
            builds=builds,
        )
        counted = self._counted(place, builds, there, content=content)
        wanted = left_things(left, there, counted)
        return list(wanted), list(found_things(left, there, counted))

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
                own[key] = Located(place.internal, name, mark)
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
            at = there.relations[(found.schema, found.name)]
            if at.kind == "r" and not at.bytes:
                counted[key] = "0"
            elif content and self._is_ours(place, found.name, there):
                counted[key] = self._rows(found, _ROWS if at.kind == "r" else _ALL_ROWS)
        return Counted(number, releases, counted)

    def _is_ours(self, place: Place, name: str, there: Inspection) -> bool:
        found = there.relations.get((place.internal, name))
        return found is not None and found.owner == place.internal_owner

    def _rows(self, found: Located, statement: str) -> str:
        try:
            rows, others = self._sessions.ask(statement.format(found.relation))[0]
        except Corrupted:
            return _UNREADABLE
        return f"{rows}, {others} of them changed" if others else str(rows)
