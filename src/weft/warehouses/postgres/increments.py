"""What a build has more than its base, as relations that audits read: its new and its kept rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from weft.mesh.check import FINDS_REPEATED
from weft.mesh.manifest import Column
from weft.plan.plan import AuditSpec
from weft.sql.postgres import DIALECT, quote, string
from weft.warehouses.auditing import counted
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.layers import Layers, Stack

Keys = tuple[tuple[Column, ...], ...]

# Without its table a name in ORDER BY would be that of the text.
_END = (
    "(SELECT CAST(n.{name} AS text) FROM {new} AS n WHERE n.{name} IS NOT NULL"
    " ORDER BY n.{name} {way} LIMIT 1)"
)
_NEAR = "SELECT * FROM (\n{kept}\n) AS kept WHERE {condition}"
_BETWEEN = "{name} BETWEEN CAST({first} AS {type}) AND CAST({last} AS {type})"


def stack_of(found: Located) -> Stack:
    """Return the layers of a build that grows, none of another."""
    relations = {each.name: each.relation for each in found.tables}
    return Stack(found.mark.layers or Layers(), found.build.columns, relations)


def increment(spec: AuditSpec, found: Located, kept_rows: str = "") -> dict[str, str]:
    """Return the SELECTs of the relations by their quoted names, none where none is named.

    How many rows are kept its marks say, which were written with the rows; `kept_rows` stands for
    it where they are still to come. Of a build that was made from another base nothing counts as
    kept.
    """
    if not spec.base:
        return {}
    stack = stack_of(found)
    columns = [each.name for each in stack.columns]
    if found.mark.layers is None or found.build.base != spec.base:
        new, kept = " ".join(("SELECT * FROM", found.relation)), Stack(Layers(), stack.columns)
        return _named(spec.key, new, kept.rows(kept.all(columns)), counted(0))
    rows = kept_rows or found.build.rows - stack.layers[-1].rows
    kept_here = stack.rows(stack.all(columns), without=1)
    return _named(spec.key, stack.newest(columns), kept_here, counted(rows))


def sought(spec: AuditSpec, found: Located) -> Keys:
    """Return the keys of which a new row may have none that a kept row has."""
    columns = {each.name: each for each in found.build.columns}
    checks = (each.check for each in spec.measures if each.check.kind in FINDS_REPEATED)
    keys = dict.fromkeys(each.columns for each in checks if columns.keys() >= set(each.columns))
    return tuple(tuple(columns[name] for name in key) for key in keys)


def ends(spec: AuditSpec, keys: Keys) -> str:
    """Return the SELECT of the first and the last value of every column of keys in new rows.

    All are texts in one row, in the order of the columns; null where there is no value.
    """
    new = DIALECT.relation("new", spec.key)
    names = [quote(column.name) for key in keys for column in key]
    values = (_END.format(name=name, new=new, way=way) for name in names for way in ("ASC", "DESC"))
    return " ".join(("SELECT", ", ".join(values)))


def near(
    spec: AuditSpec, keys: Keys, values: Sequence[str | None], selects: Mapping[str, str]
) -> dict[str, str]:
    """Return the SELECTs by name, where kept rows are only those that may have a key of new ones.

    All others lie outside of `values`, which are those of `ends`. As the server is told them, it
    knows how few of the kept rows there are between them, and by which index to find these.
    """
    name = DIALECT.relation("kept", spec.key)
    pairs = iter(zip(values[::2], values[1::2], strict=True))
    condition = " OR ".join(
        f"({' AND '.join(_between(column, *next(pairs)) for column in key)})" for key in keys
    )
    return {**selects, name: _NEAR.format(kept=selects[name], condition=condition)}


def _between(column: Column, first: str | None, last: str | None) -> str:
    if first is None or last is None:
        return "FALSE"
    name, ends = quote(column.name), {"first": string(first), "last": string(last)}
    return _BETWEEN.format(name=name, type=column.type, **ends)


def _named(key: str, new: str, kept: str, count: str) -> dict[str, str]:
    selects = {"new": new, "kept": kept, "count": count}
    return {DIALECT.relation(name, key): select for name, select in selects.items()}
