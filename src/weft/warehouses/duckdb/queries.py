"""Answer one SELECT over named relations, in a database that can reach nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from weft.sql.duckdb import quote, string
from weft.warehouses.answering import Answer
from weft.warehouses.duckdb.expansion import Expansion
from weft.warehouses.duckdb.leaving import leaving
from weft.warehouses.duckdb.reading import columns_of, parquet
from weft.warehouses.duckdb.session import Engine, explained, explaining, lock, started
from weft.warehouses.protocol import Relation, WarehouseError


class Streaming:
    """Rows of the engine on their way out; what opening them raises is ours."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        with explaining():
            return self._rows.__arrow_c_stream__(requested_schema)


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


def _looking(look: Callable[[], None]) -> Callable[..., None]:
    """What looks at the data, when a context is left by an error that may be its fault."""

    def left(kind: object, error: object, trace: object) -> None:
        if isinstance(error, WarehouseError):
            look()

    return left


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
    closing = ExitStack()
    closing.push(_looking(look))
    closing.callback(connection.close)
    # What nobody reads is not waited for.
    closing.callback(connection.interrupt)
    return Answer(tuple(rows.columns), Streaming(rows), closing, streamed)


def _view(relation: Relation, expansion: Expansion) -> tuple[str, str, str]:
    database, schema, name = (quote(part) for part in relation.path)
    columns = columns_of(relation.columns)
    select = expansion.select(relation.key, relation.columns)
    return (
        f"ATTACH IF NOT EXISTS ':memory:' AS {database}",
        f"CREATE SCHEMA IF NOT EXISTS {database}.{schema}",
        f"CREATE VIEW {database}.{schema}.{name} ({columns}) AS\n{select}",
    )
