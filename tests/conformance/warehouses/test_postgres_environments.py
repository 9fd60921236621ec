"""An environment with a login of its own reads production's builds, and can change none of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql
from warehouse_steps import PRODUCT, bound, build, port, publish, relation

from postgres_server import ADMIN, PASSWORD, as_keywords
from weft.plan.plan import Step
from weft.sql.dialect import dialect_named
from weft.warehouses.postgres import open_warehouse
from weft.warehouses.protocol import Bound, Scope, WarehouseError

POSTGRES = dialect_named("postgres")
PRIVATE = "sales__orders__internal"
DEV = Bound("run_dev", 1, "2026-03-20T10:00:00+00:00", {}, "dev")


@contextmanager
def entered(options: dict[str, Any], user: str) -> Iterator[psycopg.Connection[Any]]:
    keywords = as_keywords({**options, "user": user})
    with psycopg.connect(**keywords, autocommit=True) as connection:
        yield connection


def released(builds: str, expected: int = 0, environment: str = "prod") -> Step:
    """Publish the last of these builds, which stand for models."""
    step = publish([port({"orders": (builds[-1], ["id"])})], expected, environment=environment)
    assert step.release
    return replace(step, release=replace(step.release, builds={key: key for key in builds}))


def named(key: str) -> str:
    return relation(key, POSTGRES)


@pytest.fixture
def mesh(database: dict[str, Any]) -> str:
    """The name of a mesh of the test's own: roles belong to the whole server."""
    return database["database"].replace("test_", "m")


@pytest.fixture
def production(database: dict[str, Any], mesh: str, postgres_admin: Any) -> Iterator[Any]:
    opened = open_warehouse("wh", database, "", mesh, "store_1")
    opened.run(build("a", "SELECT 1 AS id"), bound())
    opened.run(build("b", f"SELECT id FROM {named('a')}", ["a"], "view"), bound())
    opened.run(released("ab"), bound())
    yield opened
    opened.close()
    with entered(database, ADMIN) as admin:
        roles = admin.execute(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE %s", (f"{mesh}\\_\\_%",)
        ).fetchall()
        for (name,) in roles:
            admin.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(name)))
        for (name,) in roles:
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def developer(
    database: dict[str, Any], production: Any, mesh: str, postgres_admin: psycopg.Connection[Any]
) -> Iterator[str]:
    """A login that may make what is its own, and read what production published."""
    name = f"{mesh}_developer"
    role = sql.Identifier(name)
    postgres_admin.execute(
        sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}").format(role, sql.Literal(PASSWORD))
    )
    with entered(database, ADMIN) as admin:
        place = sql.Identifier(database["database"])
        admin.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(place, role))
        admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(f"{mesh}__builds"), role))
    yield name
    with entered(database, ADMIN) as admin:
        admin.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(role))
    postgres_admin.execute(sql.SQL("DROP ROLE {}").format(role))


@pytest.fixture
def dev(database: dict[str, Any], developer: str, mesh: str) -> Iterator[Any]:
    opened = open_warehouse("wh", {**database, "user": developer}, "", mesh, "store_1")
    yield opened
    opened.close()


def test_dev_builds_on_what_production_published(dev: Any, production: Any) -> None:
    production.run(build("later", "SELECT 2 AS id"), bound())
    assert {"a", "b"} <= dev.observe(Scope("prod", (PRODUCT,))).builds
    assert dev.run(build("c", f"SELECT id + 1 AS id FROM {named('b')}", ["b"]), DEV).rows == 1


def test_what_dev_may_not_read_is_not_there_and_it_makes_its_own(
    dev: Any, production: Any, database: dict[str, Any]
) -> None:
    production.run(build("later", "SELECT 2 AS id"), bound())
    assert "later" not in dev.observe(Scope("dev", (PRODUCT,))).builds
    assert not dev.run(build("later", "SELECT 2 AS id"), DEV).reused
    assert dev.run(build("d", f"SELECT id FROM {named('later')}", ["later"]), DEV).rows == 1
    with entered(database, ADMIN) as admin:
        asked = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'b_later'"
        schemas = {name for (name,) in admin.execute(asked).fetchall()}
    assert schemas == {PRIVATE, f"dev__{PRIVATE}"}


