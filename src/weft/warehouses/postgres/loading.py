"""Store what other warehouses send: an Arrow stream under a build key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weft.mesh.release import Build
from weft.sql.duckdb import quote
from weft.warehouses.postgres.catalog import Catalog
from weft.warehouses.postgres.copying import Copier, Incoming, incoming
from weft.warehouses.postgres.names import Names
from weft.warehouses.postgres.places import Places
from weft.warehouses.protocol import Outcome

RUN = "load"


class Loader:
    """Loads streams into the place that belongs to no product."""

    def __init__(self, catalog: Catalog, places: Places, copier: Copier, names: Names) -> None:
        self._catalog = catalog
        self._places = places
        self._copier = copier
        self._names = names

    def load(self, key: str, stream: Any) -> Outcome:
        """Store a stream under a key, unless there is such a build. Raises WarehouseError."""
        found = self._catalog.find([key])
        if found:
            known = found[key].mark.build
            assert known
            return Outcome(known.rows, known.bytes, True, known.columns)
        place = self._places.prepared(self._names.landing())
        columns, rows = _converted(stream)
        build = Build(key, product="", model="", kind="table", columns=(), run=RUN)
        stored = self._copier.copy(rows, columns, build, place)
        return Outcome(stored.rows, stored.bytes, False, stored.columns)


def _converted(stream: Any) -> tuple[list[Incoming], Any]:
    """Return how a stream's columns are stored, and a stream of them in that form.

    Only one batch at a time is in memory.
    """
    import duckdb
    from arro3.core import RecordBatchReader, Table

    reader = RecordBatchReader.from_stream(stream)
    engine = duckdb.connect(":memory:", config={"threads": 1})
    engine.execute("SET TimeZone = 'UTC'")
    shape = engine.from_arrow(Table.from_batches([], schema=reader.schema))
    columns = [incoming(*each) for each in zip(shape.columns, shape.types, strict=True)]
    if all(each.expression == quote(each.name) for each in columns):
        return columns, reader
    written = ", ".join(f"{each.expression} AS {quote(each.name)}" for each in columns)

    def batches() -> Iterator[Any]:
        for batch in reader:
            whole = engine.from_arrow(Table.from_batches([batch]))
            yield from RecordBatchReader.from_stream(whole.project(written))

    schema = RecordBatchReader.from_stream(shape.project(written)).schema
    return columns, RecordBatchReader.from_batches(schema, batches())
