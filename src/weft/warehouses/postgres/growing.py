"""Make builds that grow: what is new goes into a table of its own, all other layers are shared.

The build itself is a view over its layers. What is written for each way of growing stands in
`by_time.py`, `by_key.py` and `snapshots.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from weft.mesh.growth import VALID_FROM, VALID_TO, Brought, Growing, Growth
from weft.mesh.manifest import Column
from weft.mesh.product import Materialization
from weft.mesh.release import Build
from weft.sql.postgres import DIALECT
from weft.warehouses.growing import (
    Fresh,
    added_to,
    brought_rows,
    intervals_between,
    refuse_keys,
    refuse_without_time,
)
from weft.warehouses.merging import type_of_states
from weft.warehouses.postgres.by_key import by_key
from weft.warehouses.postgres.by_time import by_time
from weft.warehouses.postgres.catalog import Catalog, Located, relation
from weft.warehouses.postgres.increments import stack_of
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.layers import Layer, Layers, Stack
from weft.warehouses.postgres.marks import Mark, marking
from weft.warehouses.postgres.names import keys_name, layer_name, scratch_name
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.reading import columns_of
from weft.warehouses.postgres.recipe import Ground, Recipe, Tables, table
from weft.warehouses.postgres.sessions import LOOKING_UP, Sessions
from weft.warehouses.postgres.snapshots import snapshot
from weft.warehouses.postgres.work import Asked, Work
from weft.warehouses.protocol import Outcome, Unmeasurable, WarehouseError

# A statement, whose hole takes a quoted name.
_COUNTED = "SELECT count(*) FROM {rows}"


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
        with self._sessions.acting_as(asked.place.internal_owner, LOOKING_UP):
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
        recipe = _recipe(Ground(fresh, tables, stack), kind)
        if asked.growing.brought:
            recipe = _as_brought(recipe, tables, asked.select, asked.growing.brought)
        return Work(asked, fresh, recipe, base, stack, layer)

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
        rows, timeless, least, greatest = sessions.ask(work.counting())[0]
        latest = ""
        if fresh.time:
            refuse_without_time(timeless, fresh.time)
            latest = _latest(fresh.time, fresh.growth, least, greatest)
        count = work.joining(rows)
        moved = [sessions.change_by_users(each) for each in work.moving(count)]
        layer = replace(work.new_layer(count), rows=rows + sum(moved))
        for statement in work.finishing(layer, count):
            sessions.ask(statement)
        for statement in work.indexes():
            _try(sessions, statement)
        before = work.base.build if work.base else None
        build = replace(
            work.asked.draft.build,
            columns=recipe.columns,
            rows=(before.rows if before else 0) - gone + rows,
            covered=fresh.covered(latest, before.covered if before else None),
        )
        return self._shown(work, build, self._measured(work, layer), count)

    def _measured(self, work: Work, layer: Layer) -> Layer:
        """A layer with the number of its keys and the size of its tables; they get their marks."""
        size = 0
        for name in layer.tables:
            table = work.relation(name)
            stored = self._catalog.stored(table)
            mark = Mark(layer=work.asked.draft.build.key, transaction=stored.transaction)
            self._sessions.ask(marking("TABLE", table, mark))
            size += stored.bytes
        gone = 0
        if layer.keys:
            gone = self._sessions.ask(_COUNTED.format(rows=work.relation(layer.keys)))[0][0]
        return replace(layer, bytes=size, gone=gone)

    def _shown(self, work: Work, build: Build, layer: Layer, count: int) -> Located:
        """Make the view, with its mark; all of it comes to be there at once."""
        self._sessions.ask(work.view(layer, count))
        made = work.marked(build, layer, count)
        made = made.completed(made.build, self._catalog.stored(made.relation).transaction)
        self._sessions.ask(marking("VIEW", made.relation, made.mark))
        return made


def _try(sessions: Sessions, statement: str) -> None:
    """Run a statement; the transaction goes on without it where it is at fault."""
    sessions.ask("SAVEPOINT tried")
    try:
        sessions.ask(statement)
    except Unmeasurable:
        sessions.ask("ROLLBACK TO SAVEPOINT tried")


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


def _as_brought(recipe: Recipe, tables: Tables, rows: str, brought: Brought) -> Recipe:
    """A recipe that keeps rows from elsewhere, which a SELECT gives, as they are."""
    columns, select = brought_rows(rows, recipe.columns, brought, DIALECT)
    return replace(
        recipe,
        columns=columns,
        read=table(tables.rows, select),
        refused="",
        prepared=(),
        gone="SELECT 0",
        scratch=(),
    )


def _latest(time: Column, growth: Growth, least: str | None, greatest: str | None) -> str:
    """The start of the interval of the latest row, "" where there is none."""
    if least is None or greatest is None:
        return ""
    return intervals_between(least, greatest, time, growth.interval)[1]
