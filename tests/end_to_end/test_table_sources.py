"""Sources that are tables of a database: read as they are at one moment, kept, and never twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mesh_files import Port, Product, document, lay_out
from postgres_server import ADMIN, as_keywords
from two_warehouses import applied, files_of, rows, weft

ORDERS = Product(
    "sales.orders",
    {"orders": "SELECT id, customer, amount, placed_at FROM crm_orders"},
    (
        Port(
            "orders",
            {"id": "integer", "customer": "string", "amount": "number", "placed_at": "timestamp"},
            required=("id",),
        ),
    ),
)
COLUMNS: dict[str, dict[str, Any]] = {
    "id": {"logicalType": "integer"},
    "customer": {"logicalType": "string"},
    "amount": {"logicalType": "number", "physicalType": "DECIMAL(10,2)"},
    "placed_at": {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}},
}
AMOUNT = {"amount": {"logicalType": "number", "physicalType": "DECIMAL(12,2)"}}
EVERYWHERE = pytest.mark.parametrize("home", ["lake", "ops_db"])


def source(
    database: dict[str, Any],
    name: str = "crm_orders",
    schema: str = "crm",
    table: str = "orders",
    columns: dict[str, dict[str, Any]] = COLUMNS,
    server: Mapping[str, Any] | None = None,
) -> dict[str, bytes]:
    """The contract of a source that is a table; `server` changes what it says of its place."""
    place = {key: database[key] for key in ("host", "port", "database")}
    return {
        f"domains/sales/orders/sources/{name}.odcs.yaml": document(
            {
                "apiVersion": "v3.2.0",
                "kind": "DataContract",
                "id": f"sales.orders.{name}",
                "version": "1.0.0",
                "status": "active",
                "servers": [
                    {
                        "server": "ops_db",
                        "type": "postgres",
                        **place,
                        "schema": schema,
                        **(server or {}),
                    }
                ],
                "schema": [
                    {
                        "name": "orders",
                        "physicalName": table,
                        "logicalType": "object",
                        "properties": [{"name": key, **each} for key, each in columns.items()],
                    }
                ],
            }
        )
    }


def mesh(
    database: dict[str, Any], home: str = "lake", product: Product = ORDERS
) -> dict[str, bytes]:
    files = files_of([product], database, sales=home)
    path = f"{product.folder}/product.yaml"
    text = files[path].replace(
        b'"inputPorts": []',
        b"""
 "inputPorts": [{"name": "crm_orders", "contractId": "sales.orders.crm_orders"}]""",
    )
    return {**files, path: text, **source(database)}


@pytest.fixture
def crm(database: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else's tables in the database."""
    with psycopg.connect(**as_keywords(database), autocommit=True) as connection:
        connection.execute(
            """
            CREATE SCHEMA crm;
            CREATE TABLE crm.orders (
              id integer, secret text, customer varchar(20), amount numeric(12,2),
              placed_at timestamptz
            );
            INSERT INTO crm.orders VALUES
              (1, 'x', 'Ann', 10.50, '2026-01-31 10:00:00+02'), (2, 'y', NULL, NULL, NULL)
            """
        )
        yield connection


SHOWN = [
    {"id": 1, "customer": "Ann", "amount": "10.50"},
    {"id": 2, "customer": None, "amount": None},
]
QUERY = "SELECT id, customer, amount FROM sales.orders.orders ORDER BY id"


@EVERYWHERE
def test_a_table_is_read_and_published(
    crm: Any, database: dict[str, Any], tmp_path: Path, home: str
) -> None:
    said = applied(tmp_path, mesh(database, home))
    assert "read sales.orders.crm_orders from ops_db: 2 rows\n" in said.err
    assert rows(tmp_path, QUERY) == SHOWN


