"""Store what other warehouses send: an Arrow stream under a build key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from weft.warehouses.arriving import asked_types
from weft.warehouses.duckdb.outbound import converted
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.copying import Copier
from weft.warehouses.postgres.incoming import incoming
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.marks import Mark
from weft.warehouses.postgres.names import Names, Place, build_name
from weft.warehouses.postgres.once import once
from weft.warehouses.postgres.places import Places
from weft.warehouses.protocol import Origin, Outcome

RUN = "load"


class Loader:
    """Loads streams into the place of their product, or into the one that belongs to none."""

    def __init__(self, known: Known, places: Places, copier: Copier, names: Names) -> None:
        self._known = known
        self._places = places
        self._copier = copier
        self._names = names

    def load(self, key: str, stream: Any, origin: Origin) -> Outcome:
        """Store a stream under a key, unless there is such a build. Raises WarehouseError.

        It says itself which types it asks for.
        """
        place = self._names.place(origin.product, origin.environment)
        stored, was_there = once(
            self._known, self._copier, key, lambda _: self._copied(stream, key, origin, place)
        )
        if not (was_there or origin.product):
            self._places.sharing.share(place, [stored])
        return Outcome.of(stored.build, reused=was_there)

    def _copied(self, stream: Any, key: str, origin: Origin, place: Place) -> Located:
        self._places.prepared(place)
        reader, asked = asked_types(stream)
        outbound = converted(reader)
        columns = [incoming(each, asked.get(each.name, "")) for each in outbound.columns]
        build = replace(origin, run=origin.run or RUN).build(key)
        draft = Located(place.internal, build_name(key), Mark(build=build))
        return self._copier.copy(outbound.rows, columns, draft, place)
