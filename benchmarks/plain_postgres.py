"""The yardstick on Postgres: one connection that runs the statements of a cold apply one by one.

No plan, no history, nobody's rights, no parallel models. The server is the one that libpq's
variables name.
"""

from __future__ import annotations

import psycopg

from meshes import Product, Table, small_models


def run_plain(connection: psycopg.Connection[tuple[int, ...]], product: Product) -> int:
    """Build every model of a product and check it; return how many checks failed.

    Every product is a schema, so that the models' SQL is used as it stands.
    """
    schema, failed = f"{product.domain}_{product.name}", 0
    connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute(f"SET search_path = {schema}")
    if product.upstream:
        domain, name, port = product.upstream.split(".")
        connection.execute(f"CREATE VIEW upstream AS TABLE {domain}_{name}.{port}")
    for table in product.tables:
        with connection.transaction():
            connection.execute(f"CREATE TABLE {table.name} AS {table.select}")
            connection.execute(f"ANALYZE {table.name}")
            connection.execute(f"COMMENT ON TABLE {table.name} IS '{schema}'")
        failed += _failed_checks(connection, table)
    connection.execute(f"CREATE VIEW {product.port}_v1 AS TABLE {product.port}")
    return failed


def _failed_checks(connection: psycopg.Connection[tuple[int, ...]], table: Table) -> int:
    nulls = [f"count(*) FILTER (WHERE {name} IS NULL)" for name in table.required]
    repeats = [f"count({name}) - count(DISTINCT {name})" for name in table.unique]
    asked = ", ".join((*nulls, *repeats))
    answers = connection.execute(f"SELECT {asked} FROM {table.name}").fetchone() or ()
    return sum(answer != 0 for answer in answers)


def main() -> None:
    """Run it for the measured mesh."""
    with psycopg.connect(autocommit=True) as connection:
        failed = sum(run_plain(connection, each) for each in small_models(100, 10, 1000))
    print(f"{failed} checks failed")


if __name__ == "__main__":
    main()
