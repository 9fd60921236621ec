"""The relations of `conftest.py` and one of every type, as a real PostgreSQL has them."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.pq import ExecStatus

TABLES = """
set timezone = 'UTC';
create temp table t(a bigint, b integer, c text);
insert into t values (1, 2, 'a'), (1, 5, 'b'), (2, 4, 'a'), (3, null, null),
    (null, 7, 'abc'), (4, 4, 'it''s'), (2, 6, '$1');
create temp table u(a bigint, x double precision);
insert into u values (1, 1.5), (2, 2.5), (9, null);
create temp table p_o(a bigint, z date);
insert into p_o values (1, '2020-01-05'), (7, '2021-12-31');
"""

EVERY_TYPE = {
    "si": "SMALLINT",
    "i": "INTEGER",
    "l": "BIGINT",
    "n": "DECIMAL(12,3)",
    "nn": "DECIMAL",
    "r": "REAL",
    "d": "DOUBLE PRECISION",
    "s": "TEXT",
    "ch": "CHARACTER",
    "bo": "BOOLEAN",
    "da": "DATE",
    "ti": "TIME",
    "ts": "TIMESTAMP",
    "tz": "TIMESTAMP WITH TIME ZONE",
    "iv": "INTERVAL",
    "u": "UUID",
    "by": "BYTEA",
    "jb": "JSONB",
    "js": "JSON",
    "ia": "INTEGER[]",
    "ta": "TEXT[]",
}


def fill(connection: psycopg.Connection[Any]) -> None:
    """Make the tables; they last as long as the connection."""
    columns = ", ".join(f"{name} {native}" for name, native in EVERY_TYPE.items())
    connection.execute(f"{TABLES} create temp table every({columns});")


def described(connection: psycopg.Connection[Any], text: str) -> list[tuple[str, str]] | None:
    """The names and types of a query's columns as the server says them; None when it refuses."""
    wire = connection.pgconn
    prepared = wire.prepare(b"", text.encode())
    if prepared.status != ExecStatus.COMMAND_OK:
        return None
    found = wire.describe_prepared(b"")
    names = [(found.fname(n) or b"").decode() for n in range(found.nfields)]
    kinds = [(found.ftype(n), found.fmod(n)) for n in range(found.nfields)]
    if not kinds:
        return []
    types = connection.execute(
        "select format_type(o, m) from unnest(%s::oid[], %s::int[]) with ordinality as k(o, m, n)"
        " order by n",
        [[kind for kind, _ in kinds], [size for _, size in kinds]],
    )
    return list(zip(names, (row[0] for row in types), strict=True))
