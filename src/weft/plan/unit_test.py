"""Write a unit test as two statements: what the model makes of the given rows, and what it must.

Every relation that the model reads becomes a SELECT of given rows, so that no data is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weft.mesh.address import PortAddress
from weft.mesh.growth import VALID_FROM, Range
from weft.mesh.manifest import ProductManifest, Read, ReadKind, Transform
from weft.mesh.product import Materialization, UnitTest
from weft.plan.audits import render
from weft.plan.plan import Argument, Call
from weft.sql.dialect import Dialect, dialect_named
from weft.sql.growing import first_states, latest, within
from weft.sql.rows import logical_type_of, null_shape, typed_rows
from weft.sql.types import translated_type

# The native types of a port's columns: port address -> object -> column -> type.
PortTypes = Mapping[str, Mapping[str, Mapping[str, str]]]

_Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class UnitStatements:
    """The rows that a model gives and those that it must give, in the same columns and types."""

    columns: tuple[str, ...]
    actual: str
    expected: str


def unit_statements(test: UnitTest, manifest: ProductManifest, ports: PortTypes) -> UnitStatements:
    """Write a unit test as SQL of the product's warehouse.

    `ports` has all that the product reads, with types of the product's own dialect.
    """
    writer = _Writer(manifest, ports, dialect_named(manifest.native_dialect))
    transform = writer.models[test.model]
    actual = writer.built(transform, test.given)
    columns = tuple(column.name for column in transform.columns)
    return UnitStatements(columns, actual, typed_rows(actual, columns, test.expect, writer.dialect))


def unit_call(test: UnitTest, manifest: ProductManifest, ports: PortTypes) -> Call | None:
    """How a unit test calls a model in Python: each argument has given rows and reads nothing.

    None for a model in SQL.
    """
    writer = _Writer(manifest, ports, dialect_named(manifest.dialect))
    transform = writer.models[test.model]
    function = transform.function
    if function is None:
        return None
    selects = writer.relations(transform, test.given)
    return Call(
        function=transform.name,
        path=transform.path,
        text=transform.text,
        arguments=tuple(
            Argument(name, select, "")
            for name, select in zip(function.arguments, selects, strict=True)
        ),
        columns=transform.columns,
        memory=function.memory,
        seconds=function.seconds,
    )


class _Writer:
    """Writes relations of one product as SELECTs of given rows."""

    def __init__(self, manifest: ProductManifest, ports: PortTypes, dialect: Dialect) -> None:
        self.models = {each.name: each for each in manifest.transforms}
        self.dialect = dialect
        self._manifest = manifest
        self._ports = ports
        self._sources = {each.name: each.columns for each in manifest.outside}

    def built(self, transform: Transform, given: Mapping[str, _Rows]) -> str:
        """What a full build of a model would have over given rows."""
        select = self.select(transform, given)
        growth = transform.growth
        if growth is None:
            return select
        types = {each.name: each.type for each in transform.columns}
        unknown = self.dialect.types.logical["timestamp"]
        if growth.start:
            kind = types[growth.time_column] or unknown
            ranges = (Range(growth.start),)
            select = within(select, growth.time_column, kind, ranges, self.dialect)
        if growth.unique_key:
            snapshot = transform.materialized is Materialization.SNAPSHOT
            names = list(types)[:-2] if snapshot else list(types)
            select = latest(select, names, growth, self.dialect)
            if snapshot:
                kind = types[VALID_FROM] or unknown
                select = first_states(select, kind, growth, self.dialect)
        return select

    def select(self, transform: Transform, given: Mapping[str, _Rows]) -> str:
        """The model's query over given rows; relations without any are empty."""
        relations = enumerate(self.relations(transform, given))
        return render(transform.query, {number: f"({each})" for number, each in relations})

    def relations(self, transform: Transform, given: Mapping[str, _Rows]) -> list[str]:
        """What a model reads, one SELECT of given rows for each."""
        reads = transform.query.reads
        return [self._relation(read, self._rows(read, given)) for read in reads]

    def _relation(self, read: Read, rows: _Rows) -> str:
        # A query may read a relation for the number of its rows alone.
        columns = read.columns or ("one",)
        return typed_rows(self._shape(read, columns, rows), columns, rows, self.dialect)

    def _shape(self, read: Read, columns: tuple[str, ...], rows: _Rows) -> str:
        """A SELECT whose columns have the types of what is read.

        A model's own query is asked where a type is not known from its text; a source or port
        whose contract says none takes it from the given values.
        """
        known = self._native_types(read)
        types = {name: known.get(name, "") for name in columns}
        if read.kind is ReadKind.MODEL and self._can_tell(read) and "" in types.values():
            return self.built(self.models[read.target], {})
        for name in columns:
            if not types[name]:
                logical = logical_type_of([row.get(name) for row in rows])
                types[name] = self.dialect.native_type(logical)
        return null_shape(types, self.dialect)

    def _native_types(self, read: Read) -> Mapping[str, str]:
        known = self._types(read)
        if not self._manifest.warehouse_dialect:
            return known
        own = dialect_named(self._manifest.dialect)
        return {
            name: translated_type(native, own, self.dialect) if native else ""
            for name, native in known.items()
        }

    def _can_tell(self, read: Read) -> bool:
        """Whether a model's query says more of its columns than is known of them."""
        return bool(read.columns) and self.models[read.target].function is None

    def _types(self, read: Read) -> Mapping[str, str]:
        if read.kind is ReadKind.PORT:
            return self._ports[read.target][read.object]
        own = (
            self.models[read.target].columns
            if read.kind is ReadKind.MODEL
            else self._sources[read.target]
        )
        return {column.name: column.type for column in own}

    def _rows(self, read: Read, given: Mapping[str, _Rows]) -> _Rows:
        return next((given[name] for name in self._names(read) if name in given), ())

    def _names(self, read: Read) -> list[str]:
        """The names in FROM that may stand for what is read."""
        if read.kind is ReadKind.MODEL:
            return [read.target]
        if read.kind in (ReadKind.SOURCE, ReadKind.TABLE):
            return [each.name for each in self._manifest.inputs if each.source == read.target]
        inputs = [each.name for each in self._manifest.inputs if each.port == read.target]
        names = [f"{each}.{read.object}" for each in inputs]
        port = PortAddress.parse(read.target).port
        if read.object == port or len(self._ports[read.target]) == 1:
            names += inputs
        return names
