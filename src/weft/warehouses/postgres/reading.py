"""What a statement reads, defined in front of it under the names by which it reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from weft.mesh.manifest import Column
from weft.sql.postgres import DIALECT, quote
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.landing import Landing
from weft.warehouses.postgres.names import Place
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.protocol import Bound

_TYPES = """
SELECT format_type(oid::oid, modifier)
FROM unnest(%s::bigint[], %s::integer[]) WITH ORDINALITY AS asked(oid, modifier, place)
ORDER BY place
"""


class Reading:
    """Finds what statements read, lands the files among it, and lets the reader's role read it."""

    def __init__(self, known: Known, places: Places, landing: Landing) -> None:
        self._known = known
        self._places = places
        self._landing = landing

    def found(self, keys: Iterable[str], place: Place, bound: Bound) -> tuple[Located, ...]:
        """Return builds and sources that the internals of a place may then read.

        Raises WarehouseError when one is missing.
        """
        found = self.located(keys, place, bound)
        for each in found:
            if each.schema != place.internal:
                self._places.let_read(place.internal_owner, each)
        return found

    def located(self, keys: Iterable[str], place: Place, bound: Bound) -> tuple[Located, ...]:
        """Return builds and sources, of which those that are not there are landed in a place.

        Raises WarehouseError when a build is missing.
        """
        wanted = tuple(dict.fromkeys(keys))
        for key in wanted:
            if key in bound.sources:
                self._landing.land(bound.sources[key], self._places.prepared(place), bound.run)
        return tuple(self._known.need(wanted).values())


def over(select: str, found: Iterable[Located]) -> str:
    """Return a SELECT with all that it reads defined in front of it."""
    return defined(select, named(found))


def named(found: Iterable[Located]) -> dict[str, str]:
    """Return the SELECTs of builds and sources, by the names by which statements read them."""
    return {name_of(each): " ".join(("SELECT * FROM", each.relation)) for each in found}


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


def shaped(select: str, found: Iterable[Located]) -> str:
    """Return a SELECT to be described and not to be run: it has the columns of `over`.

    What it reads need not be there yet.
    """
    return defined(select, {name_of(each): _shape(each.build.columns) for each in found})


def columns_of(sessions: Sessions, shape: str) -> tuple[Column, ...]:
    """Return the columns of a SELECT that `shaped` made, with their native types."""
    described = sessions.described(shape)
    oids, modifiers = [each.oid for each in described], [each.modifier for each in described]
    types = sessions.ask(_TYPES, (oids, modifiers))
    return tuple(
        Column(each.name, native) for each, (native,) in zip(described, types, strict=True)
    )


def name_of(found: Located) -> str:
    """Return the quoted name by which statements read a build or a source."""
    return DIALECT.relation("sources" if found.mark.landed else "builds", found.build.key)


def _shape(columns: Iterable[Column]) -> str:
    casts = (f"CAST(NULL AS {column.type}) AS {quote(column.name)}" for column in columns)
    return " ".join(("SELECT", ", ".join(casts)))
