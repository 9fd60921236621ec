"""What the shared suite has to know of each warehouse: how to open it and how others read it.

Statements that differ and the values that types hold are in `warehouse_types.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from weft.sql.dialect import Dialect, dialect_named
from weft.warehouses.loading import adapter

Rows = list[tuple[Any, ...]]
Read = Callable[[str], Rows]
Open = Callable[..., Any]

ADMIN = "admin"


def opener(kind: str, options: dict[str, Any], folder: Path) -> Iterator[Open]:
    """Give what opens a warehouse in a folder; it closes all of them at the end."""
    opened: list[Any] = []

    def open_it(mesh: str = "skyline", store: str = "store_1", **more: Any) -> Any:
        opened.append(adapter(kind)("wh", options, str(folder), mesh, store, **more))
        return opened[-1]

    yield open_it
    for each in opened:
        each.close()


@dataclass(frozen=True)
class Place:
    """One warehouse that any process can open: its type, its options, the mesh's folder."""

    kind: str
    options: dict[str, Any]
    folder: str

    def open(self, mesh: str = "skyline", store: str = "store_1") -> Any:
        """Open the warehouse once more, as another program would."""
        return adapter(self.kind)("wh", self.options, self.folder, mesh, store)

    def reading(self, environment: str = "prod") -> Any:
        """Open what consumers see, as one connection; `with` gives a function that reads."""
        return _READING[self.kind](self, environment)

    def schema(self, environment: str) -> str:
        """Return the schema of `sales.orders` where an environment's ports are read."""
        own_file = self.kind == "duckdb" or environment == "prod"
        return "sales__orders" if own_file else f"{environment}__sales__orders"

    def text(self) -> str:
        """Write it down for another process."""
        return json.dumps(asdict(self))

    @staticmethod
    def parse(text: str) -> Place:
        """Read what `text` wrote."""
        return Place(**json.loads(text))


@dataclass(frozen=True)
class Kind:
    """A kind of warehouse. `longest` is the longest name of a column in bytes, 0 for any.

    `fixtures` are the names of pytest fixtures whose values `options` takes. With `documents`,
    nested values that are loaded become JSON.
    """

    name: str
    fixtures: tuple[str, ...]
    options: Callable[..., dict[str, Any]]
    longest: int = 0
    documents: bool = False

    @property
    def dialect(self) -> Dialect:
        """The SQL of its statements."""
        return dialect_named(self.name)


@contextmanager
def _lake(place: Place, environment: str) -> Iterator[Read]:
    name = "ports.duckdb" if environment == "prod" else f"ports.{environment}.duckdb"
    path = Path(place.folder, place.options["path"], name)
    with duckdb.connect(str(path), read_only=True) as connection:
        yield lambda select: connection.execute(select).fetchall()


@contextmanager
def _postgres(place: Place, environment: str) -> Iterator[Read]:
    """Read in one transaction that sees one moment, as whoever may read every view."""
    options = {**place.options, "dbname": place.options["database"], "user": ADMIN}
    del options["database"]
    with psycopg.connect(**options) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield lambda select: connection.execute(select).fetchall()


_READING = {"duckdb": _lake, "postgres": _postgres}

KINDS = (
    Kind("duckdb", (), lambda: {"path": "lake", "threads": 2}),
    Kind("postgres", ("database",), lambda database: database, longest=63, documents=True),
)

# What the drivers of other programs raise when a relation or a column is not there for them.
REFUSED = (duckdb.Error, psycopg.Error)
