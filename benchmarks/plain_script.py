"""The yardstick: one DuckDB connection that writes the same Parquet files and runs the same checks.

No plan, no history, no parallel models: what somebody would write in an afternoon. Usage:
python plain_script.py small|heavy|contract FOLDER [ROWS]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

import duckdb

from meshes import (
    CONTRACT_ROWS,
    FUSED_QUERY,
    Product,
    Table,
    heavy_models,
    small_models,
    write_contract_table,
)


def run_plain(folder: Path, products: Iterable[Product], compression: str = "snappy") -> int:
    """Build every model into `folder` and check it; return how many checks failed.

    Every product is a schema, so that the models' SQL is used as it stands.
    """
    connection = duckdb.connect()
    failed = 0
    for product in products:
        connection.execute(f"CREATE SCHEMA {product.domain}_{product.name}")
        connection.execute(f"USE {product.domain}_{product.name}")
        if product.upstream:
            domain, name, port = product.upstream.split(".")
            connection.execute(f"CREATE VIEW upstream AS FROM {domain}_{name}.{port}")
        target = folder / product.domain / product.name
        target.mkdir(parents=True, exist_ok=True)
        for table in product.tables:
            file = target / f"{table.name}.parquet"
            connection.execute(
                f"COPY ({table.select}) TO '{file}' (FORMAT parquet, COMPRESSION {compression})"
            )
            connection.execute(f"CREATE VIEW {table.name} AS FROM read_parquet('{file}')")
            failed += _failed_checks(connection, table)
    return failed


def run_fused(file: Path) -> dict[str, int]:
    """Answer all nine checks of the contract table with one query; the counts by name."""
    result = duckdb.connect().execute(FUSED_QUERY, {"file": str(file)})
    names = [column[0] for column in result.description or ()]
    return dict(zip(names, result.fetchone() or (), strict=True))


def _failed_checks(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    nulls = [f"SELECT count(*) FROM {table.name} WHERE {name} IS NULL" for name in table.required]
    repeats = [
        f"SELECT count({name}) - count(DISTINCT {name}) FROM {table.name}" for name in table.unique
    ]
    answers = [connection.execute(question).fetchone() for question in (*nulls, *repeats)]
    return sum(answer is None or answer[0] != 0 for answer in answers)


def main(kind: str, folder: Path, rows: int) -> None:
    """Run one of the yardsticks and print the seconds it took."""
    if kind == "contract":
        file = write_contract_table(folder, rows or CONTRACT_ROWS)
        start = time.perf_counter()
        print(run_fused(file))
    else:
        start = time.perf_counter()
        print(f"{run_plain(folder, _products(kind, rows))} checks failed")
    print(f"{time.perf_counter() - start:.2f} s")


def _products(kind: str, rows: int) -> tuple[Product, ...]:
    if kind == "small":
        return small_models(100, 10, rows or 1000)
    return (heavy_models(rows or 20_000_000),)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