@EVERYWHERE
def test_what_is_as_before_is_not_read_again(
    crm: Any, database: dict[str, Any], tmp_path: Path, home: str
) -> None:
    """Rows count by what is in them, in whatever order they lie."""
    applied(tmp_path, mesh(database, home))
    crm.execute("UPDATE crm.orders SET secret = 'other' WHERE id = 1")
    again = weft(tmp_path, "apply", "--yes")
    assert "read sales.orders.crm_orders from ops_db: 2 rows, as before\n" in again.err
    assert "Nothing to do" in again.out
    assert "Nothing to do" in weft(tmp_path, "run").err


@EVERYWHERE
def test_newer_rows_are_built_by_a_run(
    crm: Any, database: dict[str, Any], tmp_path: Path, home: str
) -> None:
    applied(tmp_path, mesh(database, home))
    crm.execute("DELETE FROM crm.orders WHERE id = 2")
    shown = weft(tmp_path, "plan")
    assert "Nothing to do" in shown.out
    assert "read at run time: sales.orders.crm_orders\n" in shown.err
    assert rows(tmp_path, QUERY) == SHOWN
    said = weft(tmp_path, "run")
    assert (said.code, "from ops_db: 1 row\n" in said.err) == (0, True)
    assert rows(tmp_path, QUERY) == SHOWN[:1]


def test_a_kept_plan_reads_what_it_was_made_from(
    crm: Any, database: dict[str, Any], tmp_path: Path
) -> None:
    lay_out(tmp_path, mesh(database))
    assert "2 rows" in weft(tmp_path, "plan", "--out", ".weft-plan").err
    crm.execute("DELETE FROM crm.orders")
    assert weft(tmp_path, "apply", ".weft-plan").code == 0
    assert rows(tmp_path, QUERY) == SHOWN


def test_a_plan_alone_reads_and_keeps_nothing(
    crm: Any, database: dict[str, Any], tmp_path: Path
) -> None:
    lay_out(tmp_path, mesh(database, "ops_db"))
    assert "+ source crm_orders" in weft(tmp_path, "plan").out
    told = weft(tmp_path, "plan", "--sql")
    assert 'FROM "builds ' in told.out
    assert "going to fail" not in told.out
    schemas = crm.execute("SELECT count(*) FROM pg_namespace WHERE nspname ~ '__internal$'")
    assert schemas.fetchone() == (0,)


@EVERYWHERE
def test_names_are_whatever_they_are(
    crm: Any, database: dict[str, Any], tmp_path: Path, home: str
) -> None:
    crm.execute(
        """
        CREATE SCHEMA "C R.M";
        CREATE TABLE "C R.M"."a ""quoted"" TABLE" ("select" int, "É ""x""." text);
        INSERT INTO "C R.M"."a ""quoted"" TABLE" VALUES (7, 'it''s')
        """
    )
    product = Product(
        "sales.orders",
        {"orders": 'SELECT "select" AS id, "É ""x""." AS customer FROM crm_orders'},
        (Port("orders", {"id": "integer", "customer": "string"}),),
    )
    columns = {"select": {"logicalType": "integer"}, 'É "x".': {"logicalType": "string"}}
    odd = source(database, schema="C R.M", table='a "quoted" TABLE', columns=columns)
    applied(tmp_path, {**mesh(database, home, product), **odd})
    assert rows(tmp_path, "SELECT * FROM sales.orders.orders") == [{"id": 7, "customer": "it's"}]


