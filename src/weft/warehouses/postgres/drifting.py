"""Find what was changed outside in the places of products, by the catalogue and, if asked, data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from weft.mesh.drift import Drift
from weft.mesh.release import Release
from weft.plan.drift import as_left, drifted
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.counting import Counting
from weft.warehouses.postgres.definitions import Definition, Definitions, Published
from weft.warehouses.postgres.holding import is_data
from weft.warehouses.postgres.inspection import Inspection, inspected
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.marks import SchemaMark, read_mark
from weft.warehouses.postgres.names import Place, build_name
from weft.warehouses.postgres.ports import Ports
from weft.warehouses.postgres.released import Released
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.subjects import Left, Subject
from weft.warehouses.postgres.watching import found_things, left_things
from weft.warehouses.protocol import Scope
from weft.warehouses.shown import shown

Subjects = tuple[list[Subject], list[Subject]]
"""What has to be there of a product, and what is."""


def releases_of_nobody(environment: str) -> tuple[Release, ...]:
    """What stands for the releases of the place that belongs to no product."""
    return (Release("", environment, 0, ()),)


class Drifting:
    """Looks at places of products. It goes by their names, because marks can be taken away."""

    def __init__(
        self, sessions: Sessions, known: Known, released: Released, ports: Ports, store: str
    ) -> None:
        self._sessions = sessions
        self._catalog = known.catalog
        self._released = released
        self._definitions = Definitions(sessions, known.catalog, ports)
        self._counting = Counting(sessions, released)
        self._store = store

    def drift(self, scope: Scope, recorded: Mapping[str, tuple[Release, ...]]) -> tuple[Drift, ...]:
        """Compare the places of products with what was left there. Raises WarehouseError."""
        known = [recorded[each] for each in scope.products if recorded.get(each)]
        if not scope.products:
            known = [releases_of_nobody(scope.environment)]
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
        roles = self._roles()
        definitions = self._definitions.of(published)
        return [
            self._of_product(each, views, roles, content=content)
            for each, views in zip(published, definitions, strict=True)
        ]

    def mark(self, place: Place, schema: str) -> SchemaMark:
        """Return the mark of one of the schemas of a place."""
        mesh, internal = self._released.names.mesh, schema == place.internal
        return SchemaMark(mesh, self._store, place.product, place.environment, internal)

    def _roles(self) -> frozenset[str]:
        """All roles that this mesh has made for what it has here."""
        names = self._released.names
        marks = self._catalog.schemas.ours().values()
        places = {names.place(each.product, each.environment) for each in marks}
        return frozenset(
            (names.readers, names.adopters, *(owner for place in places for owner in place.owners))
        )

    def _published(self, products: Sequence[tuple[Release, ...]]) -> list[Published]:
        """Look at the places of all products at once.

        The one that belongs to none comes to be there with the first copy.
        """
        names = self._released.names
        places = [names.place(each[0].product, each[0].environment) for each in products]
        schemas = [name for each in places for name in each.schemas]
        owners = [name for each in places for name in each.owners]
        there = inspected(self._sessions, schemas, owners) if places else None
        return [
            self._looked_at(place, releases, there.narrowed(place.schemas, place.owners))
            for place, releases in zip(places, products, strict=True)
            if there and (place.product or place.internal in there.schemas)
        ]

    def _looked_at(
        self, place: Place, releases: tuple[Release, ...], there: Inspection
    ) -> Published:
        kept = self._counting.releases(place, there)
        return Published(
            place=place,
            releases=as_left(releases, kept or {}),
            kept=kept,
            shown=tuple(shown(releases[0], self._released.names.is_production(place.environment))),
            there=there,
        )

    def _of_product(
        self,
        product: Published,
        views: Mapping[str, Definition],
        roles: frozenset[str],
        *,
        content: bool,
    ) -> Subjects:
        place, there = product.place, product.there
        builds = self._builds(place, product.releases[0], there)
        left = Left(
            place=place,
            releases=product.releases,
            kept=product.kept,
            marks=tuple(self.mark(place, each) for each in place.schemas),
            shown=product.shown,
            views=views,
            builds=builds,
            copies=_copies(place, builds, there),
            roles=roles,
        )
        counted = self._counting.counted(left, there, content=content)
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


def _copies(
    place: Place, builds: Mapping[str, Located | None], there: Inspection
) -> dict[str, Located]:
    """Return what lies in a place and was brought there to build from, by key.

    In the place that belongs to no product there is nothing else.
    """
    brought = {
        each.mark.readable.key: Located(each.schema, each.name, each.mark)
        for each in there.relations.values()
        if each.schema == place.internal and is_data(each) and each.mark.readable
    }
    if not place.product:
        return {key: each for key, each in brought.items() if key not in builds}
    copies: dict[str, Located] = {}
    waiting = [key for each in builds.values() if each for key in each.build.reads]
    while waiting:
        key = waiting.pop()
        if key in brought and key not in builds and key not in copies:
            copies[key] = brought[key]
            waiting += brought[key].build.needs
    return copies
