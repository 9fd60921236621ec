"""Make builds that grow: what is new goes into a table of its own, all other layers are shared.

The build itself is a view over its layers. What is written for each way of growing stands in
`by_time.py`, `by_key.py` and `snapshots.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from weft.mesh.growth import VALID_FROM, VALID_TO, Growing, Growth, Range
from weft.mesh.manifest import Column
from weft.mesh.product import Materialization
from weft.mesh.release import Build
from weft.plan.intervals import coverage
from weft.sql.postgres import DIALECT, quote, string
from weft.warehouses.growing import (
    Fresh,
    added_to,
    intervals_between,
    refuse_keys,
    refuse_without_time,
)
from weft.warehouses.merging import names, type_of_states
from weft.warehouses.postgres.by_key import by_key
from weft.warehouses.postgres.by_time import by_time
from weft.warehouses.postgres.catalog import Catalog, Located, Shared, relation
from weft.warehouses.postgres.increments import stack_of
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.layers import Layer, Layers, Stack, joining
from weft.warehouses.postgres.marks import Mark, encoded
from weft.warehouses.postgres.names import Place, keys_name, layer_name, scratch_name
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.reading import columns_of
from weft.warehouses.postgres.recipe import Ground, Recipe, Tables
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.snapshots import snapshot
from weft.warehouses.protocol import Outcome, WarehouseError

# So that the keys of a day's changes are looked up without writing all of the base to disk.
_MEMORY = "SET LOCAL work_mem = '128MB'"

# Statements, whose holes take quoted names and SELECTs that are whole.
_COUNTED = "SELECT count(*), 0, NULL, NULL FROM {rows}"
_TIMED = (
    "SELECT count(*), count(*) - count({time}), CAST(min({time}) AS text),"
    " CAST(max({time}) AS text) FROM {rows}"
)
_KEYS = "CREATE TABLE {name} AS\n{select}"
_KEYS_INDEX = "CREATE INDEX ON {name} ({key})"
_VIEW = "CREATE OR REPLACE VIEW {name} ({columns}) AS\n{select}"


@dataclass(frozen=True)
class Asked:
    """A build that is to be made: its draft, where, the SELECT of its rows, how, and when.

    `shape` is the SELECT as it is described, and not run.
    """

    draft: Located
    place: Place
    select: str
    shape: str
    growing: Growing
    at: str


@dataclass(frozen=True)
class Work:
    """What is to be done for a build: with which recipe, on which layers, into which tables."""

    asked: Asked
    fresh: Fresh
    recipe: Recipe
    base: Located | None
    stack: Stack
    layer: Layer

    def relation(self, name: str) -> str:
        """The quoted name of a table that the build makes."""
        return relation(self.asked.place.internal, name)

    def stays(self, count: int) -> Stack:
        """The layers that stay where so many of the last join the new one."""
        return self.stack.below(len(self.stack.layers) - count)


class Grower:
    """Makes builds from their bases. Whoever makes one of a key first wins, as with all builds."""

    def __init__(self, sessions: Sessions, known: Known, places: Places) -> None:
        self._sessions = sessions
        self._known = known
        self._places = places
        self._catalog: Catalog = known.catalog

    def grow(self, asked: Asked) -> Outcome:
        """Make a build of a model that grows, in one transaction. Raises WarehouseError."""
        base = self.base(asked.growing)
        work = self.work(asked, base)
        for each in base.tables if base else ():
            if each.schema != asked.place.internal:
                self._places.let_read(asked.place.internal_owner, each)
        with self._sessions.acting_as(asked.place.internal_owner):
            self._sessions.ask(_MEMORY)
            made = self._made(work)
        # Whoever looks for it finds it with its tables.
        self._known.lose([made.build.key])
        return Outcome(made.build.rows, made.build.bytes, False, made.build.columns)

    def work(self, asked: Asked, base: Located | None) -> Work:
        """Work out what is to be done, without doing it. Raises WarehouseError."""
        fresh = self._fresh(asked)
        kind = asked.draft.build.kind
        columns = (*fresh.columns, *(_times(fresh) if kind == Materialization.SNAPSHOT else ()))
        stack = Stack(Layers(), columns)
        if base is not None:
            added = added_to(base.build, columns, DIALECT)
            stack = replace(stack_of(base), columns=columns).lacking(added)
        layer = self._layer(asked)
        place = asked.place.internal
        tables = Tables(
            relation(place, layer.table),
            relation(place, layer.keys),
            lambda purpose: relation(place, scratch_name(asked.draft.build.key, purpose)),
        )
        return Work(asked, fresh, _recipe(Ground(fresh, tables, stack), kind), base, stack, layer)

    def statements(self, work: Work) -> list[str]:
        """Return the statements that do it, where layers that are small now join the new one."""
        recipe, count = work.recipe, self._joining(work, 0)
        asked = [recipe.refused] if recipe.refused else []
        first = [recipe.read, *asked, *recipe.prepared, recipe.gone, self._counting(work)]
        layer = self._new_layer(work, count)
        last = [*self._finishing(work, layer, count), self._view(work, layer, count)]
        return [*first, *self._moving(work, count), *last]

    def foreseen(self, work: Work) -> Located:
        """Return the build as it will be, without rows."""
        build = replace(work.asked.draft.build, columns=work.recipe.columns)
        count = self._joining(work, 0)
        layer = self._new_layer(work, count)
        place = work.asked.place
        own = (
            Shared(place.internal, name, place.internal_owner, 0, frozenset())
            for name in layer.tables
        )
        made = self._marked(work, build, layer, count)
        return replace(made, tables=(*(work.base.tables if work.base else ()), *own))

    def base(self, growing: Growing) -> Located | None:
        """Return the build to grow from, None for a full build. Raises WarehouseError."""
        if not growing.base:
            return None
        # Its layers may have been taken over since it was last looked at.
        self._known.lose([growing.base])
        base = self._known.need([growing.base])[growing.base]
        if base.mark.layers is None:
            raise WarehouseError(f"build {growing.base} is not of a model that grows")
        return base

    def _fresh(self, asked: Asked) -> Fresh:
        """What is read, with the columns that the head names spelled as the query gives them."""
        columns = columns_of(self._sessions, asked.shape)
        fresh = Fresh(asked.select, columns, asked.growing, asked.at, DIALECT)
        growth = asked.growing.growth

        def spelled(names: Iterable[str]) -> tuple[str, ...]:
            return tuple(fresh.column(each).name if each else "" for each in names)

        (time, changed_at, deleted) = spelled(
            (growth.time_column, growth.changed_at, growth.deleted)
        )
        growth = replace(
            growth,
            time_column=time,
            changed_at=changed_at,
            deleted=deleted,
            unique_key=spelled(growth.unique_key),
            compare=spelled(growth.compare),
        )
        return replace(fresh, growing=replace(asked.growing, growth=growth))

    def _layer(self, asked: Asked) -> Layer:
        """The layer to make, under names that are free: a lost build leaves its own behind."""
        key = asked.draft.build.key
        taken = {each.name for each in self._catalog.layers()}
        number = 1
        while {layer_name(key, number), keys_name(key, number)} & taken:
            number += 1
        return Layer(layer_name(key, number), 0, 0, keys=keys_name(key, number))

    def _made(self, work: Work) -> Located:
        sessions, recipe, fresh = self._sessions, work.recipe, work.fresh
        sessions.change_by_users(recipe.read)
        if recipe.refused:
            refuse_keys(sessions.ask(recipe.refused), fresh.growth)
        for statement in recipe.prepared:
            sessions.ask(statement)
        gone = sessions.ask(recipe.gone)[0][0]
        rows, timeless, least, greatest = sessions.ask(self._counting(work))[0]
        latest = ""
        if fresh.time:
            refuse_without_time(timeless, fresh.time)
            latest = _latest(fresh.time, fresh.growth, least, greatest)
        count = self._joining(work, rows)
        moved = [sessions.change_by_users(each) for each in self._moving(work, count)]
        layer = replace(self._new_layer(work, count), rows=rows + sum(moved))
        for statement in self._finishing(work, layer, count):
            sessions.ask(statement)
        before = work.base.build if work.base else None
        build = replace(
            work.asked.draft.build,
            columns=recipe.columns,
            rows=(before.rows if before else 0) - gone + rows,
            covered=coverage(fresh.growth, latest, fresh.at, before.covered if before else None)
            if fresh.time
            else None,
        )
        return self._shown(work, build, self._measured(work, layer), count)

    def _joining(self, work: Work, rows: int) -> int:
        """How many of the last layers join the new one; all of them where none of them counts."""
        layers = work.stack.layers
        if work.recipe.like.time and Range() in work.fresh.growing.ranges:
            return len(layers)
        return joining(layers, rows)

    def _counting(self, work: Work) -> str:
        time, rows = work.fresh.time, work.relation(work.layer.table)
        return (
            _TIMED.format(time=quote(time.name), rows=rows) if time else _COUNTED.format(rows=rows)
        )

    def _moving(self, work: Work, count: int) -> Sequence[str]:
        """What adds rows of the base to the new layer."""
        if not work.stack.layers:
            return ()
        return work.recipe.moved(work.stack.above(len(work.stack.layers) - count))

    def _new_layer(self, work: Work, count: int) -> Layer:
        """The new layer, where so many join it: what no longer counts of those before it."""
        if not work.stays(count).layers:
            return replace(work.layer, keys="")
        if work.recipe.like.key:
            return work.layer
        joined = work.stack.above(len(work.stack.layers) - count).layers
        ranges = (*work.fresh.growing.ranges, *(each for one in joined for each in one.ranges))
        return replace(work.layer, keys="", ranges=ranges)

    def _finishing(self, work: Work, layer: Layer, count: int) -> Iterable[str]:
        """What is left to do once all rows of the new layer are there."""
        recipe, rows = work.recipe, work.relation(layer.table)
        if layer.keys:
            name, joined = work.relation(layer.keys), len(work.stack.layers) - count
            yield _KEYS.format(name=name, select=recipe.keys(work.stack.above(joined)))
            yield _KEYS_INDEX.format(name=name, key=names(DIALECT, recipe.like.key))
            yield f"ANALYZE {name}"
        if recipe.index:
            yield recipe.index
        yield f"ANALYZE {rows}"
        for name in recipe.scratch:
            yield f"DROP TABLE {name}"

    def _measured(self, work: Work, layer: Layer) -> Layer:
        """A layer with the number of its keys and the size of its tables; they get their marks."""
        mark = string(encoded(Mark(layer=work.asked.draft.build.key)))
        size = 0
        for name in layer.tables:
            table = work.relation(name)
            self._sessions.ask(" ".join(("COMMENT ON TABLE", table, "IS", mark)))
            size += self._catalog.stored(table)[1]
        gone = 0
        if layer.keys:
            gone = self._sessions.ask(_COUNTED.format(rows=work.relation(layer.keys)))[0][0]
        return replace(layer, bytes=size, gone=gone)

    def _shown(self, work: Work, build: Build, layer: Layer, count: int) -> Located:
        """Make the view, with its mark; all of it comes to be there at once."""
        self._sessions.ask(self._view(work, layer, count))
        made = self._marked(work, build, layer, count)
        mark = string(encoded(made.mark))
        self._sessions.ask(" ".join(("COMMENT ON VIEW", made.relation, "IS", mark)))
        return made

    def _marked(self, work: Work, build: Build, layer: Layer, count: int) -> Located:
        layers = (*work.stays(count).layers, layer)
        size = sum(each.bytes for each in layers)
        build = replace(build, bytes=size, base=work.asked.growing.base)
        mark = Mark(build=build, layers=replace(work.recipe.like, layers=layers))
        return replace(work.asked.draft, mark=mark)

    def _view(self, work: Work, layer: Layer, count: int) -> str:
        columns = [each.name for each in work.recipe.columns]
        own = {name: work.relation(name) for name in layer.tables}
        of = replace(work.recipe.like, layers=(*work.stays(count).layers, layer))
        stack = Stack(of, work.recipe.columns, {**work.stack.relations, **own})
        return _VIEW.format(
            name=work.asked.draft.relation,
            columns=names(DIALECT, columns),
            select=stack.rows(stack.all(columns)),
        )


def _times(fresh: Fresh) -> tuple[Column, Column]:
    type = type_of_states(fresh)
    return Column(VALID_FROM, type), Column(VALID_TO, type)


def _recipe(ground: Ground, kind: Materialization) -> Recipe:
    if kind == Materialization.SNAPSHOT:
        return snapshot(ground)
    if ground.fresh.growth.unique_key:
        return by_key(ground)
    if ground.fresh.time is None:
        raise WarehouseError("the head of the model names neither a time nor a key to grow by")
    return by_time(ground, ground.fresh.time)


def _latest(time: Column, growth: Growth, least: str | None, greatest: str | None) -> str:
    """The start of the interval of the latest row, "" where there is none."""
    if least is None or greatest is None:
        return ""
    return intervals_between(least, greatest, time, growth.interval)[1]
