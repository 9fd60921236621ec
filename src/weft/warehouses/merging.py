"""Pieces of SQL for builds that grow by key and as snapshots, the same on every warehouse.

In all of them `n` is what is new and `b` what is there. Text is only made of a dialect's quoting,
its literals, and words that stand in this file.
"""

from __future__ import annotations

from collections.abc import Sequence

from weft.mesh.growth import VALID_FROM, VALID_TO
from weft.sql.dialect import Dialect
from weft.sql.types import family_of
from weft.warehouses.growing import TIMES, Fresh

_REFUSED = "SELECT {texts}, count(*) FROM {relation} GROUP BY {key} HAVING {wrong} LIMIT 1"
_AT = "CAST(CAST({time} AS TIMESTAMP WITH TIME ZONE) AS {type})"
_UNTIL = f"coalesce(b.{VALID_TO}, b.{VALID_FROM})"


def names(dialect: Dialect, columns: Sequence[str], table: str = "") -> str:
    """Return a list of quoted column names, of a table where one is named."""
    prefix = f"{table}." if table else ""
    return ", ".join(f"{prefix}{dialect.quote(name)}" for name in columns)


def same(dialect: Dialect, columns: Sequence[str]) -> str:
    """Return the condition that `b` and `n` have the same key."""
    quoted = map(dialect.quote, columns)
    return " AND ".join(f"b.{name} = n.{name}" for name in quoted)


def alive(fresh: Fresh, table: str) -> str:
    """Return the condition that a row does not end its key."""
    deleted = fresh.growth.deleted
    return f"{table}.{fresh.dialect.quote(deleted)} IS NOT TRUE" if deleted else "TRUE"


def refused(fresh: Fresh, relation: str, *, timed: bool = False) -> str:
    """Return a SELECT of a key that its row or rows cannot be kept under; `timed` asks for a time.

    It gives the parts of the key as texts, and the number of rows.
    """
    quote, growth = fresh.dialect.quote, fresh.growth
    wrong = ["count(*) > 1", *(f"{quote(name)} IS NULL" for name in growth.unique_key)]
    if timed:
        wrong.append(f"count({quote(growth.changed_at)}) < count(*)")
    return _REFUSED.format(
        texts=", ".join(f"CAST({quote(name)} AS VARCHAR)" for name in growth.unique_key),
        relation=relation,
        key=names(fresh.dialect, growth.unique_key),
        wrong=" OR ".join(wrong),
    )


def seen_at(fresh: Fresh) -> str:
    """Return the time of a run in the type of the times of states, null where that is no time."""
    type = type_of_states(fresh)
    if family_of(type, fresh.dialect) not in TIMES:
        return f"CAST(NULL AS {type})"
    return _AT.format(time=fresh.dialect.literal(fresh.at), type=type)


def type_of_states(fresh: Fresh) -> str:
    """Return the type of the times of states: that of `changed_at`, where rows say when."""
    changed = fresh.growth.changed_at
    return fresh.column(changed).type if changed else fresh.dialect.types.logical["timestamp"]


def begun(fresh: Fresh) -> tuple[str, str]:
    """Return when a state begins, and the condition that a row begins one.

    `b` is the last state of its key, all of it null where there is none.
    """
    return _timed(fresh) if fresh.growth.changed_at else _differing(fresh)


def compared(fresh: Fresh) -> tuple[str, ...]:
    """Return the columns that make a state: those of the head, or else all but the key."""
    growth, fold = fresh.growth, fresh.dialect.fold
    if growth.changed_at:
        return ()
    key = set(map(fold, growth.unique_key))
    others = (each.name for each in fresh.columns if fold(each.name) not in key)
    return growth.compare or tuple(others)


def _timed(fresh: Fresh) -> tuple[str, str]:
    """Where rows say when they changed.

    A key that is back after it had vanished may say the same as before: it is seen to be back now.
    """
    growth = fresh.growth
    changed = f"n.{fresh.dialect.quote(growth.changed_at)}"
    later = f"b.{VALID_FROM} IS NULL OR {changed} > {_UNTIL}"
    news = [later]
    if growth.deleted:
        news.append(f"(b.{VALID_TO} IS NULL AND NOT ({alive(fresh, 'n')}))")
    if growth.closes:
        news.append(f"b.{VALID_TO} IS NOT NULL")
    moment = f"CASE WHEN {later} THEN {changed} ELSE greatest({seen_at(fresh)}, {_UNTIL}) END"
    return moment, " OR ".join(news)


def _differing(fresh: Fresh) -> tuple[str, str]:
    """Where only a difference says that something changed; it is seen now."""
    quoted = map(fresh.dialect.quote, compared(fresh))
    differs = " OR ".join(f"n.{name} IS DISTINCT FROM b.{name}" for name in quoted)
    ends = f"NOT ({alive(fresh, 'n')})"
    back = f"b.{VALID_FROM} IS NULL OR b.{VALID_TO} IS NOT NULL"
    return f"greatest({seen_at(fresh)}, {_UNTIL})", f"{back} OR {ends} OR {differs or 'FALSE'}"
