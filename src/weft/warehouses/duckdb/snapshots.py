"""Grow as a snapshot: every state of a key stays, with the time from which and to which it held."""

from __future__ import annotations

from weft.mesh.growth import VALID_FROM, VALID_TO
from weft.mesh.manifest import Column
from weft.sql.duckdb import DIALECT, quote
from weft.warehouses.duckdb.recipe import NEW, Recipe, file_column, new_rows, temporary
from weft.warehouses.growing import Fresh
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

_LAST, _STATES, _ENDED = "weft_last", "weft_states", "weft_ended"

# Statements, whose holes take quoted names, expressions, conditions, and SELECTs that are whole.
# In all of them `n` is what is new and `b` what the base has.
_NEWEST = (
    "SELECT {columns} FROM (\n{base}\n) AS b QUALIFY row_number() OVER"
    " (PARTITION BY {key} ORDER BY b.valid_from DESC, b.valid_to DESC NULLS FIRST) = 1"
)
_BEGUN = (
    "SELECT n.*, CAST({moment} AS {type}) AS valid_from, CAST(NULL AS {type}) AS valid_to\n"
    "FROM weft_new AS n LEFT JOIN weft_last AS b ON {same}\nWHERE {news}"
)
_REPLACED = (
    "SELECT {key}, b.{file}, n.valid_from AS weft_end FROM weft_last AS b"
    " JOIN weft_states AS n ON {same} WHERE b.valid_to IS NULL"
)
_VANISHED = (
    "\nUNION ALL SELECT {key}, b.{file}, greatest({at}, b.valid_from) FROM weft_last AS b"
    " ANTI JOIN weft_new AS n ON {same} WHERE b.valid_to IS NULL"
)
_NEW = "SELECT n.* FROM weft_states AS n WHERE {alive}"
_STAYS = (
    "SELECT b.* REPLACE (coalesce(b.valid_to, n.weft_end) AS valid_to)\n"
    "FROM (\n{old}\n) AS b LEFT JOIN weft_ended AS n ON {same}"
)
_TOUCHED = "SELECT DISTINCT {file} FROM weft_ended"


def snapshot(fresh: Fresh) -> Recipe:
    """Return how a snapshot grows."""
    growth = fresh.growth
    key, type = growth.unique_key, type_of_states(fresh)
    file, matches = file_column(fresh), same(DIALECT, key)
    kept = {"key": names(DIALECT, key, "b"), "file": quote(file), "same": matches}

    def prepared(base: str) -> tuple[str, ...]:
        columns = names(DIALECT, (file, *key, VALID_FROM, VALID_TO, *compared(fresh)), "b")
        last = _NEWEST.format(columns=columns, base=base, key=names(DIALECT, key, "b"))
        moment, news = begun(fresh)
        states = _BEGUN.format(moment=moment, type=type, same=matches, news=news)
        ended = _REPLACED.format(**kept) + (
            _VANISHED.format(at=seen_at(fresh), **kept) if growth.closes else ""
        )
        return (
            new_rows(fresh),
            temporary(_LAST, last),
            temporary(_STATES, states),
            temporary(_ENDED, ended),
        )

    return Recipe(
        columns=(*fresh.columns, Column(VALID_FROM, type), Column(VALID_TO, type)),
        order=(*key, VALID_FROM),
        new=_NEW.format(alive=alive(fresh, "n")),
        stays=lambda old: _STAYS.format(old=old, same=matches),
        prepared=prepared,
        tables=(NEW, _LAST, _STATES, _ENDED),
        refused=refused(fresh, NEW, timed=bool(growth.changed_at)),
        touched=_TOUCHED.format(file=quote(file)),
    )
