"""Grow as a snapshot: every state of a key stays, with the time from which and to which it held."""

from __future__ import annotations

from weft.mesh.manifest import Column
from weft.sql.duckdb import DIALECT, quote, string
from weft.warehouses.duckdb.recipe import (
    FILE,
    NEW,
    Fresh,
    Recipe,
    alive,
    names,
    new_rows,
    refused,
    same,
    temporary,
)

VALID_FROM, VALID_TO = "valid_from", "valid_to"

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
_AT = "CAST(CAST({time} AS TIMESTAMP WITH TIME ZONE) AS {type})"
_UNTIL = "coalesce(b.valid_to, b.valid_from)"


def snapshot(fresh: Fresh) -> Recipe:
    """Return how a snapshot grows."""
    growth = fresh.growth
    key, type = growth.unique_key, _type(fresh)
    at = _AT.format(time=string(fresh.at), type=type)
    kept = {"key": names(key, "b"), "file": quote(FILE), "same": same(key)}

    def prepared(base: str) -> tuple[str, ...]:
        columns = names((FILE, *key, VALID_FROM, VALID_TO, *_compared(fresh)), "b")
        last = _NEWEST.format(columns=columns, base=base, key=names(key, "b"))
        moment, news = _timed(fresh, at) if growth.changed_at else _differing(fresh, at)
        begun = _BEGUN.format(moment=moment, type=type, same=same(key), news=news)
        ended = _REPLACED.format(**kept) + (
            _VANISHED.format(at=at, **kept) if growth.closes else ""
        )
        return (
            new_rows(fresh),
            temporary(_LAST, last),
            temporary(_STATES, begun),
            temporary(_ENDED, ended),
        )

    return Recipe(
        columns=(*fresh.columns, Column(VALID_FROM, type), Column(VALID_TO, type)),
        order=(*key, VALID_FROM),
        new=_NEW.format(alive=alive(growth, "n")),
        stays=lambda old: _STAYS.format(old=old, same=same(key)),
        prepared=prepared,
        tables=(NEW, _LAST, _STATES, _ENDED),
        refused=refused(growth, timed=bool(growth.changed_at)),
        touched=_TOUCHED.format(file=quote(FILE)),
    )


def _timed(fresh: Fresh, at: str) -> tuple[str, str]:
    """When a state begins, and which rows begin one, where rows say when they changed.

    A key that is back after it had vanished may say the same as before: it is seen to be back now.
    """
    growth = fresh.growth
    changed = f"n.{quote(growth.changed_at)}"
    later = f"b.valid_from IS NULL OR {changed} > {_UNTIL}"
    news = [later]
    if growth.deleted:
        news.append(f"(b.valid_to IS NULL AND NOT ({alive(growth, 'n')}))")
    if growth.closes:
        news.append("b.valid_to IS NOT NULL")
    moment = f"CASE WHEN {later} THEN {changed} ELSE greatest({at}, {_UNTIL}) END"
    return moment, " OR ".join(news)


def _differing(fresh: Fresh, at: str) -> tuple[str, str]:
    """The same where only a difference says that something changed; it is seen now."""
    differs = " OR ".join(
        f"n.{quote(name)} IS DISTINCT FROM b.{quote(name)}" for name in _compared(fresh)
    )
    ends = f"NOT ({alive(fresh.growth, 'n')})"
    news = f"b.valid_from IS NULL OR b.valid_to IS NOT NULL OR {ends} OR {differs or 'FALSE'}"
    return f"greatest({at}, {_UNTIL})", news


def _compared(fresh: Fresh) -> tuple[str, ...]:
    """The columns that make a state: those of the head, or else all but the key."""
    growth = fresh.growth
    if growth.changed_at:
        return ()
    key = set(map(DIALECT.fold, growth.unique_key))
    others = (each.name for each in fresh.columns if DIALECT.fold(each.name) not in key)
    return growth.compare or tuple(others)


def _type(fresh: Fresh) -> str:
    """The type of the times of states: that of `changed_at`, where rows say when they changed."""
    changed = fresh.growth.changed_at
    return fresh.column(changed).type if changed else DIALECT.types.logical["timestamp"]