VALUES = {
    "truth": ("boolean", "true", {"logicalType": "boolean"}),
    "small": ("smallint", "-5", {"logicalType": "integer"}),
    "whole": ("numeric", "12345678901", {"logicalType": "integer"}),
    "exact": ("numeric", "1.25", {"logicalType": "number", "physicalType": "DECIMAL(20,5)"}),
    "near": ("numeric", "0.1", {"logicalType": "number"}),
    "day": ("date", "'0001-02-03'", {"logicalType": "date"}),
    "hour": ("time", "'23:59:59.123456'", {"logicalType": "time"}),
    "wall": ("timestamp", "'2026-01-31 10:00:00.5'", {"logicalType": "timestamp"}),
    "words": ("char(5)", "'a'", {"logicalType": "string"}),
    "mood": ("crm.mood", "'good'", {"logicalType": "string"}),
    "id": ("uuid", "'6b1d2b0e-8f5d-4c55-9d5a-0f7d4c1f3a55'", {"logicalType": "string"}),
    "tags": ("text[]", "'{a,b}'", {"logicalType": "array", "items": {"logicalType": "string"}}),
    "doc": ("jsonb", "'{\"a\": [1]}'", {"logicalType": "object"}),
}
READ = {
    "truth": True,
    "small": -5,
    "whole": 12345678901,
    "exact": "1.25000",
    "near": 0.1,
    "day": "0001-02-03",
    "hour": "23:59:59.123456",
    "wall": "2026-01-31T10:00:00.5",
    "words": "a",
    "mood": "good",
    "id": "6b1d2b0e-8f5d-4c55-9d5a-0f7d4c1f3a55",
    "tags": ["a", "b"],
    "doc": {"a": [1]},
}


