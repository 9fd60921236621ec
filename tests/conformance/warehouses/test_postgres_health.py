"""Whether a server is fit for its work: told by the doctor, and required before any step."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql
from warehouse_steps import PRODUCT, bound, build, port, publish

from postgres_server import ADMIN, PASSWORD, as_keywords
from weft.warehouses.postgres import open_warehouse
from weft.warehouses.postgres.marks import Mark, SchemaMark, encoded
from weft.warehouses.protocol import Scope, WarehouseError

NOW = "2026-11-21T10:00:00Z"


@contextmanager
def opened(options: dict[str, Any]) -> Iterator[Any]:
    found = open_warehouse("ops_db", options, "", "skyline", "store_1")
    yield found
    found.close()


@pytest.fixture
def login(
    database: dict[str, Any], postgres_admin: psycopg.Connection[Any]
) -> Iterator[dict[str, Any]]:
    """A login that may connect, and no more."""
    name = f"{database['database']}_login"
    role = sql.Identifier(name)
    secret = sql.Literal(PASSWORD)
    postgres_admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, secret))
    yield {**database, "user": name}
    with psycopg.connect(**as_keywords({**database, "user": ADMIN}), autocommit=True) as there:
        there.execute(sql.SQL("DROP OWNED BY {}").format(role))
    postgres_admin.execute(sql.SQL("DROP ROLE {}").format(role))


def refused(warehouse: Any, product: str = PRODUCT) -> str:
    with pytest.raises(WarehouseError) as caught:
        warehouse.health.require([product], "prod")
    assert caught.value.denied
    assert not caught.value.interrupted
    assert "warehouse `ops_db` in weft.yaml" in str(caught.value)
    return str(caught.value)


def told(warehouse: Any, name: str, now: str = NOW) -> list[tuple[str, str]]:
    return [
        (each.detail, each.fix) for each in warehouse.health.conditions(now) if each.name == name
    ]


def test_a_good_server_is_told_and_required(database: dict[str, Any]) -> None:
    with opened(database) as warehouse:
        warehouse.health.require([PRODUCT], "prod")
        names = [each.name for each in warehouse.health.conditions(NOW)]
        assert names == ["server", "texts", "rights", "clock", "owners", "public"]
        assert [each.name for each in warehouse.health.conditions(NOW) if each.fix] == ["clock"]


def test_the_rights_that_are_missing_are_named_one_by_one(
    database: dict[str, Any], login: dict[str, Any], admin: psycopg.Connection[Any]
) -> None:
    name, place = login["user"], sql.Identifier(login["database"])
    with opened(login) as warehouse:
        assert warehouse.observe(Scope("prod", (PRODUCT,))).builds == frozenset()
        grant = f'GRANT CREATE ON DATABASE "{login["database"]}" TO "{name}"'
        assert f"{name} may not make schemas" in refused(warehouse)
        assert grant in refused(warehouse)
        admin.execute(
            sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(place, sql.Identifier(name))
        )
        alter = f'ALTER ROLE "{name}" CREATEROLE'
        assert alter in refused(warehouse)
        admin.execute(sql.SQL("ALTER ROLE {} CREATEROLE").format(sql.Identifier(name)))
        warehouse.health.require([PRODUCT], "prod")


def test_a_database_that_can_only_be_read(
    database: dict[str, Any], admin: psycopg.Connection[Any]
) -> None:
    name = sql.Identifier(database["database"])
    admin.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
    with opened(database) as warehouse:
        assert "can only be read; set `host` to the primary server" in refused(warehouse)
        with pytest.raises(WarehouseError, match="set `host` there to the primary") as caught:
            warehouse.run(build("a", "SELECT 1 AS id"), bound())
        assert caught.value.denied


def test_a_database_that_loses_characters(
    database: dict[str, Any], postgres_admin: psycopg.Connection[Any]
) -> None:
    name = f"{database['database']}_latin"
    place = sql.Identifier(name)
    postgres_admin.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'LATIN1' TEMPLATE template0").format(
            place, sql.Identifier(database["user"])
        )
    )
    try:
        with opened({**database, "database": name}) as warehouse:
            assert "is in LATIN1, which loses characters; make another one" in refused(warehouse)
    finally:
        postgres_admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(place))


def test_a_missing_driver_for_rows(
    database: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with opened(database) as warehouse:
        assert "needs adbc-driver-postgresql" in refused(warehouse)


def test_what_everybody_may_do_is_told(
    database: dict[str, Any], admin: psycopg.Connection[Any]
) -> None:
    with opened(database) as warehouse:
        warehouse.run(build("a", "SELECT 1 AS id"), bound())
        warehouse.run(publish([port({"orders": ("a", ["id"])})]), bound())
        assert told(warehouse, "public")[0][1] == ""
        admin.execute("GRANT SELECT ON sales__orders.orders_v1 TO PUBLIC")
        [(detail, fix)] = told(warehouse, "public")
        assert detail == "everybody has rights on table sales__orders.orders_v1"
        assert fix == "REVOKE ALL ON TABLE sales__orders.orders_v1 FROM PUBLIC"
        admin.execute(fix)
        assert told(warehouse, "public")[0][1] == ""


def test_a_schema_of_a_wrong_owner_is_told(
    database: dict[str, Any], admin: psycopg.Connection[Any]
) -> None:
    with opened(database) as warehouse:
        warehouse.run(build("a", "SELECT 1 AS id"), bound())
        admin.execute("ALTER SCHEMA sales__orders OWNER TO admin")
        fix = 'ALTER SCHEMA "sales__orders" OWNER TO "skyline__sales__orders"'
        assert told(warehouse, "owners") == [("schema sales__orders is owned by admin", fix)]
        admin.execute(fix)
        assert told(warehouse, "owners")[0][1] == ""


@pytest.mark.parametrize(
    ("schema", "product"), [("mallory", "sales.other"), ("sales__other", "sales.other")]
)
def test_a_schema_that_only_says_it_is_ours_is_given_to_nobody(
    database: dict[str, Any], admin: psycopg.Connection[Any], schema: str, product: str
) -> None:
    with opened(database) as warehouse:
        warehouse.run(build("a", "SELECT 1 AS id"), bound())
        said = SchemaMark("skyline", "store_1", product, "prod", internal=False)
        mark = encoded(Mark(schema=said))
        admin.execute(f"CREATE SCHEMA {schema}; COMMENT ON SCHEMA {schema} IS '{mark}'")
        detail = f"schema {schema} of admin says that Weft made it, which it did not"
        fix = f'admin or an administrator runs COMMENT ON SCHEMA "{schema}" IS NULL'
        assert told(warehouse, "owners") == [(detail, fix)]
        admin.execute(fix.partition(" runs ")[2])
        assert told(warehouse, "owners")[0][1] == ""


def test_a_clock_that_differs_is_told(
    database: dict[str, Any], admin: psycopg.Connection[Any]
) -> None:
    with opened(database) as warehouse:
        [(now,)] = admin.execute("SELECT CAST(clock_timestamp() AS text)").fetchall()
        assert told(warehouse, "clock", now) == [("the same as here", "")]
        assert told(warehouse, "clock", "2000-01-01T00:00:00Z")[0][0].endswith(
            "s ahead of the one here"
        )
        assert told(warehouse, "clock", "2999-01-01T00:00:00Z")[0][0].endswith(
            "s behind the one here"
        )
