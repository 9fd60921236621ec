"""What a statement reads, defined in front of it under the names by which it reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock

from weft.plan.plan import Source
from weft.sql.postgres import DIALECT
from weft.warehouses.postgres.catalog import Catalog, Located
from weft.warehouses.postgres.copying import SOURCE
from weft.warehouses.postgres.landing import Landing
from weft.warehouses.postgres.names import Place
from weft.warehouses.postgres.places import Places
from weft.warehouses.protocol import Bound, WarehouseError


class Reading:
    """Finds what statements read, lands the files among it, and lets the reader's role read it."""

    def __init__(self, catalog: Catalog, places: Places, landing: Landing) -> None:
        self._catalog = catalog
        self._places = places
        self._landing = landing
        self._locks: dict[str, Lock] = {}

    def found(self, keys: Iterable[str], place: Place, bound: Bound) -> tuple[Located, ...]:
        """Return builds and sources that the internals of a place may then read.

        Raises WarehouseError when one is missing.
        """
        wanted = tuple(dict.fromkeys(keys))
        for key in wanted:
            if key in bound.sources:
                self._land(bound.sources[key], place, bound.run)
        found = tuple(self._catalog.need(wanted).values())
        for each in found:
            if each.schema != place.internal:
                self._places.let_read(place.internal_owner, each)
        return found

    def _land(self, source: Source, place: Place, run: str) -> None:
        with self._locks.setdefault(source.key, Lock()):
            if self._catalog.find([source.key]):
                return
            try:
                self._landing.land(source, place, run)
            except WarehouseError:
                # Another process may have landed it in the meantime.
                if not self._catalog.find([source.key]):
                    raise


def over(select: str, found: Iterable[Located]) -> str:
    """Return a SELECT with all that it reads defined in front of it."""
    return defined(
        select, {name_of(each): " ".join(("SELECT * FROM", each.relation)) for each in found}
    )


def defined(select: str, names: Mapping[str, str]) -> str:
    """Define quoted names in front of a SELECT.

    One that begins otherwise, as with WITH, is put in brackets, where nothing can change data.
    """
    plain = select.startswith("SELECT ")
    whole = select if plain else " ".join(("SELECT * FROM (\n", select, '\n) AS "result"'))
    if not names:
        return whole
    items = ",\n".join(f"{name} AS NOT MATERIALIZED ({text})" for name, text in names.items())
    return " ".join(("WITH", items, whole))


def name_of(found: Located) -> str:
    """Return the quoted name by which statements read a build or a source."""
    assert found.mark.build
    kind = "sources" if found.mark.build.kind == SOURCE else "builds"
    return DIALECT.relation(kind, found.mark.build.key)
