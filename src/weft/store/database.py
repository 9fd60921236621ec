"""The seam under a store that keeps tables: transactions, and the statements that run in them.

Statements are written once, as SQLite says them: parameters are `:name`, and a list of texts is
one parameter in JSON, read by `json_each(:name) AS wanted`. A database that says some of it in
other words says so in its own package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import msgspec

T = TypeVar("T")
P = ParamSpec("P")
NOTHING: Mapping[str, Any] = {}


class Rows(Protocol):
    """What a statement gave; `rowcount` is how many rows it changed."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchone(self) -> Any:
        """The next row, None after the last."""

    def fetchall(self) -> list[Any]:
        """All rows that were not read yet."""

    def __iter__(self) -> Iterator[Any]:
        """Rows, one by one."""


class Transaction(Protocol):
    """What happens as one: all of it is kept, or nothing."""

    def execute(self, statement: str, values: Mapping[str, Any] = NOTHING) -> Rows:
        """Run a statement with these parameters; more of them than it names may be given."""

    def execute_all(self, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement that gives no rows once for each set of parameters."""

    def run(self, script: str) -> None:
        """Run a migration."""

    def has(self, table: str) -> bool:
        """Whether there is such a table."""


class Database(Protocol):
    """A database that holds a store. May be used from threads, which take turns."""

    @property
    def place(self) -> str:
        """Where it is, for people."""

    @property
    def migrations(self) -> Path:
        """The folder with what only this kind of database needs, numbered as the formats are."""

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Do work whose reads all see the same moment. Raises StoreError.

        `work` may be done again from the start when the database asks for it.
        """

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Do work as the only writer; it is durable when this returns. Raises StoreError.

        All is kept, or nothing when `work` raises. It may be done again from the start when
        nothing of it was kept.
        """

    def close(self) -> None:
        """Let go of it."""


class Keeps(Protocol):
    """A part of a store, over a database."""

    @property
    def database(self) -> Database:
        """Where the part keeps things."""


K = TypeVar("K", bound=Keeps)


def reading(method: Callable[Concatenate[K, Transaction, P], T]) -> Callable[Concatenate[K, P], T]:
    """Make a method that reads in a transaction, which it is given first, into one of a store."""

    @wraps(method)
    def read(self: K, /, *args: P.args, **named: P.kwargs) -> T:
        return self.database.read(lambda transaction: method(self, transaction, *args, **named))

    return read


def writing(method: Callable[Concatenate[K, Transaction, P], T]) -> Callable[Concatenate[K, P], T]:
    """Make a method that writes in a transaction, which it is given first, into one of a store."""

    @wraps(method)
    def write(self: K, /, *args: P.args, **named: P.kwargs) -> T:
        return self.database.write(lambda transaction: method(self, transaction, *args, **named))

    return write


def json_list(texts: Iterable[str]) -> str:
    """Return texts as one parameter of a statement, for `json_each`."""
    return msgspec.json.encode(list(texts)).decode()
