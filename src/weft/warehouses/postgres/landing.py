"""Bring the files of sources into the database, each once: the embedded engine reads them.

Files that are landed apart are tables of their own, which a view shows together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Any

from weft.mesh.product import Materialization
from weft.plan.plan import Source
from weft.sql.postgres import DIALECT
from weft.warehouses.duckdb.outbound import read_files
from weft.warehouses.files import SourceFiles
from weft.warehouses.merging import names
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.copying import Copier
from weft.warehouses.postgres.incoming import Incoming, incoming, kept_type
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.making import Maker, made_by
from weft.warehouses.postgres.marks import Mark
from weft.warehouses.postgres.names import Place, source_name
from weft.warehouses.postgres.once import once
from weft.warehouses.postgres.parts import is_small, parts_of
from weft.warehouses.postgres.places import Places
from weft.warehouses.protocol import Origin

_ROWS = "SELECT {columns} FROM {table}"


class Landing:
    """Lands sources. What it reads are exactly the pinned files, as they were when planned."""

    def __init__(
        self, known: Known, places: Places, copier: Copier, maker: Maker, sources: SourceFiles
    ) -> None:
        self._known = known
        self._places = places
        self._copier = copier
        self._maker = maker
        self._sources = sources
        self._locks: dict[str, Lock] = {}

    def land(self, source: Source, place: Place, run: str) -> None:
        """Land a source in the internals of a place, unless it is there. Raises WarehouseError."""
        self._unless_there(source, place, partial(self._land, source, run))

    def parts(self, source: Source) -> tuple[Source, ...]:
        """Return the sources that are landed for a source: itself, or parts under a view."""
        return parts_of(source, self._sources)

    def columns(self, source: Source) -> list[Incoming]:
        """Return how the columns of a source are stored. Raises WarehouseError."""
        with self._opened(source) as (columns, _):
            return columns

    def _unless_there(
        self, source: Source, place: Place, make: Callable[[Place], Located]
    ) -> Located:
        """Return a source, which is made in a place unless it is there."""

        def made(broken: Located | None) -> Located:
            return make(self._places.at(broken.schema) if broken else place)

        with self._locks.setdefault(source.key, Lock()):
            return once(self._known, self._copier, source.key, made)[0]

    def _land(self, source: Source, run: str, place: Place) -> Located:
        stamps = self._sources.pinned(source)
        parts = self.parts(source)
        if parts == (source,):
            return self._copied(source, run, place)
        tables = [
            self._unless_there(each, place, partial(self._copied, each, run)) for each in parts
        ]
        for each in tables:
            if each.schema != place.internal:
                self._places.let_read(place.internal_owner, each)
        self._sources.refuse_changed(source, stamps)
        draft = drafted(source, place, run, [each.key for each in parts])
        is_there = self._known.broken(source.key) is not None
        return self._maker.make(draft, place, made_by(draft, together(tables), is_there=is_there))

    def _copied(self, source: Source, run: str, place: Place) -> Located:
        stamps = self._sources.pinned(source)
        draft = drafted(source, place, run)
        check = partial(self._sources.refuse_changed, source, stamps)
        with self._opened(source) as (columns, rows):
            return self._copier.copy(rows, columns, draft, place, check)

    @contextmanager
    def _opened(self, source: Source) -> Iterator[tuple[list[Incoming], Any]]:
        """Open the files with the engine: how their columns are stored, and the rows."""
        spec, paths = source.spec, [self._sources.path(file) for file in source.files]
        with read_files(spec, DIALECT, paths, self._sources.folder) as outbound:
            declared = [kept_type(each.type) for each in spec.columns]
            columns = map(incoming, outbound.columns, declared)
            sought = not is_small(source, self._sources)
            yield (
                [replace(each, ranged=sought and each.is_moment) for each in columns],
                outbound.rows,
            )


def drafted(source: Source, place: Place, run: str, parts: Sequence[str] = ()) -> Located:
    """Return what a source is landed in, without its columns and rows: a view of these keys.

    Without any it is a table.
    """
    build = Origin(place.product, source.spec.name, tuple(parts), run).build(source.key)
    if parts:
        build = replace(build, kind=Materialization.VIEW)
    return Located(place.internal, source_name(source.key), Mark(landed=build))


def together(tables: Iterable[Located]) -> str:
    """Return the SELECT of the rows of all these tables, which have the same columns."""
    return "\nUNION ALL\n".join(
        _ROWS.format(
            columns=names(DIALECT, [column.name for column in each.build.columns]),
            table=each.relation,
        )
        for each in tables
    )
