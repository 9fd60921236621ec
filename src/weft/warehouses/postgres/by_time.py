"""Grow by time: what the base has in the ranges that are read anew no longer counts."""

from __future__ import annotations

from weft.mesh.manifest import Column
from weft.sql.postgres import quote
from weft.warehouses.postgres.layers import Layers, Stack
from weft.warehouses.postgres.recipe import Ground, Recipe, table

# Statements, whose holes take quoted names, conditions, and SELECTs that are whole.
_GONE = "SELECT count(*) FROM (\n{rows}\n) AS gone"
_MOVED = "INSERT INTO {into}\n{rows}"
_INDEX = "CREATE INDEX ON {table} USING brin ({time})"


def by_time(ground: Ground, time: Column) -> Recipe:
    """Return how a model grows by a column of time alone."""
    fresh, tables = ground.fresh, ground.tables
    condition = fresh.within(time, fresh.growing.ranges)
    columns = [each.name for each in fresh.columns]

    def moved(joining: Stack) -> tuple[str, ...]:
        rows = joining.rows(joining.all(columns), where=f"NOT ({condition})")
        return (_MOVED.format(into=tables.rows, rows=rows),)

    return Recipe(
        columns=fresh.columns,
        like=Layers(time=time.name),
        read=table(tables.rows, fresh.rows),
        gone=_GONE.format(rows=ground.base.rows(ground.base.all([time.name]), where=condition)),
        moved=moved,
        index=_INDEX.format(table=tables.rows, time=quote(time.name)),
    )
