"""Grow as a snapshot: every state of a key stays, with the time from which and to which it held."""

from __future__ import annotations

from weft.mesh.growth import VALID_FROM, VALID_TO
from weft.mesh.manifest import Column
from weft.sql.postgres import DIALECT
from weft.warehouses.merging import (
    alive,
    begun,
    compared,
    names,
    refused,
    same,
    seen_at,
    type_of_states,
)
from weft.warehouses.postgres.layers import Layer, Layers, Stack
from weft.warehouses.postgres.recipe import Ground, Recipe, all_keys, latest, scratch, table

# Statements, whose holes take quoted names, expressions, conditions, and SELECTs that are whole.
# In all of them `n` is what is new and `b` what the base has.
_NEWEST = (
    "SELECT DISTINCT ON ({key}) * FROM (\n{rows}\n) AS b"
    " ORDER BY {key}, b.valid_from DESC, b.valid_to DESC NULLS FIRST"
)
_STATES = (
    "SELECT n.*, CAST({moment} AS {type}) AS valid_from, CAST(NULL AS {type}) AS valid_to\n"
    "FROM {new} AS n LEFT JOIN {last} AS b ON {same}\nWHERE {news}"
)
_REPLACED = (
    "SELECT {key}, n.valid_from AS weft_end FROM {last} AS b"
    " JOIN {rows} AS n ON {same} WHERE b.valid_to IS NULL"
)
_VANISHED = (
    "\nUNION ALL SELECT {key}, greatest({at}, b.valid_from) FROM {last} AS b"
    " WHERE b.valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM {new} AS n WHERE {same})"
)
_DEAD = "DELETE FROM {rows} AS n WHERE NOT ({alive})"
_MOVED = "INSERT INTO {into}\n{rows}"
_JOINED = " JOIN {ended} AS n ON {same}"
_STILL = "NOT EXISTS (SELECT 1 FROM {ended} AS n WHERE {same} AND b.valid_to IS NULL)"


def snapshot(ground: Ground) -> Recipe:
    """Return how a snapshot grows. A state that ends is written anew, with its end."""
    fresh, tables, base = ground.fresh, ground.tables, ground.base
    key, type = fresh.growth.unique_key, type_of_states(fresh)
    columns = (*fresh.columns, Column(VALID_FROM, type), Column(VALID_TO, type))
    new, last, ended = (tables.scratch(each) for each in ("new", "last", "ended"))
    matches = same(DIALECT, key)
    dead = _DEAD.format(rows=tables.rows, alive=alive(fresh, "n"))
    ends = {"key": names(DIALECT, key, "b"), "last": last, "new": new, "same": matches}

    def closed(layer: Layer) -> str:
        values = (base.value(layer, each.name) for each in columns[:-1])
        return ", ".join((*values, "n.weft_end"))

    def moved(joining: Stack) -> tuple[str, ...]:
        still = _STILL.format(ended=ended, same=matches)
        stays = joining.rows(joining.all([each.name for each in columns]), where=still)
        joined = _JOINED.format(ended=ended, same=matches)
        changed = base.rows(closed, joined, "b.valid_to IS NULL")
        return tuple(_MOVED.format(into=tables.rows, rows=rows) for rows in (stays, changed))

    return Recipe(
        columns=columns,
        like=Layers(key=key, current=True),
        read=scratch(new, latest(fresh)),
        refused=refused(fresh, new, timed=bool(fresh.growth.changed_at)),
        prepared=(
            f"ANALYZE {new}",
            *_states(ground, ends),
            scratch(ended, _ending(ground, ends)),
            f"ANALYZE {ended}",
            *((dead,) if fresh.growth.deleted else ()),
        ),
        gone="SELECT 0",
        moved=moved,
        keys=lambda joining: all_keys(ended, key, joining),
        scratch=(new, last, ended),
    )


def _states(ground: Ground, ends: dict[str, str]) -> tuple[str, str, str]:
    """The last state of every key, and those that begin now."""
    fresh, base = ground.fresh, ground.base
    kept = dict.fromkeys((*fresh.growth.unique_key, VALID_FROM, VALID_TO, *compared(fresh)))
    newest = _NEWEST.format(key=ends["key"], rows=base.rows(base.all(list(kept))))
    moment, news = begun(fresh)
    states = _STATES.format(moment=moment, news=news, type=type_of_states(fresh), **ends)
    last = ends["last"]
    return scratch(last, newest), f"ANALYZE {last}", table(ground.tables.rows, states)


def _ending(ground: Ground, ends: dict[str, str]) -> str:
    replaced = _REPLACED.format(rows=ground.tables.rows, **ends)
    if not ground.fresh.growth.closes:
        return replaced
    return replaced + _VANISHED.format(at=seen_at(ground.fresh), **ends)
