"""Bring the files of a source into the database, once: the embedded engine reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from weft.mesh.manifest import Column, FileSource
from weft.mesh.product import Materialization
from weft.mesh.release import Build
from weft.plan.plan import Source
from weft.sql.duckdb import DIALECT as ENGINE
from weft.sql.postgres import DIALECT
from weft.warehouses.duckdb.readers import reader
from weft.warehouses.duckdb.session import Engine, connect, explaining
from weft.warehouses.files import SourceFiles, Stamp
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.copying import Copier, Incoming, incoming
from weft.warehouses.postgres.marks import Mark
from weft.warehouses.postgres.names import Place, source_name
from weft.warehouses.protocol import WarehouseError


class Landing:
    """Lands sources. What it reads are exactly the pinned files, as they were when planned."""

    def __init__(self, copier: Copier, sources: SourceFiles) -> None:
        self._copier = copier
        self._sources = sources

    def draft(self, source: Source, place: Place, run: str) -> Located:
        """Return the table in which a source is landed, without its columns and rows."""
        build = Build(
            source.key,
            place.product,
            source.spec.name,
            Materialization.TABLE,
            columns=(),
            run=run,
        )
        return Located(place.internal, source_name(source.key), Mark(landed=build))

    def land(self, source: Source, place: Place, run: str) -> Located:
        """Land a source in the internals of a place. Raises WarehouseError."""
        stamps = self._stamped(source)
        if self._sources.content(source.files) != source.content:
            raise _changed(source, "after the plan was made; plan and apply again")

        def refuse_changed() -> None:
            if self._stamped(source) != stamps:
                raise _changed(source, "while it was read; apply again")

        draft = self.draft(source, place, run)
        with self._opened(source) as (shape, columns):
            written = (f"{each.expression} AS {ENGINE.quote(each.name)}" for each in columns)
            rows = shape.project(", ".join(written))
            return self._copier.copy(rows, columns, draft, place, refuse_changed)

    def columns(self, source: Source) -> list[Incoming]:
        """Return how the columns of a source are stored. Raises WarehouseError."""
        with self._opened(source) as (_, columns):
            return columns

    @contextmanager
    def _opened(self, source: Source) -> Iterator[tuple[Any, list[Incoming]]]:
        """Open the files with the engine: a relation of it, and how its columns are stored."""
        paths = [self._sources.path(file) for file in source.files]
        connection = connect(Engine(folders=(self._sources.folder,), spills=False), "")
        try:
            with explaining():
                select = reader(_for_engine(source.spec), paths, _Describer(connection))
                shape = connection.sql(select)
                types = dict(zip(shape.columns, shape.types, strict=True))
                columns = [
                    incoming(each.name, types[each.name], _native(each.type))
                    for each in source.spec.columns
                ]
                yield shape, columns
        finally:
            connection.close()

    def _stamped(self, source: Source) -> tuple[Stamp, ...]:
        return tuple(self._sources.stamp(file) for file in source.files)


class _Describer:
    """Tells the columns of what the engine reads."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def describe(self, select: str, small: bool = False) -> Sequence[Column]:
        """Return the columns of a SELECT."""
        bound = self._connection.sql(select)
        return tuple(map(Column, bound.columns, map(str, bound.types)))


def _for_engine(spec: FileSource) -> FileSource:
    """Return a source with the types in which the engine reads it."""
    columns = tuple(
        replace(each, type=_retyped(each.type, ENGINE.sqlglot)) for each in spec.columns
    )
    return replace(spec, columns=columns)


def _native(declared: str) -> str:
    """Return the type in which a column is kept; a text is not cut to a promised length."""
    from weft.sql.types import family_of  # reads types with sqlglot, which observing spares

    if not declared or family_of(declared, DIALECT) == "string":
        return "text"
    return _retyped(declared, DIALECT.sqlglot)


def _retyped(declared: str, grammar: str) -> str:
    """Write a type anew. Raises WarehouseError for what is no type."""
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    if not declared:
        return ""
    try:
        return exp.DataType.build(declared, dialect=DIALECT.sqlglot).sql(dialect=grammar)
    except SqlglotError as error:
        raise WarehouseError(f"`{declared}` is no type of {DIALECT.name}") from error


def _changed(source: Source, when: str) -> WarehouseError:
    return WarehouseError(
        f"source `{source.spec.name}` ({', '.join(source.files)}) changed {when}", transient=True
    )
