"""Carry out build steps: a table becomes an immutable Parquet file, a view a manifest alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from weft.mesh.manifest import Column
from weft.mesh.product import Materialization
from weft.mesh.release import Build
from weft.plan.plan import BuildSpec, Step
from weft.sql.duckdb import quote
from weft.warehouses.arriving import asked_types
from weft.warehouses.duckdb.disk import Disk, checksum
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.duckdb.relations import Relations
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.duckdb.sessions import Sessions
from weft.warehouses.duckdb.stored import stored_columns, stored_select
from weft.warehouses.protocol import Bound, Origin, Outcome, WarehouseError


@dataclass(frozen=True)
class Draft:
    """A build without its data, and the statement that gives it; "" for a view, which has none."""

    build: Build
    statement: str
    is_small: bool


class Builder:
    """Makes builds. Whoever makes one of a key first wins; all others use that one."""

    def __init__(
        self, layout: Layout, disk: Disk, scratch: Scratch, sessions: Sessions, relations: Relations
    ) -> None:
        self._layout = layout
        self._disk = disk
        self._scratch = scratch
        self._sessions = sessions
        self.relations = relations
        self._manifests: Manifests = relations.manifests

    def build(self, step: Step, spec: BuildSpec, bound: Bound) -> Outcome:
        """Build a model under its key, unless there is such a build. Raises WarehouseError."""
        found = self._manifests.find(spec.key)
        if found is not None:
            return Outcome.of(found, reused=True)
        draft = self.draft(step, spec, bound)
        if draft.build.is_view:
            return self._add(draft.build)

        def write(path: str) -> tuple[int, int]:
            with self.relations.blaming(spec.reads):
                written = self._sessions.write_parquet(draft.statement, path, draft.is_small)
            self.relations.refuse_changed(spec.reads, bound.sources)
            return written

        return self._write(draft.build, write)

    def draft(self, step: Step, spec: BuildSpec, bound: Bound) -> Draft:
        """Work out a build and the statement that makes it, without running it.

        Raises WarehouseError.
        """
        reading = self.relations.reading(spec.reads, bound.sources)
        produced = self._sessions.describe(reading.shaped(spec.shape), small=True)
        columns = stored_columns(produced)
        select = stored_select(spec.shape, produced, columns)
        is_view = spec.kind == Materialization.VIEW
        build = Build(
            key=spec.key,
            product=step.product,
            model=spec.model,
            kind=spec.kind,
            columns=columns,
            select=select if is_view else "",
            reads=spec.reads,
            run=bound.run,
            recipe=spec.recipe,
        )
        statement = "" if is_view else reading.over(select)
        return Draft(build, statement, reading.is_small(statement))

    def load(self, key: str, stream: Any, origin: Origin) -> Outcome:
        """Store an Arrow stream under a key, unless there is such a build. Raises WarehouseError.

        It says itself which types it asks for.
        """
        found = self._manifests.find(key)
        if found is not None:
            return Outcome.of(found, reused=True)
        table, asked = asked_types(stream)
        run = origin.run or self._scratch.take_free("load")
        name = f"load {key}"
        try:
            self._sessions.register(name, table)
            select = " ".join(("SELECT * FROM", quote(name)))
            produced = self._sessions.describe(select)
            columns = stored_columns(
                [Column(each.name, asked.get(each.name, each.type)) for each in produced]
            )
            stored = stored_select(select, produced, columns)
            build = replace(origin, run=run).build(key, columns)
            return self._write(build, lambda path: self._sessions.write_stream(stored, path))
        finally:
            self._sessions.unregister(name)
            if not origin.run:
                self._scratch.drop(run)

    def _write(self, build: Build, write: Callable[[str], tuple[int, int]]) -> Outcome:
        """Keep what `write` puts into a file; it returns how many rows and bytes that are."""
        draft = self._scratch.file(build.run, "data.parquet")
        target = self._layout.data(build.key, build.run, self._scratch.number())
        try:
            rows, size = write(draft)
            summed = checksum([draft])
            self._disk.rename(draft, target)
            files = (self._layout.relative(target),)
            whole = replace(build, rows=rows, bytes=size, checksum=summed, files=files)
            added = self._add(whole)
        except WarehouseError:
            with suppress(WarehouseError):
                self._disk.remove(draft)
                self._discard(build.key, target)
            raise
        if added.reused:
            self._discard(build.key, target)
        return added

    def _discard(self, key: str, target: str) -> None:
        """Remove data that no manifest names; over a network a link may be made and yet fail."""
        found = self._manifests.find(key)
        if found is None or self._layout.relative(target) not in found.files:
            self._disk.remove(target)

    def _add(self, build: Build) -> Outcome:
        if self._manifests.add(build, self._scratch.file(build.run, "build.json")):
            return Outcome.of(build)
        return Outcome.of(self._manifests.get(build.key), reused=True)
