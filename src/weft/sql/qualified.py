"""A query whose columns and relations are all resolved: what both ways of resolving give."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from weft.mesh.manifest import Column, Read
from weft.sql.dialect import Dialect


@dataclass(frozen=True)
class Known:
    """What a name in FROM stands for, and its columns in order."""

    read: Read
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Setting:
    """Where a query is resolved: its dialect, and what the names in FROM stand for.

    `names` are those names in order of the text. `mark` begins the identifiers that stand for
    relations and aliases until the text is cut; it occurs nowhere in the query.
    """

    text: str
    dialect: Dialect
    names: tuple[str, ...]
    known: Mapping[str, Known]
    mark: str

    def relation(self, name: str) -> str:
        """The identifier that stands for a relation."""
        return f"{self.mark}r{self.names.index(name)}"


@dataclass(frozen=True)
class Qualified:
    """A resolved query and its outputs.

    `used` are the columns that it takes of each name in FROM; `aliases` are the names behind
    `<mark>a0`, `<mark>a1`, and so on.
    """

    tree: exp.Query
    columns: tuple[Column, ...]
    used: Mapping[str, Collection[str]]
    aliases: Sequence[str]


def choose_mark(text: str) -> str:
    """Return a word that does not occur in a text."""
    lowered = text.lower()
    mark, number = "weft", 0
    while mark in lowered:
        number += 1
        mark = f"weft{number}x"
    return mark
