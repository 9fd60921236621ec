"""What is to be done for a build that grows, as statements; nothing here runs one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from weft.mesh.growth import Growing, Range
from weft.mesh.release import Build
from weft.sql.postgres import DIALECT, quote
from weft.warehouses.growing import Fresh
from weft.warehouses.merging import names
from weft.warehouses.postgres.catalog import Located, Shared, relation
from weft.warehouses.postgres.layers import Layer, Stack, joining
from weft.warehouses.postgres.marks import Mark
from weft.warehouses.postgres.names import Place
from weft.warehouses.postgres.recipe import Recipe, table

# Statements, whose holes take quoted names and SELECTs that are whole.
_COUNTED = "SELECT count(*), 0, NULL, NULL FROM {rows}"
_TIMED = (
    "SELECT count(*), count(*) - count({time}), CAST(min({time}) AS text),"
    " CAST(max({time}) AS text) FROM {rows}"
)
_INDEX = "CREATE INDEX ON {name} ({key})"
_SUMMARY = "CREATE INDEX ON {name} USING brin ({key})"
_VIEW = "CREATE OR REPLACE VIEW {name} ({columns}) AS\n{select}"


@dataclass(frozen=True)
class Asked:
    """A build that is to be made: its draft, where, the SELECT of its rows, how, and when.

    `shape` is the SELECT as it is described, and not run. `looked_up` are the columns by which
    audits will look for its rows.
    """

    draft: Located
    place: Place
    select: str
    shape: str
    growing: Growing
    at: str
    looked_up: tuple[tuple[str, ...], ...] = ()


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

    def statements(self) -> list[str]:
        """Return the statements that do it, where layers that are small now join the new one."""
        recipe, count = self.recipe, self.joining(0)
        asked = [recipe.refused] if recipe.refused else []
        first = [recipe.read, *asked, *recipe.prepared, recipe.gone, self.counting()]
        layer = self.new_layer(count)
        last = [*self.finishing(layer, count), *self.indexes(), self.view(layer, count)]
        return [*first, *self.moving(count), *last]

    def foreseen(self) -> Located:
        """Return the build as it will be, without rows."""
        build = replace(self.asked.draft.build, columns=self.recipe.columns)
        count = self.joining(0)
        layer = self.new_layer(count)
        place = self.asked.place
        own = (
            Shared(place.internal, name, place.internal_owner, 0, frozenset())
            for name in layer.tables
        )
        made = self.marked(build, layer, count)
        return replace(made, tables=(*(self.base.tables if self.base else ()), *own))

    def joining(self, rows: int) -> int:
        """How many of the last layers join the new one; all of them where none of them counts."""
        layers = self.stack.layers
        if self.recipe.like.time and Range() in self.fresh.growing.ranges:
            return len(layers)
        return joining(layers, rows)

    def counting(self) -> str:
        """The SELECT of how many rows are new, how many have no time, and their first and last."""
        time, rows = self.fresh.time, self.relation(self.layer.table)
        return (
            _TIMED.format(time=quote(time.name), rows=rows) if time else _COUNTED.format(rows=rows)
        )

    def moving(self, count: int) -> Sequence[str]:
        """What adds rows of the base to the new layer."""
        if not self.stack.layers:
            return ()
        return self.recipe.moved(self.stack.above(len(self.stack.layers) - count))

    def new_layer(self, count: int) -> Layer:
        """The new layer, where so many join it: what no longer counts of those before it."""
        if not self.stays(count).layers:
            return replace(self.layer, keys="")
        if self.recipe.like.key:
            return self.layer
        joined = self.stack.above(len(self.stack.layers) - count).layers
        ranges = (*self.fresh.growing.ranges, *(each for one in joined for each in one.ranges))
        return replace(self.layer, keys="", ranges=ranges)

    def finishing(self, layer: Layer, count: int) -> Iterable[str]:
        """What is left to do once all rows of the new layer are there."""
        recipe, rows = self.recipe, self.relation(layer.table)
        if layer.keys:
            name, joined = self.relation(layer.keys), len(self.stack.layers) - count
            yield table(name, recipe.keys(self.stack.above(joined)))
            yield _INDEX.format(name=name, key=names(DIALECT, recipe.like.key))
            yield f"ANALYZE {name}"
        if recipe.index:
            yield recipe.index
        yield f"ANALYZE {rows}"
        for name in recipe.scratch:
            yield f"DROP TABLE {name}"

    def indexes(self) -> Iterable[str]:
        """What says which rows cannot have a key: where they lie, if keys grow as rows are added.

        Some values are too long for it, and some have no order.
        """
        there = {each.name for each in self.recipe.columns}
        for columns in self.asked.looked_up:
            if there.issuperset(columns) and set(columns) != set(self.recipe.like.key):
                key = names(DIALECT, columns)
                yield _SUMMARY.format(name=self.relation(self.layer.table), key=key)

    def marked(self, build: Build, layer: Layer, count: int) -> Located:
        """The build with its layers, of which so many of the last have joined this one."""
        layers = (*self.stays(count).layers, layer)
        size = sum(each.bytes for each in layers)
        build = replace(build, bytes=size, base=self.asked.growing.base)
        mark = Mark(build=build, layers=replace(self.recipe.like, layers=layers))
        return replace(self.asked.draft, mark=mark)

    def view(self, layer: Layer, count: int) -> str:
        """The statement that makes the view of all rows that count."""
        columns = [each.name for each in self.recipe.columns]
        own = {name: self.relation(name) for name in layer.tables}
        of = replace(self.recipe.like, layers=(*self.stays(count).layers, layer))
        stack = Stack(of, self.recipe.columns, {**self.stack.relations, **own})
        return _VIEW.format(
            name=self.asked.draft.relation,
            columns=names(DIALECT, columns),
            select=stack.rows(stack.all(columns)),
        )
