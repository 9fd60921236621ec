"""What the tables that sources name hold: read once per plan that is carried out, and kept by key.

A plan that is only shown counts what was read last; where nothing was yet, that is still to come.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

from weft.app.bootstrap import Opened
from weft.mesh.manifest import Column, ProductManifest, TableSource
from weft.plan.examine import Situation
from weft.plan.keys import SourceContent, table_key
from weft.project.variables import resolve_variables
from weft.sql.carried import carried_type
from weft.sql.dialect import Dialect, dialect_named
from weft.warehouses.arriving import asking_types
from weft.warehouses.protocol import (
    HoldsTables,
    Moment,
    Origin,
    Outcome,
    Scope,
    Table,
    Tables,
    WarehouseError,
)


@dataclass(frozen=True)
class TableRead:
    """What was read of a table, by the address of its source.

    `is_new` where its rows are not those that were kept already.
    """

    source: str
    warehouse: str
    rows: int
    is_new: bool


def with_last_read(situation: Situation) -> Situation:
    """Let tables hold what was last read of them; no warehouse is asked."""
    found: dict[str, dict[str, SourceContent]] = {}
    for manifest in situation.desired.products.values():
        for each in manifest.tables:
            key = _last_read(situation, manifest, each) or table_key(each, "")
            found.setdefault(manifest.address, {})[each.name] = SourceContent((), key)
    return _with_tables(situation, found, {})


def with_checked(mesh: Opened, situation: Situation) -> Situation:
    """Look whether every table can be read; a product of which one cannot has the reason."""
    unread: dict[str, str] = {}
    for manifest in situation.desired.products.values():
        for each in manifest.tables:
            try:
                _as_read(mesh, manifest, each)
            except WarehouseError as error:
                unread.setdefault(manifest.address, f"source {each.name}: {error}")
    return _with_tables(situation, {}, unread)


def with_read(mesh: Opened, situation: Situation) -> tuple[Situation, tuple[TableRead, ...]]:
    """Read the tables of all products in scope, those of one product as of one moment.

    What they hold is kept on the product's warehouse, if it is not there already. One that cannot
    be read concerns its own product only.
    """
    found: dict[str, dict[str, SourceContent]] = {}
    unread: dict[str, str] = {}
    told: list[TableRead] = []
    for address, manifest in situation.desired.products.items():
        with ExitStack() as moments:
            reader = _Reader(mesh, manifest, moments)
            for each in manifest.tables:
                try:
                    key, outcome = reader.read(each)
                except WarehouseError as error:
                    unread[address] = f"source {each.name}: {error}"
                    break
                found.setdefault(address, {})[each.name] = SourceContent((), key)
                name = f"{address}.{each.name}"
                told.append(TableRead(name, each.warehouse, outcome.rows, not outcome.reused))
    return _with_tables(situation, found, unread), tuple(told)


class _Reader:
    """Reads the tables of one product: of each warehouse as of one moment, until they are left."""

    def __init__(self, mesh: Opened, manifest: ProductManifest, moments: ExitStack) -> None:
        self._mesh = mesh
        self._manifest = manifest
        self._opened = moments
        self._moments: dict[str, Moment] = {}

    def read(self, source: TableSource) -> tuple[str, Outcome]:
        """Read a table and keep its rows; the key of what was read. Raises WarehouseError."""
        read = _as_read(self._mesh, self._manifest, source)
        moment = self._moment(source.warehouse)
        key = table_key(source, moment.content(read))
        home = self._mesh.warehouse(self._manifest.warehouse)
        if key in home.observe(Scope(self._mesh.environment, (), frozenset([key]))).builds:
            return key, Outcome(home.built([key])[key].rows, reused=True)
        origin = Origin(self._manifest.address, source.name, environment=self._mesh.environment)
        kept = None
        if source.warehouse == self._manifest.warehouse:
            kept = moment.keep(read, key, origin)
        if kept is None:
            with moment.rows(read) as rows:
                types = self._stored_types(source, read)
                kept = home.load(key, asking_types(rows, types), origin)
        return key, kept

    def _moment(self, warehouse: str) -> Moment:
        if warehouse not in self._moments:
            tables = _tables_of(self._mesh, warehouse)
            self._moments[warehouse] = self._opened.enter_context(tables.moment())
        return self._moments[warehouse]

    def _stored_types(self, source: TableSource, read: Table) -> dict[str, str]:
        """In which types columns are kept: as they are declared, else as they were read."""
        home = dialect_named(self._manifest.native_dialect)
        holder = dialect_named(self._mesh.warehouse(source.warehouse).dialect)
        own = dialect_named(self._manifest.dialect)
        return {
            found.name: (
                carried_type(declared.type, own, home)
                if declared.type
                else carried_type(found.type, holder, home)
            )
            or ""
            for declared, found in zip(source.columns, read.columns, strict=True)
        }


def _as_read(mesh: Opened, manifest: ProductManifest, source: TableSource) -> Table:
    """A table with the types in which it is read. Raises WarehouseError where it cannot be."""
    tables = _tables_of(mesh, source.warehouse)
    own = dialect_named(manifest.dialect)
    holder = dialect_named(mesh.warehouse(source.warehouse).dialect)
    schema, missing = resolve_variables(source.schema, mesh.system.variables)
    if missing:
        raise WarehouseError(
            f"its schema needs the variable {', '.join(missing)}, which is not set", denied=True
        )
    columns = tuple(_typed(each, own, holder) for each in source.columns)
    return tables.as_read(Table(schema, source.table, columns))


def _typed(declared: Column, own: Dialect, holder: Dialect) -> Column:
    """A column as the holder of its table calls its type. Raises WarehouseError."""
    native = carried_type(declared.type, own, holder) if declared.type else ""
    if native is None:
        raise WarehouseError(
            f"column `{declared.name}`: {holder.name} has no type like {declared.type}",
            denied=True,
        )
    return Column(declared.name, native)


def _tables_of(mesh: Opened, warehouse: str) -> Tables:
    found = mesh.warehouse(warehouse)
    if not isinstance(found, HoldsTables):
        raise WarehouseError(
            f"warehouse `{warehouse}` in weft.yaml has no tables that a source could name",
            denied=True,
        )
    return found.tables


def _last_read(situation: Situation, manifest: ProductManifest, source: TableSource) -> str:
    """The key of what the shown release was made from, if the table was read as it is now."""
    release = situation.shown(manifest.address)
    if release is None:
        return ""
    before = situation.applied.get(manifest.address, manifest)
    same = any(
        (each.name, each.fingerprint) == (source.name, source.fingerprint) for each in before.tables
    )
    return release.sources.get(source.name, "") if same else ""


def _with_tables(
    situation: Situation,
    found: Mapping[str, Mapping[str, SourceContent]],
    unread: Mapping[str, str],
) -> Situation:
    """Say what tables hold, and of which products one cannot be read: those hold nothing."""
    contents = {
        address: {**situation.contents.get(address, {}), **found.get(address, {})}
        for address in {*situation.contents, *found}
    }
    for address in unread:
        for table in situation.desired.products[address].tables:
            contents.get(address, {}).pop(table.name, None)
    return replace(situation, contents=contents, unread={**unread, **situation.unread})
