"""Builds and sources as relations of the engine: `builds."<key>"` and `sources."<key>"`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock

from weft.mesh.release import Build
from weft.plan.plan import Source
from weft.sql.duckdb import DIALECT, quote, string
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.duckdb.readers import reader
from weft.warehouses.duckdb.session import Session
from weft.warehouses.files import SourceFiles, Stamp
from weft.warehouses.protocol import WarehouseError

BUILDS = "builds"
SOURCES = "sources"


def build_relation(key: str) -> str:
    """Return the quoted name of a build's relation."""
    return DIALECT.relation(BUILDS, key)


def parquet(paths: Iterable[str]) -> str:
    """Return the table function that reads exactly these Parquet files."""
    files = ", ".join(string(path) for path in paths)
    return f"read_parquet([{files}], hive_partitioning = false)"


def definition(build: Build, layout: Layout) -> str:
    """Return the SELECT that a build's relation stands for; that of a view names others."""
    if build.kind == "view":
        return build.select
    return " ".join(("SELECT * FROM", parquet(layout.file(file) for file in build.files)))


class Relations:
    """Makes relations when a statement first needs them, once per process."""

    def __init__(
        self, session: Session, manifests: Manifests, layout: Layout, sources: SourceFiles
    ) -> None:
        self.manifests = manifests
        self._session = session
        self._layout = layout
        self._sources = sources
        self._made: set[str] = set()
        self._stamps: dict[str, tuple[Stamp, ...]] = {}
        self._locks: dict[str, Lock] = {}

    def ensure(self, keys: Iterable[str], sources: Mapping[str, Source]) -> None:
        """Make the relations of these keys. Raises WarehouseError when one cannot be read."""
        for key in keys:
            if key in self._made:
                continue
            with self._locks.setdefault(key, Lock()):
                if key not in self._made:
                    if key in sources:
                        self._add_source(sources[key])
                    else:
                        self._add_build(self.manifests.need(key), sources)
                    self._made.add(key)

    def refuse_changed(self, keys: Iterable[str], sources: Mapping[str, Source]) -> None:
        """Raise WarehouseError when the files of a source are no longer as they were pinned."""
        for key in keys:
            if key in self._stamps and self._stamped(sources[key]) != self._stamps[key]:
                raise _changed(sources[key], "while it was read; apply again")

    def _add_build(self, build: Build, sources: Mapping[str, Source]) -> None:
        if build.kind == "view":
            self.ensure(build.reads, sources)
        self._create(BUILDS, build.key, definition(build, self._layout))

    def _add_source(self, source: Source) -> None:
        stamps = self._stamped(source)
        if self._sources.content(source.files) != source.content:
            raise _changed(source, "after the plan was made; plan and apply again")
        paths = [self._sources.path(file) for file in source.files]
        self._create(SOURCES, source.key, reader(source.spec, paths, self._session))
        self._stamps[source.key] = stamps

    def _create(self, schema: str, key: str, select: str) -> None:
        name = DIALECT.relation(schema, key)
        self._session.execute(f"CREATE VIEW {name} AS\n{select}")

    def _stamped(self, source: Source) -> tuple[Stamp, ...]:
        return tuple(self._sources.stamp(file) for file in source.files)


def _changed(source: Source, when: str) -> WarehouseError:
    return WarehouseError(
        f"source `{source.spec.name}` ({', '.join(source.files)}) changed {when}", transient=True
    )


def columns_of(names: Iterable[str]) -> str:
    """Return a list of quoted column names."""
    return ", ".join(quote(name) for name in names)
