"""What the embedded engine does for other warehouses: it reads files, and Arrow of any type.

Every column leaves in one of a few types that any database has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from weft.mesh.manifest import Column, FileSource
from weft.sql.dialect import Dialect
from weft.sql.duckdb import DIALECT, quote, string
from weft.warehouses.declared import declared_type
from weft.warehouses.duckdb.readers import reader
from weft.warehouses.duckdb.session import Engine, connect, explaining

PLAIN = frozenset(
    {
        *("BOOLEAN", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "VARCHAR", "BLOB"),
        *("DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
    }
)
"""The types in which columns leave, beside decimals, and lists of these."""

_WIDENED = {
    "TINYINT": "SMALLINT",
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)",
    "HUGEINT": "DECIMAL(38,0)",
    "UHUGEINT": "DECIMAL(38,0)",
    "TIME_NS": "TIME",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_NS": "TIMESTAMP",
    '"NULL"': "VARCHAR",
}
_MOMENTS = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
_HOLDING = ("list", "array", "struct", "map", "union")


@dataclass(frozen=True)
class Outgoing:
    """A column as it leaves: its name, the expression that gives it, and the type of that.

    `text_of` says of a text what it stands for: `JSON`, `UUID`, or "" for what is just that.
    """

    name: str
    expression: str
    type: str
    text_of: str = ""


@dataclass(frozen=True)
class Outbound:
    """Rows on their way out, once and by way of `__arrow_c_stream__`, and their columns."""

    columns: tuple[Outgoing, ...]
    rows: Any


def outgoing(name: str, engine_type: Any) -> Outgoing:
    """Return how a column of one of the engine's types leaves."""
    kind, column = str(engine_type), quote(name)
    wider = _WIDENED.get(kind, kind)
    if wider in PLAIN or wider.startswith("DECIMAL("):
        return Outgoing(name, column if wider == kind else f"CAST({column} AS {wider})", wider)
    if engine_type.id == "list" and str(engine_type.child) in PLAIN:
        return Outgoing(name, column, kind)
    if engine_type.id in _HOLDING or kind == "JSON":
        return Outgoing(name, f"CAST(to_json({column}) AS VARCHAR)", "VARCHAR", "JSON")
    known = kind if kind == "UUID" else ""
    return Outgoing(name, f"CAST({column} AS VARCHAR)", "VARCHAR", known)


@contextmanager
def read_files(
    spec: FileSource, dialect: Dialect, paths: Sequence[str], folder: str
) -> Iterator[Outbound]:
    """Read the files of a source, whose types are of a dialect; the engine reaches one folder.

    Raises WarehouseError.
    """
    connection = connect(Engine(folders=(folder,), spills=False), "")
    try:
        with explaining():
            columns = tuple(
                replace(each, type=declared_type(each.type, dialect, DIALECT))
                for each in spec.columns
            )
            select = reader(replace(spec, columns=columns), paths, _Describer(connection))
            rows = connection.sql(select)
            types = dict(zip(rows.columns, rows.types, strict=True))
            leaving = tuple(_finite(outgoing(each.name, types[each.name])) for each in columns)
            yield Outbound(leaving, rows.project(_listed(leaving)))
    finally:
        connection.close()


def converted(reader: Any) -> Outbound:
    """Return what an Arrow reader gives in types that any database has.

    Only one batch at a time is in memory.
    """
    import duckdb
    from arro3.core import RecordBatchReader, Table

    engine = duckdb.connect(":memory:", config={"threads": 1})
    engine.execute("SET TimeZone = 'UTC'")
    shape = engine.from_arrow(Table.from_batches([], schema=reader.schema))
    columns = tuple(map(outgoing, shape.columns, shape.types))
    if all(each.expression == quote(each.name) for each in columns):
        return Outbound(columns, reader)
    written = _listed(columns)

    def batches() -> Iterator[Any]:
        for batch in reader:
            whole = engine.from_arrow(Table.from_batches([batch]))
            yield from RecordBatchReader.from_stream(whole.project(written))

    schema = RecordBatchReader.from_stream(shape.project(written)).schema
    return Outbound(columns, RecordBatchReader.from_batches(schema, batches()))


class _Describer:
    """Tells the columns of what the engine reads."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def describe(self, select: str, small: bool = False) -> Sequence[Column]:
        """Return the columns of a SELECT."""
        bound = self._connection.sql(select)
        return tuple(map(Column, bound.columns, map(str, bound.types)))


def _finite(column: Outgoing) -> Outgoing:
    """Refuse infinite times, which Arrow does not have: they would arrive as the last days."""
    if column.type not in _MOMENTS:
        return column
    told = f"column `{column.name}` holds infinity, which is no time that a database can be sent"
    value = column.expression
    return replace(
        column,
        expression=f"CASE WHEN isinf({value}) THEN error({string(told)}) ELSE {value} END",
    )


def _listed(columns: Sequence[Outgoing]) -> str:
    return ", ".join(f"{each.expression} AS {quote(each.name)}" for each in columns)
