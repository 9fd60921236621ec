"""Store what other warehouses send: an Arrow stream under a build key."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from weft.warehouses.arriving import asked_types
from weft.warehouses.duckdb.outbound import converted
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.copying import Copier
from weft.warehouses.postgres.incoming import incoming
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.marks import Mark
from weft.warehouses.postgres.names import Names, build_name
from weft.warehouses.postgres.places import Places
from weft.warehouses.protocol import Origin, Outcome, WarehouseError

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
        outcome = self._known.reused(key)
        if outcome:
            return outcome
        broken = self._known.broken(key)
        if broken:
            self._copier.discard(broken)
        place = self._places.prepared(self._names.place(origin.product, origin.environment))
        reader, asked = asked_types(stream)
        outbound = converted(reader)
        columns = [incoming(each, asked.get(each.name, "")) for each in outbound.columns]
        build = replace(origin, run=origin.run or RUN).build(key)
        draft = Located(place.internal, build_name(key), Mark(build=build))
        try:
            stored = self._copier.copy(outbound.rows, columns, draft, place)
        except WarehouseError:
            # Another process may have loaded it in the meantime.
            with suppress(WarehouseError):
                self._known.lose([key])
                outcome = self._known.reused(key)
            if outcome:
                return outcome
            raise
        self._known.add(stored)
        if not origin.product:
            self._places.sharing.share(place, [stored])
        return Outcome.of(stored.build)
