"""One SELECT over several relations: how many rows each has, and the ends of some columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from weft.sql.dialect import Dialect

# Statements, whose holes take quoted names and what is made of these here.
_MEASURED = "(SELECT {values} FROM {relation}) AS t{place}"
_ASKED = (
    "(SELECT count(*) AS n{place} FROM (SELECT 1 AS one FROM {relation} LIMIT 1) AS one{place})"
)
_SELECT = "SELECT * FROM {sources}"


@dataclass(frozen=True)
class Looked:
    """A relation by its path, and what to say of it: its rows, and of `columns` both ends.

    Where neither is `counted` nor a column named, it is only seen whether it can be read.
    """

    path: tuple[str, ...]
    columns: tuple[str, ...] = ()
    counted: bool = True


def extremes(relations: Sequence[Looked], dialect: Dialect) -> str:
    """Look at each relation once: one row, with for each its count, and min and max by column."""
    sources = (_source(place, each, dialect) for place, each in enumerate(relations))
    return _SELECT.format(sources=" CROSS JOIN ".join(sources))


def _source(place: int, looked: Looked, dialect: Dialect) -> str:
    relation = ".".join(map(dialect.quote, looked.path))
    if not (looked.counted or looked.columns):
        return " ".join((_ASKED.format(place=place, relation=relation), f"AS t{place}"))
    values = [f"count(*) AS n{place}"]
    for number, column in enumerate(map(dialect.quote, looked.columns)):
        values += [f"min({column}) AS a{place}_{number}", f"max({column}) AS z{place}_{number}"]
    return _MEASURED.format(values=", ".join(values), relation=relation, place=place)