@EVERYWHERE
def test_values_of_many_types(
    crm: Any, database: dict[str, Any], tmp_path: Path, home: str
) -> None:
    listed = ", ".join(f"{name} {native}" for name, (native, _, _) in VALUES.items())
    values = ", ".join(value for _, value, _ in VALUES.values())
    nulls = ", ".join("NULL" for _ in VALUES)
    crm.execute(
        "CREATE TYPE crm.mood AS ENUM ('good', 'bad');"
        f"CREATE TABLE crm.everything ({listed});"
        f"INSERT INTO crm.everything VALUES ({values}), ({nulls})"
    )
    columns = {name: dict(words) for name, (_, _, words) in VALUES.items()}
    kinds = {name: str(words["logicalType"]) for name, words in columns.items()}
    product = Product(
        "sales.orders",
        {"orders": f"SELECT {', '.join(columns)} FROM crm_orders"},
        (Port("orders", kinds),),
    )
    everything = source(database, table="everything", columns=columns)
    applied(tmp_path, {**mesh(database, home, product), **everything})
    found = rows(tmp_path, "SELECT * FROM sales.orders.orders WHERE truth")
    assert [_plain(found[0])] == [READ]
    assert len(rows(tmp_path, "SELECT * FROM sales.orders.orders WHERE truth IS NULL")) == 1


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row in which texts of documents are what they hold, and spaces and zeros do not count."""
    plain = {
        name: json.loads(row[name])
        if isinstance(row[name], str) and row[name][:1] in "[{"
        else row[name]
        for name in row
    }
    return {**plain, "wall": str(plain["wall"]).rstrip("0").removesuffix(".")}


@pytest.mark.parametrize(
    ("made", "changed", "why"),
    [
        ("", {"table": "order"}, "there is no such table or view; did you mean `orders`?"),
        ("", {"schema": "crn"}, "there is no such schema; did you mean `crm`?"),
        (
            "ALTER TABLE crm.orders RENAME customer TO client",
            {},
            "has no column `customer`; see how the database calls it",
        ),
        (
            "ALTER TABLE crm.orders ALTER amount TYPE text",
            {},
            "column `amount` is text, which does not fit decimal(10,2)",
        ),
        ("UPDATE crm.orders SET amount = 1234567890.5", {}, "numeric field overflow"),
        (
            "ALTER TABLE crm.orders ALTER amount TYPE numeric; UPDATE crm.orders SET amount = .125",
            {},
            "0.125 in column",
        ),
        ("UPDATE crm.orders SET placed_at = 'infinity'", {}, "infinity in column"),
        ("", {"schema": "pg_catalog", "table": "pg_authid"}, "is the server's own and no source"),
        ("ALTER TABLE crm.orders OWNER TO admin", {}, "column `id` may not be read"),
        ("ALTER SCHEMA crm OWNER TO admin", {}, "GRANT USAGE ON SCHEMA"),
    ],
)
def test_what_cannot_be_read_holds_its_product(
    crm: Any,
    database: dict[str, Any],
    tmp_path: Path,
    made: str,
    changed: dict[str, str],
    why: str,
) -> None:
    """The product stays on its release, and says which source and why."""
    applied(tmp_path, mesh(database))
    if made:
        with psycopg.connect(**as_keywords({**database, "user": ADMIN}), autocommit=True) as admin:
            admin.execute(made)
    lay_out(tmp_path, {**mesh(database), **source(database, **changed)})
    said = weft(tmp_path, "apply", "--yes")
    assert said.code == 4, said
    told = " ".join(said.err.split())
    assert "source crm_orders: " in told
    assert why in told
    assert rows(tmp_path, QUERY) == SHOWN


def test_why_says_what_it_cannot_know_of_a_table(
    crm: Any, database: dict[str, Any], tmp_path: Path
) -> None:
    applied(tmp_path, mesh(database))
    told = " ".join(weft(tmp_path, "why", "sales.orders").out.split())
    assert "sales.orders · prod · up to date" in told
    assert "source crm_orders whether its table has newer rows is seen when a run reads it" in told
    fewer = {name: each for name, each in COLUMNS.items() if name != "amount"}
    lay_out(tmp_path, {**mesh(database), **source(database, columns={**fewer, **AMOUNT})})
    told = " ".join(weft(tmp_path, "why", "sales.orders.orders").out.split())
    assert "source crm_orders release 1 to be read its contract changed since" in told


def test_what_weft_made_is_no_source(crm: Any, database: dict[str, Any], tmp_path: Path) -> None:
    applied(tmp_path, mesh(database, "ops_db"))
    for schema in ("sales__orders", "sales__orders__internal"):
        lay_out(tmp_path, {**mesh(database, "ops_db"), **source(database, schema=schema)})
        said = weft(tmp_path, "plan")
        assert "was made by Weft; read the port as an input port instead" in said.out


@EVERYWHERE
def test_a_view_can_change_nothing(
    crm: Any, database: dict[str, Any], tmp_path: Path, home: str
) -> None:
    """A view runs what its owner wrote, with the rights of whoever reads it."""
    crm.execute(
        """
        CREATE FUNCTION crm.grab() RETURNS integer LANGUAGE plpgsql AS $$
          BEGIN
            BEGIN
              EXECUTE 'CREATE TABLE crm.grabbed (x int)';
            EXCEPTION WHEN read_only_sql_transaction THEN RETURN 1;
            END;
            RETURN 666;
          END $$;
        CREATE VIEW crm.shown AS SELECT crm.grab() AS id, customer, amount, placed_at
          FROM crm.orders
        """
    )
    applied(tmp_path, {**mesh(database, home), **source(database, table="shown")})
    assert rows(tmp_path, "SELECT DISTINCT id FROM sales.orders.orders") == [{"id": 1}]
    assert crm.execute("SELECT to_regclass('crm.grabbed')").fetchone() == (None,)


@pytest.mark.parametrize(
    ("server", "why"),
    [
        ({"server": "opsdb"}, "there is no warehouse `opsdb`"),
        ({"server": "lake"}, "warehouse `lake` is of another type than `postgres`"),
        ({"host": "elsewhere"}, "`host` is not that of warehouse `ops_db`"),
        ({"port": 1}, "`port` is not that of warehouse `ops_db`"),
        ({"database": "other"}, "`database` is not that of warehouse `ops_db`"),
    ],
)
def test_a_source_agrees_with_the_settings(
    tmp_path: Path, server: dict[str, Any], why: str
) -> None:
    place = {"host": "db", "port": 5432, "database": "shop"}
    lay_out(tmp_path, {**mesh(place), **source(place, server=server)})
    said = weft(tmp_path, "validate")
    assert said.code == 5
    assert f"error[W414]: {why}" in said.out + said.err
    assert "sources/crm_orders.odcs.yaml" in said.out + said.err
