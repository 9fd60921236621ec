"""Tables, views and files that somebody else made, as their catalogue describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class FoundColumn:
    """A column with its native type, as its holder spells it.

    `values` are those of an enumeration. `digits` is how many digits the values of a decimal
    without a size have before and behind the point, at most; None where nothing says so.
    """

    name: str
    type: str
    comment: str = ""
    required: bool = False
    values: tuple[str, ...] = ()
    digits: tuple[int, int] | None = None


@dataclass(frozen=True)
class FoundReference:
    """A foreign key: these columns stand for those of another table."""

    columns: tuple[str, ...]
    schema: str
    table: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class FoundCondition:
    """What holds for every row, as SQL of the holder; `name` is that of the constraint.

    With a `column` it is about that one, which the SQL calls VALUE.
    """

    name: str
    sql: str
    column: str = ""


class TableName(NamedTuple):
    """The name of a table or a view, in its schema, as its holder spells both."""

    schema: str
    table: str

    def __str__(self) -> str:
        """`schema.table`."""
        return f"{self.schema}.{self.table}"


@dataclass(frozen=True)
class FoundTable:
    """A table, a view, or files that are read as one table.

    `dialect` is that of types and conditions. `kind` is `table`, `view` or a format of files,
    whose `path` is relative to the mesh, with `options` as a source contract has them.
    `definition` is the SELECT of a view. `unread` says what its catalogue has and nobody can take
    over, and `problem` why it cannot be read at all.
    """

    schema: str
    name: str
    kind: str
    dialect: str = ""
    columns: tuple[FoundColumn, ...] = ()
    comment: str = ""
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    references: tuple[FoundReference, ...] = ()
    conditions: tuple[FoundCondition, ...] = ()
    definition: str = ""
    path: str = ""
    options: tuple[tuple[str, str | bool], ...] = ()
    unread: tuple[str, ...] = ()
    problem: str = ""
