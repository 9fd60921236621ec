"""Ask a warehouse how many rows published objects have, and for the ends of some columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from weft.app.bootstrap import Opened
from weft.app.values import rows_of
from weft.contract.kept_spans import seconds_since_1970
from weft.sql.dialect import dialect_named
from weft.sql.extremes import Looked, extremes
from weft.warehouses.protocol import Relation, WarehouseError

Path = tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """What was seen of an object: its rows, and by column the oldest and the newest value.

    `problem` says why nothing was.
    """

    rows: int = 0
    ends: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    problem: str = ""


def look_at(mesh: Opened, home: str, asked: Sequence[tuple[Looked, Relation]]) -> dict[Path, Seen]:
    """Look at objects of one warehouse, by path: in one query, or where it fails one by one."""
    try:
        return _seen(mesh, home, asked)
    except WarehouseError as error:
        if len(asked) == 1:
            [(looked, _)] = asked
            return {looked.path: Seen(problem=str(error).partition("\n")[0])}
    return {path: it for each in asked for path, it in look_at(mesh, home, [each]).items()}


def _seen(mesh: Opened, home: str, asked: Sequence[tuple[Looked, Relation]]) -> dict[Path, Seen]:
    """Ask one question. Raises WarehouseError."""
    if not asked:
        return {}
    warehouse = mesh.warehouse(home)
    select = extremes([looked for looked, _ in asked], dialect_named(warehouse.dialect))
    with warehouse.query(select, [relation for _, relation in asked]) as rows:
        [row] = rows_of(rows)
    values = iter(row)
    return {looked.path: _taken(looked, values) for looked, _ in asked}


def _taken(looked: Looked, values: Iterator[object]) -> Seen:
    """What a row says of one object, taken from its front."""
    rows = int(str(next(values)))
    return Seen(rows, {column: (next(values), next(values)) for column in looked.columns})


def age_at(value: object, at: str) -> tuple[int | None, str]:
    """How many seconds a value lies before a moment, an ISO time; or why that is not known.

    A day begins at midnight in UTC, and what has no zone is in UTC.
    """
    if value is None:
        return None, "there is no row with a value"
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None, f"`{value}` is no time that can be compared"
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(seconds_since_1970(at) - known.timestamp()), ""
