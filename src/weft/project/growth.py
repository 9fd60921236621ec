"""What the head of a model says of growing, held against the model's columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from weft.mesh.growth import GROWTH_KEYS, VALID_FROM, VALID_TO, Growth, Interval, Shape
from weft.mesh.manifest import Column
from weft.mesh.nearest import did_you_mean
from weft.mesh.product import Materialization, Model
from weft.sql.dialect import Dialect
from weft.sql.types import family_of

_TIMES = ("date", "timestamp", "timestamptz")
_STARTS = {
    Interval.HOUR: re.compile(r"[-0-9]{10}(T\d\d:00:00)?"),
    Interval.DAY: re.compile(r"[-0-9]{10}"),
    Interval.MONTH: re.compile(r"\d{4}-\d\d-01"),
    Interval.YEAR: re.compile(r"\d{4}-01-01"),
}

# The keys that have a meaning beside others, and these others; one of them is enough.
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "interval": ("time_column",),
    "look_back": ("time_column",),
    "start": ("time_column",),
    "changed_at": ("unique_key",),
    "compare": ("unique_key",),
    "deleted": ("unique_key",),
    "closes": ("unique_key",),
}
_OF_SNAPSHOTS = ("compare", "closes")
_BY_TIME = ("time_column", "interval", "look_back", "start")


@dataclass(frozen=True)
class HeadProblem:
    """What is wrong with the head, at the line of `key`."""

    key: str
    code: str
    message: str
    note: str = ""


def growth_of(model: Model, shape: Shape) -> Growth | None:
    """How a compiled model grows; None where it does not."""
    return replace(model.growth, shape=shape) if model.materialized.grows else None


def grown_columns(
    model: Model, columns: tuple[Column, ...], dialect: Dialect
) -> tuple[Column, ...]:
    """The columns of a model's result: those of its query and, of a snapshot, its validity."""
    if model.materialized is not Materialization.SNAPSHOT:
        return columns
    changed_at = model.growth.changed_at
    types = {each.name: each.type for each in columns}
    kind = types[changed_at] if changed_at in types else dialect.types.logical["timestamp"]
    return (*columns, Column(VALID_FROM, kind), Column(VALID_TO, kind))


def growth_problems(
    model: Model, columns: Sequence[Column] | None, dialect: Dialect
) -> Iterator[HeadProblem]:
    """What a head says wrongly of growing; `columns` are of the query, None where not known."""
    idle = list(idle_keys(model))
    yield from idle
    if not model.materialized.grows:
        return
    growth = model.growth
    snapshot = model.materialized is Materialization.SNAPSHOT
    if not growth.unique_key and (snapshot or not growth.time_column):
        wanted = "`unique_key`" if snapshot else "`time_column` or `unique_key`"
        example = "unique_key: [id]" if snapshot else "time_column: day"
        message = f"model `{model.name}` does not say how it grows"
        kind = "a snapshot" if snapshot else "an incremental model"
        note = f"{kind} wants {wanted}: write `-- {example}`"
        yield HeadProblem("materialized", "W426", message, note)
    if growth.start and not _STARTS[growth.interval].fullmatch(growth.start):
        message = f"`{growth.start}` is no start of {_an(growth.interval)}"
        yield HeadProblem("start", "W429", message, "write its first moment")
    if columns is not None:
        known = frozenset(each.key for each in idle)
        found = _column_problems(model, columns, dialect, snapshot=snapshot)
        yield from (each for each in found if each.key not in known)


def _an(interval: Interval) -> str:
    return f"an {interval}" if interval is Interval.HOUR else f"a {interval}"


def idle_keys(model: Model) -> Iterator[HeadProblem]:
    """Keys that say something of growing to a model that does not grow that way."""
    growth, empty = model.growth, Growth()
    given = [key for key in GROWTH_KEYS if getattr(growth, key) != getattr(empty, key)]
    for key in given:
        why = _why_idle(model, key, given)
        if why:
            message = f"`{key}` has no meaning in the head of `{model.name}`"
            yield HeadProblem(key, "W427", message, why)


def _why_idle(model: Model, key: str, given: Sequence[str]) -> str:
    kept = model.materialized
    if model.in_python:
        return "a model in Python is a table, which does not grow"
    if not kept.grows:
        return f"a {kept} does not grow: write `-- materialized: incremental`, or remove it"
    if kept is Materialization.SNAPSHOT and key in _BY_TIME:
        return "a snapshot compares the whole query with what is there"
    if kept is Materialization.INCREMENTAL and key in _OF_SNAPSHOTS:
        return "only a snapshot keeps earlier states"
    if key == "compare" and "changed_at" in given:
        return "`changed_at` says already when a row changed: remove one of them"
    beside = _BESIDE.get(key, ())
    if beside and not set(beside) & set(given):
        return f"it belongs to `{beside[0]}`, which is not there"
    return ""


def _column_problems(
    model: Model, columns: Sequence[Column], dialect: Dialect, *, snapshot: bool
) -> Iterator[HeadProblem]:
    growth = model.growth
    types = {each.name: each.type for each in columns}
    named = [
        *((key, getattr(growth, key)) for key in ("time_column", "changed_at", "deleted")),
        *(("unique_key", each) for each in growth.unique_key),
        *(("compare", each) for each in growth.compare),
    ]
    for key, column in named:
        if column and column not in types:
            note = did_you_mean(column, types, "the query does not give it")
            message = f"the head of `{model.name}` names unknown column `{column}`"
            yield HeadProblem(key, "W418", message, note)
        elif column:
            yield from _type_problem(model, key, column, types[column], dialect)
    added = (VALID_FROM, VALID_TO) if snapshot else ()
    taken = next((each for each in types if dialect.fold(each) in map(dialect.fold, added)), "")
    if taken:
        message = f"snapshot `{model.name}` has a column `{taken}` of its own"
        note = "a snapshot adds it, to say when a row was valid; give yours another name"
        yield HeadProblem("materialized", "W430", message, note)


def _type_problem(
    model: Model, key: str, column: str, native: str, dialect: Dialect
) -> Iterator[HeadProblem]:
    """Whether a column of a known type can do what the head wants of it."""
    family = family_of(native, dialect) if native else ""
    if not family or key in ("unique_key", "compare"):
        return
    wanted = _wanted_families(model, key)
    if family not in wanted:
        what = {"deleted": "true or false", "time_column": "a day or a time"}
        note = f"`{key}` has to be {what.get(key, 'a time')}; CAST it in the query"
    elif key == "time_column" and family == "date" and model.growth.interval is Interval.HOUR:
        note = "a date has no hours: write `-- interval: day`, or give a timestamp"
    else:
        return
    yield HeadProblem(key, "W428", f"column `{column}` is {native}", note)


def _wanted_families(model: Model, key: str) -> tuple[str, ...]:
    if key == "deleted":
        return ("boolean",)
    # The validity of a snapshot is a time; elsewhere a running number tells rows apart as well.
    numbered = key == "changed_at" and model.materialized is Materialization.INCREMENTAL
    return (*_TIMES, "integer", "decimal") if numbered else _TIMES
