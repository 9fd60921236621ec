"""The rows of a model that grows, as a SELECT over those that its query gives.

Text is only made of a dialect's quoting, its literals, and words that stand in this file.
"""

from __future__ import annotations

from collections.abc import Sequence

from weft.mesh.growth import VALID_FROM, VALID_TO, Growth, Range
from weft.sql.dialect import Dialect

ALWAYS = "TRUE"

_WITHIN = "SELECT * FROM ( {select} ) AS a WHERE {condition}"
_RANKED = "rank() OVER (PARTITION BY {key} ORDER BY {latest}) AS {place}"
_VALID = "SELECT *, {since} AS {valid_from}, {until} AS {valid_to} FROM ( {select} ) AS a"
_LATEST = (
    "SELECT {columns} FROM ( SELECT *, {ranked} FROM ( {select} ) AS a ) AS b WHERE {condition}"
)


def within(select: str, column: str, kind: str, ranges: Sequence[Range], dialect: Dialect) -> str:
    """The rows of a query whose time lies in one of these ranges; `kind` is the column's type."""
    condition = in_ranges(column, kind, ranges, dialect)
    return select if condition == ALWAYS else _WITHIN.format(select=select, condition=condition)


def in_ranges(column: str, kind: str, ranges: Sequence[Range], dialect: Dialect) -> str:
    """The condition that a time lies in one of these ranges; ALWAYS where one is open."""
    if Range() in ranges:
        return ALWAYS
    name = dialect.quote(column)
    return " OR ".join(_inside(name, kind, each, dialect) for each in ranges) or "FALSE"


def _inside(name: str, kind: str, wanted: Range, dialect: Dialect) -> str:
    bounds = ((">=", wanted.since), ("<", wanted.until))
    conditions = (
        f"{name} {compared} CAST({dialect.literal(bound)} AS {kind})"
        for compared, bound in bounds
        if bound
    )
    return f"({' AND '.join(conditions)})"


def latest(select: str, columns: Sequence[str], growth: Growth, dialect: Dialect) -> str:
    """The latest row of every key that is not marked as deleted; `columns` are the query's.

    Rows of a key that are equally late all stay, so that they are found to be one too many.
    """
    place = "place"
    while place in columns:
        place += "_"
    quote = dialect.quote
    changed_at = growth.changed_at
    ranked = _RANKED.format(
        key=", ".join(map(quote, growth.unique_key)),
        latest=f"{quote(changed_at)} DESC NULLS LAST" if changed_at else "1",
        place=quote(place),
    )
    conditions = [f"{quote(place)} = 1"]
    if growth.deleted:
        conditions.append(f"{quote(growth.deleted)} IS NOT TRUE")
    return _LATEST.format(
        columns=", ".join(map(quote, columns)),
        ranked=ranked,
        select=select,
        condition=" AND ".join(conditions),
    )


def first_states(select: str, kind: str, growth: Growth, dialect: Dialect) -> str:
    """The rows of a query as the first states of a snapshot, all of them current.

    `kind` is the type of the times. Without a column that says when a row changed they are null,
    as only an apply knows them.
    """
    quote = dialect.quote
    never = f"CAST(NULL AS {kind})"
    return _VALID.format(
        since=quote(growth.changed_at) if growth.changed_at else never,
        until=never,
        select=select,
        valid_from=quote(VALID_FROM),
        valid_to=quote(VALID_TO),
    )
