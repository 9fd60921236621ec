"""Grow by key: a new row of a key takes the place of the one that is there, or ends it."""

from __future__ import annotations

from weft.sql.postgres import DIALECT, quote
from weft.warehouses.merging import alive, names, refused, same
from weft.warehouses.postgres.layers import Layer, Layers, Stack
from weft.warehouses.postgres.recipe import Ground, Recipe, all_keys, latest, scratch, table

# Statements, whose holes take quoted names, conditions, and SELECTs that are whole. In all of them
# `n` is a new row, `b` one of the base, and `m` a key that both have.
_JOINED = " JOIN {rows} AS n ON {same}"
_STAYS = "{key}, (b.{later} > n.{later}) IS TRUE AS weft_stays"
_GOES = "{key}, FALSE AS weft_stays"
_OUTDATED = (
    "DELETE FROM {rows} AS b WHERE NOT ({alive})"
    " OR EXISTS (SELECT 1 FROM {met} AS n WHERE {same} AND n.weft_stays)"
)
_GONE = "SELECT count(*) FROM {met} WHERE NOT weft_stays"
_REPLACED = "NOT EXISTS (SELECT 1 FROM {met} AS n WHERE {same} AND NOT n.weft_stays)"
_MOVED = "INSERT INTO {into}\n{rows}"
_REPLACING = "(SELECT * FROM {met} WHERE NOT weft_stays) AS met"
_INDEX = "CREATE INDEX ON {table} ({key})"


def by_key(ground: Ground) -> Recipe:
    """Return how a model grows by its key. What is there stays where it changed later."""
    fresh, tables, base = ground.fresh, ground.tables, ground.base
    growth, key = fresh.growth, fresh.growth.unique_key
    columns = [each.name for each in fresh.columns]
    met, matches = tables.scratch("met"), same(DIALECT, key)

    def meeting(layer: Layer) -> str:
        listed = names(DIALECT, key, "b")
        later = growth.changed_at
        if not later or later in layer.lacks:
            return _GOES.format(key=listed)
        return _STAYS.format(key=listed, later=quote(later))

    def moved(joining: Stack) -> tuple[str, ...]:
        kept = _REPLACED.format(met=met, same=matches)
        rows = joining.rows(joining.all(columns), where=kept)
        return (_MOVED.format(into=tables.rows, rows=rows),)

    replacing = _REPLACING.format(met=met)
    joined = _JOINED.format(rows=tables.rows, same=matches)
    outdated = _OUTDATED.format(rows=tables.rows, alive=alive(fresh, "b"), met=met, same=matches)
    return Recipe(
        columns=fresh.columns,
        like=Layers(key=key),
        read=table(tables.rows, latest(fresh)),
        refused=refused(fresh, tables.rows),
        prepared=(
            f"ANALYZE {tables.rows}",
            scratch(met, base.rows(meeting, joined)),
            f"ANALYZE {met}",
            *((outdated,) if growth.deleted or growth.changed_at else ()),
        ),
        gone=_GONE.format(met=met),
        moved=moved,
        keys=lambda joining: all_keys(replacing, key, joining),
        index=_INDEX.format(table=tables.rows, key=names(DIALECT, key)),
        scratch=(met,),
    )
