"""Bring rows from the lake to Postgres or back: as Weft does, or by the bare pipe of the drivers.

    python copies.py make FOLDER ROWS
    python copies.py (out|back|bare-out|bare-back) FOLDER NAME

`make` writes a lake with one build. NAME has to be new each time; what `back` reads is what `out`
wrote as `first`. The server is the one that libpq's variables name.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from weft.app.copying import copy
from weft.mesh.manifest import Column
from weft.mesh.product import Materialization
from weft.plan.plan import BuildSpec, CopySpec, Step, StepKind
from weft.sql.dialect import dialect_named
from weft.warehouses.loading import adapter
from weft.warehouses.protocol import Bound, Origin

ROWS = """
SELECT
    t.id AS sale_id,
    t.id * 7919 % 100003 AS customer_id,
    DATE '2024-01-01' + CAST(t.id % 365 AS INTEGER) AS day,
    TIMESTAMP '2024-01-01' + to_seconds(t.id % 31536000) AS at,
    (['open', 'paid', 'sent', 'returned'])[1 + t.id % 4] AS status,
    CAST(t.id * 31 % 99991 AS DOUBLE) / 100 AS weight,
    CAST(t.id * 104729 % 1000000 AS DECIMAL(12, 2)) / 4 AS amount,
    t.id % 7 = 0 AS gift
FROM range({rows}) AS t(id)
"""
COLUMNS = ("sale_id", "customer_id", "day", "at", "status", "weight", "amount", "gift")
FIRST = "first"
BUILD = "sales"


def make(folder: Path, rows: int) -> None:
    """Write a lake with one build of so many rows."""
    spec = BuildSpec(BUILD, BUILD, Materialization.TABLE, ROWS.format(rows=rows))
    step = Step("build", StepKind.BUILD, "shop.sales", "lake", BUILD, build=spec)
    with opened("duckdb", folder) as lake:
        lake.run(step, Bound("make", 1, "2026-01-01T00:00:00Z", {}))


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Any]:
    """Open the lake in a folder, or the server."""
    options = {"path": "lake"} if kind == "duckdb" else of_server()
    with closing(adapter(kind)(kind, options, str(folder), "bench", "store")) as warehouse:
        yield warehouse


def of_server() -> dict[str, Any]:
    """The options of the server's warehouse."""
    names = ("host", "port", "database", "user", "password")
    return {name: os.environ[f"PG{name.upper()}"] for name in names}


def out(folder: Path, name: str) -> None:
    """Copy the lake's build to the server."""
    with opened("duckdb", folder) as lake, opened("postgres", folder) as server:
        carry(lake, BUILD, server, name)


def back(folder: Path, name: str) -> None:
    """Copy the server's first copy to the lake."""
    with opened("duckdb", folder) as lake, opened("postgres", folder) as server:
        carry(server, FIRST, lake, name)


def carry(source: Any, build: str, target: Any, key: str) -> None:
    """Do what a COPY step does."""
    dialect = dialect_named(source.dialect)
    listed = ", ".join(map(dialect.quote, COLUMNS))
    select = " ".join(("SELECT", listed, "FROM", dialect.relation("builds", build)))
    columns = tuple(map(Column, COLUMNS))
    spec = CopySpec(key, "source", build, "shop.sales.sales@1", "sales", select, columns)
    copy(spec, source, target, "target", Origin(run="run"))


def bare_out(folder: Path, name: str) -> None:
    """Let one driver read the lake's files and the other write what comes."""
    engine = duckdb.connect()
    rows = engine.sql(f"SELECT * FROM read_parquet('{folder}/lake/files/{BUILD}-*.parquet')")
    with statement() as (write, commit):
        write.set_options(
            **{"adbc.ingest.target_table": name, "adbc.ingest.mode": "adbc.ingest.mode.create"}
        )
        write.bind_stream(rows)
        write.execute_update()
        commit()


def bare_back(folder: Path, name: str) -> None:
    """Let one driver read the server's table and the other write a file."""
    engine = duckdb.connect()
    table = f'"weft__internal"."b_{FIRST}"'
    with statement() as (read, _):
        read.set_sql_query(f"SELECT * FROM {table}")
        handle, _ = read.execute_query()
        engine.register("arriving", stream_of(handle))
        engine.sql("FROM arriving").write_parquet(f"{folder}/{name}.parquet")


def stream_of(handle: Any) -> Any:
    """What the engine reads as an Arrow stream."""
    from arro3.core import RecordBatchReader

    return RecordBatchReader.from_stream(handle)


@contextmanager
def statement() -> Iterator[Any]:
    """A statement of the driver, and what commits its transaction."""
    import adbc_driver_manager
    import adbc_driver_postgresql

    with (
        adbc_driver_postgresql.connect("application_name=bare") as database,
        adbc_driver_manager.AdbcConnection(database) as connection,
        adbc_driver_manager.AdbcStatement(connection) as prepared,
    ):
        connection.set_autocommit(False)
        yield prepared, connection.commit


WAYS = {"out": out, "back": back, "bare-out": bare_out, "bare-back": bare_back}


def main(way: str, folder: Path, rest: str) -> None:
    """Do one of them."""
    if way == "make":
        make(folder, int(rest))
    else:
        WAYS[way](folder, rest)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
