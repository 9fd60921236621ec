"""Carry out build steps: a table becomes an immutable Parquet file, a view a manifest alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from weft.mesh.release import Build
from weft.plan.plan import BuildSpec, Step
from weft.sql.duckdb import quote
from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.layout import Layout, checked
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.duckdb.relations import Relations
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.duckdb.session import Session
from weft.warehouses.duckdb.stored import stored_columns, stored_select
from weft.warehouses.protocol import Bound, Outcome, WarehouseError

_VIEW = "view"


class Builder:
    """Makes builds. Whoever makes one of a key first wins; all others use that one."""

    def __init__(
        self, layout: Layout, disk: Disk, scratch: Scratch, session: Session, relations: Relations
    ) -> None:
        self._layout = layout
        self._disk = disk
        self._scratch = scratch
        self._session = session
        self._relations = relations
        self._manifests: Manifests = relations.manifests

    def build(self, step: Step, spec: BuildSpec, bound: Bound) -> Outcome:
        """Build a model under its key, unless there is such a build. Raises WarehouseError."""
        found = self._manifests.find(spec.key)
        if found is not None:
            return _outcome(found, reused=True)
        self._relations.ensure(spec.reads, bound.sources)
        build, select = self._planned(
            Build(
                key=spec.key,
                product=step.product,
                model=spec.model,
                kind=spec.kind,
                columns=(),
                reads=spec.reads,
                run=bound.run,
            ),
            spec.select,
        )
        if spec.kind == _VIEW:
            return self._add(replace(build, select=select))

        def refuse_changed() -> None:
            self._relations.refuse_changed(spec.reads, bound.sources)

        return self._write(build, select, refuse_changed)

    def load(self, key: str, table: Any) -> Outcome:
        """Store an Arrow table under a key, unless there is such a build. Raises WarehouseError."""
        found = self._manifests.find(key)
        if found is not None:
            return _outcome(found, reused=True)
        run = self._scratch.take_free("load")
        name = f"load {key}"
        self._session.register(name, table)
        try:
            build, select = self._planned(
                Build(key, product="", model="", kind="table", columns=(), run=run),
                " ".join(("SELECT * FROM", quote(name))),
            )
            return self._write(build, select, lambda: None)
        finally:
            self._session.unregister(name)
            self._scratch.drop(run)

    def _planned(self, build: Build, select: str) -> tuple[Build, str]:
        """Fill in the columns; return also the SELECT that gives them in the stored types."""
        produced = self._session.describe(select)
        columns = stored_columns(produced)
        return replace(build, columns=columns), stored_select(select, produced, columns)

    def _write(self, build: Build, select: str, before_keeping: Callable[[], None]) -> Outcome:
        draft = self._scratch.file(build.run, "data.parquet")
        name = f"{checked(build.key)}-{build.run}-{self._scratch.number()}.parquet"
        target = os.path.join(self._layout.files, name)
        try:
            rows, size = self._session.write_parquet(select, draft)
            before_keeping()
            self._disk.rename(draft, target)
            files = (self._layout.relative(target),)
            outcome = self._add(replace(build, rows=rows, bytes=size, files=files))
        except WarehouseError:
            with suppress(WarehouseError):
                self._disk.remove(draft)
                self._discard(build.key, target)
            raise
        if outcome.reused:
            self._discard(build.key, target)
        return outcome

    def _discard(self, key: str, target: str) -> None:
        """Remove data that no manifest names; over a network a link may be made and yet fail."""
        found = self._manifests.find(key)
        if found is None or self._layout.relative(target) not in found.files:
            self._disk.remove(target)

    def _add(self, build: Build) -> Outcome:
        if self._manifests.add(build, self._scratch.file(build.run, "build.json")):
            return _outcome(build)
        return _outcome(self._manifests.get(build.key), reused=True)


def _outcome(build: Build, reused: bool = False) -> Outcome:
    return Outcome(build.rows, build.bytes, reused, build.columns)
