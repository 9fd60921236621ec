"""Answer one SELECT over named relations, in a database that can reach nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from weft.sql.duckdb import quote, string
from weft.warehouses.duckdb.expansion import Expansion
from weft.warehouses.duckdb.leaving import leaving
from weft.warehouses.duckdb.reading import columns_of, parquet
from weft.warehouses.duckdb.session import Engine, explained, explaining, lock, started
from weft.warehouses.protocol import Relation, WarehouseError


class Answer:
    """The rows of a query, read once and as a stream by way of `__arrow_c_stream__`.

    It is a context manager, and raises WarehouseError in place of what the reader of the stream
    makes of an error of the engine. Before that it calls `look`, which raises one where it is the
    data that is at fault.
    """

    def __init__(self, connection: Any, rows: Any, look: Callable[[], None]) -> None:
        self._connection = connection
        self._rows = rows
        self._look = look

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._rows.columns)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        with explaining():
            return self._rows.__arrow_c_stream__(requested_schema)

    def close(self) -> None:
        """Let go of the database, without waiting for rows that nobody reads."""
        self._connection.interrupt()
        self._rows = None
        self._connection.close()

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, _: object) -> None:
        self.close()
        # A stream of C knows no classes: its reader raises just this one, with the text.
        if kind is Exception:
            self._look()
            raise streamed(str(error)) from None
        if isinstance(error, WarehouseError):
            self._look()


_STREAMED = re.compile(r"^C Data interface error: (?=(.+?) Error: )")
_CLASSES = {
    "INTERRUPT": "InterruptException",
    "Out of Memory": "OutOfMemoryException",
    "IO": "IOException",
    "INTERNAL": "InternalException",
    "FATAL": "FatalException",
}


def streamed(message: str) -> WarehouseError:
    """Turn the text of an error that came through a stream into what it was."""
    import duckdb

    found = _STREAMED.match(message)
    name = _CLASSES.get(found.group(1), "Error") if found else "InternalException"
    return explained(getattr(duckdb, name)(_STREAMED.sub("", message)))


def _look_at_nothing() -> None:
    pass


def answer(
    select: str,
    relations: Iterable[Relation],
    expansion: Expansion,
    engine: Engine,
    look: Callable[[], None] = _look_at_nothing,
) -> Answer:
    """Run a SELECT over relations, each under its path of three parts. Raises WarehouseError.

    Where reading them fails, `look` is called first: it raises what is wrong with the data.
    """
    views: list[str] = []
    files: set[str] = set()
    for relation in relations:
        views.extend(_view(relation, expansion))
        files |= expansion.files(relation.key)
    return _run(select, views, files, engine, look)


def rows_of(file: str, engine: Engine) -> Answer:
    """Return all rows of a Parquet file. Raises WarehouseError."""
    select = " ".join(("SELECT * FROM", parquet([file])))
    return _run(select, (), {file}, engine, _look_at_nothing)


def _run(
    select: str,
    views: Iterable[str],
    files: set[str],
    engine: Engine,
    look: Callable[[], None],
) -> Answer:
    """Fix what can be read, and only then look at the query."""
    connection = started(engine)
    with ExitStack() as on_error:
        on_error.callback(connection.close)
        try:
            with explaining():
                for statement in views:
                    connection.execute(statement)
        except WarehouseError:
            look()
            raise
        with explaining():
            allowed = ", ".join(string(file) for file in sorted(files))
            connection.execute("SET temp_directory = ''")
            connection.execute(" ".join(("SET allowed_paths = [", allowed, "]")))
            # So the stream says which of its texts are JSON.
            connection.execute("SET arrow_lossless_conversion = true")
            lock(connection)
            bound = connection.sql(select)
            rows = connection.sql(leaving(select, bound.columns, bound.types))
        on_error.pop_all()
    return Answer(connection, rows, look)


def _view(relation: Relation, expansion: Expansion) -> tuple[str, str, str]:
    database, schema, name = (quote(part) for part in relation.path)
    columns = columns_of(relation.columns)
    select = expansion.select(relation.key, relation.columns)
    return (
        f"ATTACH IF NOT EXISTS ':memory:' AS {database}",
        f"CREATE SCHEMA IF NOT EXISTS {database}.{schema}",
        f"CREATE VIEW {database}.{schema}.{name} ({columns}) AS\n{select}",
    )