def test_a_forged_step_is_refused(dev: Any, production: Any, database: dict[str, Any]) -> None:
    """It names production, and its statements would be the ordinary ones."""
    for step in (
        build("x", "SELECT 666 AS id"),
        released("a", 1),
    ):
        with pytest.raises(WarehouseError) as caught:
            dev.run(step, bound())
        assert caught.value.denied
    with entered(database, ADMIN) as admin:
        assert admin.execute(f"SELECT number FROM {PRIVATE}.pointer").fetchall() == [(1,)]
        assert admin.execute("SELECT * FROM sales__orders.orders").fetchall() == [(1,)]


REFUSED = (
    f"INSERT INTO {PRIVATE}.b_a VALUES (2)",
    f"UPDATE {PRIVATE}.pointer SET number = 7",
    f"DELETE FROM {PRIVATE}.releases",
    f"DROP TABLE {PRIVATE}.b_a CASCADE",
    f"ALTER TABLE {PRIVATE}.b_a ADD COLUMN x int",
    f"CREATE TABLE {PRIVATE}.b_x (id int)",
    "CREATE OR REPLACE VIEW sales__orders.orders AS SELECT 666 AS id",
    "DROP VIEW sales__orders.orders",
    "COMMENT ON SCHEMA sales__orders IS 'mine'",
)


def test_the_server_refuses_dev_what_would_change_production(
    developer: str, database: dict[str, Any]
) -> None:
    with entered(database, developer) as login:
        assert login.execute(f"SELECT id FROM {PRIVATE}.b_a").fetchall() == [(1,)]
        for statement in REFUSED:
            with pytest.raises(errors.InsufficientPrivilege):
                login.execute(statement)


def test_the_server_lets_dev_join_no_owner(
    developer: str, database: dict[str, Any], mesh: str
) -> None:
    with entered(database, developer) as login:
        if login.info.server_version < 160000:
            pytest.skip("a login that makes roles may join any of them before PostgreSQL 16")
        owner = sql.Identifier(f"{mesh}__sales__orders__internal")
        for statement in ("GRANT {} TO CURRENT_USER", "SET ROLE {}", "ALTER ROLE {} LOGIN"):
            with pytest.raises(errors.InsufficientPrivilege):
                login.execute(sql.SQL(statement).format(owner))


def test_consumers_never_belong_to_who_reads_builds(
    production: Any, database: dict[str, Any], mesh: str
) -> None:
    with entered(database, ADMIN) as admin:
        members = admin.execute(
            "SELECT member::regrole::text FROM pg_auth_members WHERE roleid = to_regrole(%s)",
            (f"{mesh}__builds",),
        ).fetchall()
    assert {name for (name,) in members} <= {database["user"]}


def test_production_takes_over_what_dev_built(
    dev: Any, production: Any, database: dict[str, Any], mesh: str
) -> None:
    """Not one row is written again, and dev goes on showing it."""
    dev.run(build("n", "SELECT 5 AS id"), DEV)
    dev.run(build("v", f"SELECT id FROM {named('n')}", ["n"], "view"), DEV)
    dev.run(released("nv", environment="dev"), DEV)
    with entered(database, ADMIN) as admin:
        file = "SELECT pg_relation_filenode(%s::regclass)"
        before = admin.execute(file, ("dev__sales__orders__internal.b_n",)).fetchone()
        production.run(released("nv", 1), bound("run_2"))
        assert admin.execute(file, (f"{PRIVATE}.b_n",)).fetchone() == before
        owners = admin.execute(
            "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relname IN ('b_n', 'b_v')"
        ).fetchall()
        assert owners == [(f"{mesh}__sales__orders__internal",)]
        for schema in ("sales__orders", "dev__sales__orders"):
            assert admin.execute(f"SELECT id FROM {schema}.orders").fetchall() == [(5,)]
    assert dev.run(build("o", f"SELECT id FROM {named('v')}", ["v"]), DEV).rows == 1
