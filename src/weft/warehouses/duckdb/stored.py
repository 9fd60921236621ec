"""In which types results are stored, so that Parquet gives back exactly what was put in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from weft.mesh.manifest import Column
from weft.sql.duckdb import DIALECT, quote
from weft.warehouses.protocol import WarehouseError

_AS_THEY_ARE = frozenset(
    [
        *("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE"),
        *("VARCHAR", "BLOB", "UUID", "JSON", "VARIANT", "DATE", "TIME", "TIME_NS"),
        *("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"),
    ]
)

# Parquet has no such type, but another that keeps every value of it.
_WIDENED = {
    **DIALECT.types.stored_as,
    '"NULL"': "INTEGER",
}

_REFUSED = {
    "INTERVAL": "Parquet keeps only its milliseconds; cast it to VARCHAR, or give it as a number",
    "TIME WITH TIME ZONE": "Parquet loses its zone; cast it to TIME or to VARCHAR",
    "BIGNUM": "Parquet has no such type; cast it to VARCHAR, and that to DECIMAL(38,0)",
    "BIT": "Parquet has no such type; cast it to VARCHAR",
    "UNION": "Parquet has no such type; give its members as columns",
    "GEOMETRY": "Parquet does not keep it as it is; cast it to VARCHAR or BLOB",
}


def stored_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns in the types in which they are stored.

    Raises WarehouseError for a type that Parquet would change, and for names that Parquet cannot
    tell apart.
    """
    seen: set[str] = set()
    for column in columns:
        if column.name.lower() in seen:
            raise WarehouseError(
                f"two columns are called `{column.name}` (capital letters make no difference); "
                "give one of them another name with AS"
            )
        seen.add(column.name.lower())
    return tuple(_stored(column) for column in columns)


def stored_select(select: str, columns: Sequence[Column], stored: Sequence[Column]) -> str:
    """Return a SELECT that gives `columns` of a SELECT in the types of `stored`."""
    if tuple(columns) == tuple(stored):
        return select
    casts = (
        quote(old.name)
        if old.type == new.type
        else f"CAST({quote(old.name)} AS {new.type}) AS {quote(old.name)}"
        for old, new in zip(columns, stored, strict=True)
    )
    return " ".join(("SELECT", ", ".join(casts), "FROM (\n", select, '\n) AS "result"'))


def _stored(column: Column) -> Column:
    if column.type in _AS_THEY_ARE:
        return column
    try:
        kept = _kept(column.type)
    except _Refused as refused:
        raise WarehouseError(
            f"column `{column.name}` is of type {column.type}, which cannot be stored: {refused}"
        ) from refused
    return column if kept == column.type else Column(column.name, kept)


class _Refused(Exception):
    """A type that Parquet would change; the message says what to do."""


@lru_cache(maxsize=4096)
def _kept(native: str) -> str:
    import duckdb

    return str(duckdb.sqltype(_rebuilt(duckdb.sqltype(native))))


def _rebuilt(native: Any) -> str:
    """Write a type with every part replaced by the type it is stored in."""
    name = str(native)
    if name in _AS_THEY_ARE or native.id == "decimal":
        return name
    if name in _WIDENED and name not in _REFUSED:
        return _WIDENED[name]
    if native.id == "enum":
        return "VARCHAR"
    if native.id in ("list", "array"):
        return f"{_rebuilt(native.children[0][1])}[]"
    if native.id == "map":
        key, value = (_rebuilt(part) for _, part in native.children)
        return f"MAP({key}, {value})"
    if native.id == "struct":
        fields = (f"{quote(field)} {_rebuilt(part)}" for field, part in native.children)
        return f"STRUCT({', '.join(fields)})"
    reasons = (reason for start, reason in _REFUSED.items() if name.startswith(start))
    raise _Refused(next(reasons, "Parquet has no such type; cast it to another"))
