"""Make builds that grow: only what is touched is written, all other parts of the base are shared.

What is written for each way of growing stands in `by_time.py`, `by_key.py` and `snapshots.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from weft.mesh.growth import Brought, Growing, Part, Range
from weft.mesh.product import Materialization
from weft.mesh.release import Build
from weft.plan.plan import BuildSpec, Step
from weft.sql.duckdb import DIALECT
from weft.warehouses.duckdb.builds import Builder
from weft.warehouses.duckdb.by_key import by_key
from weft.warehouses.duckdb.by_time import by_time
from weft.warehouses.duckdb.disk import Disk, checksum
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.locking import holding
from weft.warehouses.duckdb.parts import (
    SMALL_ROWS,
    Written,
    intervals_of,
    overlapping,
    parts_copy,
    refuse_timeless,
    written,
)
from weft.warehouses.duckdb.reading import SMALL, select_parts
from weft.warehouses.duckdb.recipe import Recipe, file_column
from weft.warehouses.duckdb.relations import Relations
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.duckdb.sessions import Execute, Sessions
from weft.warehouses.duckdb.snapshots import snapshot
from weft.warehouses.growing import Fresh, added_to, brought_rows, refuse_keys
from weft.warehouses.protocol import Bound, Outcome, WarehouseError


@dataclass(frozen=True)
class Work:
    """A build that grows, without its data, and what is to be done for it.

    `there` are the parts of its base, as the columns of this build see them.
    """

    build: Build
    fresh: Fresh
    recipe: Recipe
    there: tuple[Part, ...]
    before: Range | None
    is_small: bool


class Grower:
    """Makes builds from their bases. Whoever makes one of a key first wins, as with all builds."""

    def __init__(
        self, layout: Layout, disk: Disk, scratch: Scratch, sessions: Sessions, builder: Builder
    ) -> None:
        self._layout = layout
        self._disk = disk
        self._scratch = scratch
        self._sessions = sessions
        self._builder = builder
        self._relations: Relations = builder.relations
        self._manifests = builder.relations.manifests

    def grow(self, step: Step, spec: BuildSpec, growing: Growing, bound: Bound) -> Outcome:
        """Build a model that grows, unless there is such a build. Raises WarehouseError."""
        found = self._manifests.find(spec.key)
        if found is not None:
            return Outcome.of(found, reused=True)
        work = self.work(step, spec, growing, bound)
        reads = (*spec.reads, *([growing.base] if growing.base else []))
        with self._relations.blaming(reads):
            touched, files = self._sessions.together(
                lambda execute: self._written(work, execute), work.is_small
            )
        self._relations.refuse_changed(spec.reads, bound.sources)
        return self._kept(work, touched, files)

    def work(self, step: Step, spec: BuildSpec, growing: Growing, bound: Bound) -> Work:
        """Work out what is to be done for a build, without doing it. Raises WarehouseError."""
        draft = self._builder.draft(step, spec, bound)
        fresh = Fresh(draft.statement, draft.build.columns, growing, bound.at, DIALECT)
        recipe = _recipe(fresh, spec.kind)
        if growing.brought:
            rows = self._relations.reading(spec.reads, bound.sources).over(spec.select)
            recipe = _as_brought(recipe, rows, growing.brought)
        base = self._relations.build(growing.base) if growing.base else None
        there: tuple[Part, ...] = ()
        if base is not None:
            added = added_to(base, recipe.columns, DIALECT)
            there = tuple(replace(each, lacks=(*each.lacks, *added)) for each in base.parts)
        return Work(
            build=replace(draft.build, columns=recipe.columns, base=growing.base),
            fresh=fresh,
            recipe=recipe,
            there=there,
            before=base.covered if base else None,
            is_small=draft.is_small and sum(each.bytes for each in there) <= SMALL,
        )

    def statements(self, work: Work, touched: Sequence[Part], folder: str) -> tuple[str, ...]:
        """The statements that do it, where these parts are touched, for a folder of new files."""
        recipe = work.recipe
        asked = filter(None, (recipe.refused, recipe.touched))
        return (*self._prepared(work), *asked, self._copy(work, touched, folder))

    def touched(self, work: Work) -> list[Part]:
        """The parts that do not stay as they are, where the rows of the query do not tell."""
        return overlapping(work.there, work.fresh.growing.ranges)

    def _prepared(self, work: Work) -> tuple[str, ...]:
        columns, file = work.recipe.columns, file_column(work.fresh)
        return work.recipe.prepared(select_parts(work.there, columns, self._layout, file))

    def _copy(self, work: Work, touched: Sequence[Part], folder: str) -> str:
        old = select_parts(touched, work.recipe.columns, self._layout) if touched else ""
        return parts_copy(work.recipe.written(old), work.recipe.order, folder)

    def _written(self, work: Work, execute: Execute) -> tuple[list[Part], list[Written]]:
        """Write what is new; the parts of the base whose place it takes, and the files."""
        recipe = work.recipe
        try:
            for statement in self._prepared(work):
                execute(statement)
            if recipe.refused:
                refuse_keys(execute(recipe.refused), work.fresh.growth)
            touched = self.touched(work)
            if recipe.touched:
                met = {path for (path,) in execute(recipe.touched)}
                touched = [each for each in work.there if self._is_touched(each, met)]
            folder = self._scratch.file(work.build.run, "parts")
            return touched, written(execute(self._copy(work, touched, folder)))
        finally:
            with suppress(WarehouseError):
                for name in recipe.tables:
                    execute(" ".join(("DROP TABLE IF EXISTS", name)))

    def _is_touched(self, part: Part, met: set[str]) -> bool:
        """Whether a part has rows that go, or is so small that it is to join the next one."""
        return self._layout.file(part.file) in met or part.rows < SMALL_ROWS

    def _kept(self, work: Work, touched: Sequence[Part], files: Sequence[Written]) -> Outcome:
        """Move new files to their place, and make the build visible."""
        run, key = work.build.run, work.build.key
        moves = {each.path: self._layout.part(key, run, self._scratch.number()) for each in files}
        try:
            build = self._build(work, touched, files, moves)
            for draft, target in moves.items():
                self._disk.rename(draft, target)
            added = self._add(build)
        except WarehouseError:
            with suppress(WarehouseError):
                self._discard(key, (*moves, *moves.values()))
            raise
        if not added:
            self._discard(key, moves.values())
            return Outcome.of(self._manifests.get(key), reused=True)
        return Outcome.of(build)

    def _build(
        self,
        work: Work,
        touched: Sequence[Part],
        files: Sequence[Written],
        moves: Mapping[str, str],
    ) -> Build:
        """The build as it is, with the parts that it shares and those that it has alone."""
        growth, time = work.fresh.growth, work.fresh.time
        parts = [each for each in work.there if each not in touched]
        latest = ""
        if time:
            refuse_timeless(files, time)
        for each in files:
            span, last = intervals_of(each, time, growth.interval) if time else (Range(), "")
            latest = max(latest, last)
            name = self._layout.relative(moves[each.path])
            parts.append(Part(name, each.rows, each.bytes, checksum([each.path]), span))
        parts.sort(key=lambda part: part.range.since)
        return replace(
            work.build,
            rows=sum(each.rows for each in parts),
            bytes=sum(each.bytes for each in parts),
            parts=tuple(parts),
            covered=work.fresh.covered(latest, work.before),
        )

    def _add(self, build: Build) -> bool:
        """Make a build visible, while nobody prunes: its base has to stay until that is done."""
        draft = self._scratch.file(build.run, "build.json")
        with holding(self._layout.identity, shared=True):
            return self._manifests.add(build, draft)

    def _discard(self, key: str, paths: Iterable[str]) -> None:
        """Remove data that no manifest names; over a network a link may be made and yet fail."""
        found = self._manifests.find(key)
        named = set(map(self._layout.file, found.all_files)) if found else set()
        for path in paths:
            if path not in named:
                self._disk.remove(path)


def _recipe(fresh: Fresh, kind: Materialization) -> Recipe:
    if kind == Materialization.SNAPSHOT:
        return snapshot(fresh)
    if fresh.growth.unique_key:
        return by_key(fresh)
    if fresh.time is None:
        raise WarehouseError("the head of the model names neither a time nor a key to grow by")
    return by_time(fresh, fresh.time)


def _as_brought(recipe: Recipe, rows: str, brought: Brought) -> Recipe:
    """A recipe that keeps rows from elsewhere, which a SELECT gives, as they are."""
    columns, new = brought_rows(rows, recipe.columns, brought, DIALECT)
    return Recipe(columns, recipe.order, new, recipe.stays)
