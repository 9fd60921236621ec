"""Grow by time: what the base has in the ranges that are read anew goes, the rest stays."""

from __future__ import annotations

from weft.mesh.manifest import Column
from weft.warehouses.duckdb.recipe import Recipe
from weft.warehouses.growing import Fresh

# A SELECT that is whole, and a condition.
_STAYS = 'SELECT * FROM (\n{old}\n) AS "old" WHERE NOT ({within})'


def by_time(fresh: Fresh, time: Column) -> Recipe:
    """Return how a model grows by a column of time alone."""
    condition = fresh.within(time, fresh.growing.ranges)
    return Recipe(
        columns=fresh.columns,
        order=(time.name,),
        new=fresh.rows,
        stays=lambda old: _STAYS.format(old=old, within=condition),
    )
