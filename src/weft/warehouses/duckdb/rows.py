"""Read rows as a typed stream of Arrow batches, for whoever computes with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from weft.mesh.manifest import Column
from weft.plan.plan import Source
from weft.sql.duckdb import quote
from weft.warehouses.answering import Answer
from weft.warehouses.duckdb.queries import Streaming, streamed
from weft.warehouses.duckdb.relations import Relations
from weft.warehouses.duckdb.sessions import Sessions
from weft.warehouses.duckdb.stored import stored_columns, stored_select
from weft.warehouses.protocol import WarehouseError

_MOMENTS = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


@contextmanager
def rows(
    relations: Relations,
    sessions: Sessions,
    select: str,
    keys: tuple[str, ...],
    sources: Mapping[str, Source],
) -> Iterator[Answer]:
    """Run a SELECT in the types in which its rows would be stored.

    Leaving the context raises WarehouseError for an error of the engine, for damaged data, and
    where the files of a source changed meanwhile.
    """
    with relations.blaming(keys):
        reading = relations.reading(keys, sources)
        produced = sessions.describe(reading.shaped(select), small=True)
        columns = stored_columns(produced)
        statement = reading.over(stored_select(select, produced, columns))
        names = tuple(each.name for each in columns)
        _refuse_infinite(sessions, statement, columns)
        with (
            sessions.stream(statement) as found,
            Answer(names, Streaming(found), ExitStack(), streamed) as answer,
        ):
            yield answer
    relations.refuse_changed(keys, sources)


def _refuse_infinite(sessions: Sessions, statement: str, columns: Sequence[Column]) -> None:
    """Look for infinite times, which Arrow does not have: they would arrive as the last days."""
    asked = {
        each.name: f"bool_or({_is_infinite(each)})"
        for each in columns
        if each.type.removesuffix("[]") in _MOMENTS
    }
    if not asked:
        return
    [found] = sessions.execute(
        " ".join(("SELECT", ", ".join(asked.values()), "FROM (", statement, ")"))
    )
    for name, infinite in zip(asked, found, strict=True):
        if infinite:
            raise WarehouseError(
                f"column `{name}` holds infinity, which cannot leave the lake; make it null, or "
                "cast it to text"
            )


def _is_infinite(column: Column) -> str:
    name = quote(column.name)
    if column.type in _MOMENTS:
        return f"isinf({name})"
    return f"len(list_filter({name}, lambda item: isinf(item))) > 0"
