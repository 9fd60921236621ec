"""Read rows as a typed stream of Arrow batches, for whoever computes with them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from weft.plan.plan import Source
from weft.warehouses.duckdb.queries import streamed
from weft.warehouses.duckdb.relations import Relations
from weft.warehouses.duckdb.session import explaining
from weft.warehouses.duckdb.sessions import Sessions
from weft.warehouses.duckdb.stored import stored_columns, stored_select
from weft.warehouses.protocol import WarehouseError


class Rows:
    """The rows, read once by way of `__arrow_c_stream__` inside of the context.

    Leaving it raises WarehouseError for an error of the engine, for damaged data, and where the
    files of a source changed meanwhile.
    """

    def __init__(
        self,
        relations: Relations,
        sessions: Sessions,
        select: str,
        keys: tuple[str, ...],
        sources: Mapping[str, Source],
    ) -> None:
        self._relations = relations
        self._sessions = sessions
        self._select = select
        self._keys = keys
        self._sources = sources
        self._open = ExitStack()
        self._rows: Any = None

    def __enter__(self) -> Rows:
        with ExitStack() as opening:
            opening.enter_context(self._relations.blaming(self._keys))
            statement = self._statement()
            self._rows = opening.enter_context(self._sessions.stream(statement))
            self._open = opening.pop_all()
        return self

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        with explaining():
            return self._rows.__arrow_c_stream__(requested_schema)

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: Any) -> None:
        self._rows = None
        # A stream of C knows no classes: its reader raises just this one, with the text.
        if kind is Exception:
            error = streamed(str(error))
            self._open.__exit__(WarehouseError, error, trace)
            raise error from None
        self._open.__exit__(kind, error, trace)
        if kind is None:
            self._relations.refuse_changed(self._keys, self._sources)

    def _statement(self) -> str:
        """The SELECT in the types in which its rows would be stored, over all that it reads."""
        reading = self._relations.reading(self._keys, self._sources)
        produced = self._sessions.describe(reading.shaped(self._select), small=True)
        return reading.over(stored_select(self._select, produced, stored_columns(produced)))
