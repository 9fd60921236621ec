"""What steps read, found by key: builds by their manifests, sources by their pinned files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock

from weft.mesh.release import Build
from weft.plan.plan import Source
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import Manifests, refuse_rotten
from weft.warehouses.duckdb.readers import reader
from weft.warehouses.duckdb.reading import (
    Readable,
    Reading,
    readable_build,
    readable_growth,
    readable_source,
)
from weft.warehouses.duckdb.session import OutOfMemory
from weft.warehouses.duckdb.sessions import Sessions
from weft.warehouses.files import SourceFiles, Stamp
from weft.warehouses.protocol import Stopped, WarehouseError


class Relations:
    """Makes relations when a statement first needs them, once per process.

    With `foreseen`, builds by key as they will be, statements are only to be shown: what is there
    is left alone, damaged or not.
    """

    def __init__(
        self,
        sessions: Sessions,
        manifests: Manifests,
        layout: Layout,
        sources: SourceFiles,
        foreseen: Mapping[str, Build] | None = None,
    ) -> None:
        self.manifests = manifests
        self._foreseen = foreseen
        self._sessions = sessions
        self._layout = layout
        self._sources = sources
        self._made: dict[str, Readable] = {}
        self._stamps: dict[str, tuple[Stamp, ...]] = {}
        self._locks: dict[str, Lock] = {}

    def reading(self, keys: Iterable[str], sources: Mapping[str, Source]) -> Reading:
        """Return what a statement over these keys reads. Raises WarehouseError."""
        found: dict[str, Readable] = {}
        direct = tuple(self._collect(key, sources, found) for key in dict.fromkeys(keys))
        return Reading(direct, tuple(found.values()))

    def build(self, key: str) -> Build:
        """Return a build for a step. Raises WarehouseError where it is not there, nor foreseen."""
        if self._foreseen is None:
            return self.manifests.need(key)
        return self._foreseen.get(key) or self.manifests.get(key)

    def growth(self, key: str, base: str) -> Reading:
        """Return what a build has beyond this base, and what it shares with it.

        Of a build that was made from another one nothing counts as shared. Raises WarehouseError.
        """
        build = self.build(key)
        grown = build if build.base == base else replace(build, base="")
        return Reading(all=readable_growth(grown, self._layout))

    @contextmanager
    def blaming(self, keys: Iterable[str]) -> Iterator[None]:
        """Name damaged builds among these in place of what the engine makes of their data."""
        try:
            yield
        except (Stopped, OutOfMemory):
            raise
        except WarehouseError as error:
            if not error.unwritable:
                refuse_rotten(self.manifests, keys)
            raise

    def refuse_changed(self, keys: Iterable[str], sources: Mapping[str, Source]) -> None:
        """Raise WarehouseError when the files of a source are no longer as they were pinned."""
        for key in keys:
            if key in self._stamps:
                self._sources.refuse_changed(sources[key], self._stamps[key])

    def _collect(
        self, key: str, sources: Mapping[str, Source], found: dict[str, Readable]
    ) -> Readable:
        """Add a relation to `found`, after what it needs."""
        relation = found.get(key)
        if relation is None:
            relation = self._relation(key, sources)
            for need in relation.needs:
                self._collect(need, sources, found)
            found[key] = relation
        return relation

    def _relation(self, key: str, sources: Mapping[str, Source]) -> Readable:
        made = self._made.get(key)
        if made is None:
            with self._locks.setdefault(key, Lock()):
                made = self._made.get(key) or self._make(key, sources)
                self._made[key] = made
        return made

    def _make(self, key: str, sources: Mapping[str, Source]) -> Readable:
        if key in sources:
            return self._read_source(sources[key])
        return readable_build(self.build(key), self._layout)

    def _read_source(self, source: Source) -> Readable:
        stamps = self._sources.pinned(source)
        paths = [self._sources.path(file) for file in source.files]
        select = reader(source.spec, paths, self._sessions)
        self._stamps[source.key] = stamps
        return readable_source(source, select, sum(stamp.size for stamp in stamps))
