"""Store what other warehouses send: an Arrow stream under a build key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from weft.mesh.product import Materialization
from weft.mesh.release import Build
from weft.sql.duckdb import quote
from weft.warehouses.arriving import asked_types
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.copying import Copier, Incoming, incoming
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.marks import Mark
from weft.warehouses.postgres.names import Names, build_name
from weft.warehouses.postgres.places import Places
from weft.warehouses.protocol import Origin, Outcome, WarehouseError

RUN = "load"


class Loader:
    """Loads streams into the place that belongs to no product."""

    def __init__(self, known: Known, places: Places, copier: Copier, names: Names) -> None:
        self._known = known
        self._places = places
        self._copier = copier
        self._names = names

    def load(self, key: str, stream: Any, origin: Origin) -> Outcome:
        """Store a stream under a key, unless there is such a build. Raises WarehouseError.

        It says itself which types it asks for.
        """
        outcome = self._reused(key)
        if outcome:
            return outcome
        for broken in self._known.find([key]).values():
            self._copier.discard(broken)
        place = self._places.prepared(self._names.landing())
        columns, rows = _converted(stream)
        kind, reads, run = Materialization.TABLE, origin.reads, origin.run or RUN
        build = Build(key, origin.product, origin.model, kind, (), reads=reads, run=run)
        draft = Located(place.internal, build_name(key), Mark(build=build))
        try:
            stored = self._copier.copy(rows, columns, draft, place)
        except WarehouseError:
            # Another process may have loaded it in the meantime.
            with suppress(WarehouseError):
                self._known.lose([key])
                outcome = self._reused(key)
            if outcome:
                return outcome
            raise
        self._known.add(stored)
        return Outcome(stored.build.rows, stored.build.bytes, False, stored.build.columns)

    def _reused(self, key: str) -> Outcome | None:
        found = self._known.whole([key])
        build = found[key].build if found else None
        return Outcome(build.rows, build.bytes, True, build.columns) if build else None


def _converted(stream: Any) -> tuple[list[Incoming], Any]:
    """Return how a stream's columns are stored, and a stream of them in that form.

    Only one batch at a time is in memory.
    """
    import duckdb
    from arro3.core import RecordBatchReader, Table

    reader, asked = asked_types(stream)
    engine = duckdb.connect(":memory:", config={"threads": 1})
    engine.execute("SET TimeZone = 'UTC'")
    shape = engine.from_arrow(Table.from_batches([], schema=reader.schema))
    columns = [
        incoming(name, kind, asked.get(name, ""))
        for name, kind in zip(shape.columns, shape.types, strict=True)
    ]
    if all(each.expression == quote(each.name) for each in columns):
        return columns, reader
    written = ", ".join(f"{each.expression} AS {quote(each.name)}" for each in columns)

    def batches() -> Iterator[Any]:
        for batch in reader:
            whole = engine.from_arrow(Table.from_batches([batch]))
            yield from RecordBatchReader.from_stream(whole.project(written))

    schema = RecordBatchReader.from_stream(shape.project(written)).schema
    return columns, RecordBatchReader.from_batches(schema, batches())
