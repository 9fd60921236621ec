"""A small database beside the same relations as the compiler knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import duckdb
import psycopg
import pytest
from postgres_tables import fill

from postgres_server import ADMIN, Server
from weft.mesh.manifest import Column, Query, Read, ReadKind
from weft.sql.dialect import Dialect, dialect_named
from weft.sql.query import Known

TABLES = """
create table t(a bigint, b integer, c varchar);
insert into t values (1, 2, 'a'), (1, 5, 'b'), (2, 4, 'a'), (3, null, null),
    (null, 7, 'abc'), (4, 4, 'it''s'), (2, 6, '$1');
create table u(a bigint, x double);
insert into u values (1, 1.5), (2, 2.5), (9, null);
create schema p;
create table p.o(a bigint, z date);
insert into p.o values (1, '2020-01-05'), (7, '2021-12-31');
"""

COLUMNS = {
    "t": (Column("a", "BIGINT"), Column("b", "INTEGER"), Column("c", "VARCHAR")),
    "u": (Column("a", "BIGINT"), Column("x", "DOUBLE")),
    "p.o": (Column("a", "BIGINT"), Column("z", "DATE")),
}


@pytest.fixture(scope="session")
def dialect() -> Dialect:
    return dialect_named("duckdb")


@pytest.fixture(scope="session")
def known() -> Mapping[str, Known]:
    return {name: Known(Read(ReadKind.MODEL, name), columns) for name, columns in COLUMNS.items()}


@pytest.fixture(scope="session")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute(TABLES)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def joined() -> Callable[[Query], str]:
    """Joins the parts of a query with the names that its relations have in the database."""

    def join(query: Query) -> str:
        names = [read.target for read in query.reads]
        return "".join(part if isinstance(part, str) else names[part] for part in query.parts)

    return join


@pytest.fixture(scope="session")
def postgres_tables(postgres: Server) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a real PostgreSQL that has the same relations."""
    options = postgres.options("postgres", ADMIN)
    with psycopg.connect(dbname=options.pop("database"), **options, autocommit=True) as connection:
        fill(connection)
        yield connection
