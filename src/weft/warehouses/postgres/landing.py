"""Bring the files of a source into the database, once: the embedded engine reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from weft.plan.plan import Source
from weft.sql.postgres import DIALECT
from weft.warehouses.duckdb.outbound import read_files
from weft.warehouses.files import SourceFiles
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.copying import Copier
from weft.warehouses.postgres.incoming import Incoming, incoming, kept_type
from weft.warehouses.postgres.marks import Mark
from weft.warehouses.postgres.names import Place, source_name
from weft.warehouses.protocol import Origin


class Landing:
    """Lands sources. What it reads are exactly the pinned files, as they were when planned."""

    def __init__(self, copier: Copier, sources: SourceFiles) -> None:
        self._copier = copier
        self._sources = sources

    def draft(self, source: Source, place: Place, run: str) -> Located:
        """Return the table in which a source is landed, without its columns and rows."""
        build = Origin(place.product, source.spec.name, run=run).build(source.key)
        return Located(place.internal, source_name(source.key), Mark(landed=build))

    def land(self, source: Source, place: Place, run: str) -> Located:
        """Land a source in the internals of a place. Raises WarehouseError."""
        stamps = self._sources.pinned(source)
        draft = self.draft(source, place, run)
        check = partial(self._sources.refuse_changed, source, stamps)
        with self._opened(source) as (columns, rows):
            return self._copier.copy(rows, columns, draft, place, check)

    def columns(self, source: Source) -> list[Incoming]:
        """Return how the columns of a source are stored. Raises WarehouseError."""
        with self._opened(source) as (columns, _):
            return columns

    @contextmanager
    def _opened(self, source: Source) -> Iterator[tuple[list[Incoming], Any]]:
        """Open the files with the engine: how their columns are stored, and the rows."""
        spec, paths = source.spec, [self._sources.path(file) for file in source.files]
        with read_files(spec, DIALECT, paths, self._sources.folder) as outbound:
            declared = [kept_type(each.type) for each in spec.columns]
            yield list(map(incoming, outbound.columns, declared)), outbound.rows
