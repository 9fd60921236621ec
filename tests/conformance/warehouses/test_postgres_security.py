"""What a consumer's login can reach on Postgres, tried with real logins: the rows of a port alone.

The administrator followed the advice to take from PUBLIC what it has on the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from arro3.core import Array, DataType, Table
from psycopg import errors, sql
from warehouse_kinds import ADMIN
from warehouse_steps import PRODUCT, bound, build, port, publish, relation

from weft.mesh.manifest import Column
from weft.mesh.product import Materialization
from weft.mesh.release import Build
from weft.sql.dialect import dialect_named
from weft.warehouses.postgres import open_warehouse
from weft.warehouses.postgres.marks import Mark, encoded
from weft.warehouses.protocol import Scope, WarehouseError

CONSUMER = "weft_test_consumer"
PASSWORD = "not-a-secret"
PRIVATE = "sales__orders__internal"


def keywords(options: dict[str, Any], user: str = "") -> dict[str, Any]:
    """The options of a warehouse as libpq calls them, for a login."""
    found = {**options, "dbname": options["database"], "user": user or options["user"]}
    del found["database"]
    return found


@contextmanager
def entered(options: dict[str, Any], user: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(**keywords(options, user), autocommit=True) as connection:
        yield connection


@pytest.fixture
def warehouse(database: dict[str, Any], tmp_path: Any) -> Iterator[Any]:
    """A warehouse with one product, whose second release is current."""
    with entered(database, ADMIN) as admin:
        name = sql.Identifier(database["database"])
        admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    opened = open_warehouse("wh", database, str(tmp_path), "skyline", "store_1")
    for number, word in ((1, "old"), (2, "new")):
        select = f"SELECT {number} AS id, '{word}' AS name, 'secret {word}' AS hidden"
        opened.run(build(f"k{number}", select), bound())
        shown = port({"orders": (f"k{number}", ["id", "name"])})
        opened.run(publish([shown], number - 1), bound())
    yield opened
    opened.close()


@pytest.fixture
def consumer(
    warehouse: Any, database: dict[str, Any], postgres_admin: psycopg.Connection[Any]
) -> Iterator[psycopg.Connection[Any]]:
    """A login that was granted the one view, as a consumer is."""
    role = sql.Identifier(CONSUMER)
    known = postgres_admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (CONSUMER,))
    if not known.fetchall():
        secret = sql.Literal(PASSWORD)
        postgres_admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, secret))
    with entered(database, ADMIN) as admin:
        name = sql.Identifier(database["database"])
        admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, role))
        admin.execute(sql.SQL("GRANT USAGE ON SCHEMA sales__orders TO {}").format(role))
        admin.execute(sql.SQL("GRANT SELECT ON sales__orders.orders_v1 TO {}").format(role))
    with entered(database, CONSUMER) as connection:
        yield connection


def test_a_consumer_reads_the_port(consumer: psycopg.Connection[Any]) -> None:
    assert consumer.execute("SELECT * FROM sales__orders.orders_v1").fetchall() == [(2, "new")]


REFUSED = (
    f"SELECT * FROM {PRIVATE}.b_k2",
    f"SELECT * FROM {PRIVATE}.pointer",
    f"SELECT * FROM {PRIVATE}.releases",
    "SELECT * FROM sales__orders.orders",
    "INSERT INTO sales__orders.orders_v1 VALUES (3, 'x')",
    "UPDATE sales__orders.orders_v1 SET name = 'x'",
    "DELETE FROM sales__orders.orders_v1",
    "CREATE TABLE sales__orders.mine (x int)",
    "CREATE VIEW sales__orders.mine AS SELECT 1",
    f"CREATE TABLE {PRIVATE}.mine (x int)",
    "CREATE TABLE public.mine (x int)",
    "CREATE SCHEMA mine",
    "CREATE TEMPORARY TABLE mine (x int)",
    "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SET ROLE skyline__sales__orders",
    "SET ROLE skyline__sales__orders__internal",
    "ALTER VIEW sales__orders.orders_v1 SET (security_barrier = false)",
    "COMMENT ON VIEW sales__orders.orders_v1 IS 'mine'",
    "DROP VIEW sales__orders.orders_v1",
    f"BEGIN; LOCK TABLE {PRIVATE}.pointer IN ACCESS EXCLUSIVE MODE",
    f"CREATE TABLE copy AS SELECT * FROM {PRIVATE}.b_k1",
    f"COPY {PRIVATE}.b_k2 TO STDOUT",
)


def test_a_consumer_is_refused_everything_else(consumer: psycopg.Connection[Any]) -> None:
    refusals = (
        errors.InsufficientPrivilege,
        errors.InvalidSchemaName,
        errors.ObjectNotInPrerequisiteState,
    )
    for statement in REFUSED:
        with pytest.raises(refusals):
            consumer.execute(statement)
        consumer.rollback()


def test_a_hidden_column_is_not_there(consumer: psycopg.Connection[Any]) -> None:
    with pytest.raises(errors.UndefinedColumn):
        consumer.execute("SELECT hidden FROM sales__orders.orders_v1")
    whole = consumer.execute("SELECT o::text FROM sales__orders.orders_v1 AS o").fetchall()
    assert whole == [("(2,new)",)]


def test_a_cheap_function_sees_what_the_port_shows(
    consumer: psycopg.Connection[Any], database: dict[str, Any]
) -> None:
    """Even where somebody gave back the right to temporary objects."""
    with entered(database, ADMIN) as admin:
        name, role = sql.Identifier(database["database"]), sql.Identifier(CONSUMER)
        admin.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(name, role))
    told: list[str] = []
    consumer.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
    consumer.execute(
        "CREATE FUNCTION pg_temp.peek(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0000001"
        " AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"
    )
    for statement in (
        "SELECT id FROM sales__orders.orders_v1 WHERE pg_temp.peek(name)",
        "SELECT id FROM sales__orders.orders_v1 AS o WHERE pg_temp.peek(o::text)",
        "SELECT count(*) FILTER (WHERE pg_temp.peek(name)) FROM sales__orders.orders_v1",
    ):
        consumer.execute(statement)
    assert told and not [text for text in told if "old" in text or "secret" in text]


def test_an_error_tells_nothing_hidden(consumer: psycopg.Connection[Any]) -> None:
    with pytest.raises(errors.InvalidTextRepresentation, match='"new"'):
        consumer.execute("SELECT * FROM sales__orders.orders_v1 WHERE CAST(name AS integer) = 1")


def test_views_are_barriers_of_weak_owners(warehouse: Any, database: dict[str, Any]) -> None:
    with entered(database, ADMIN) as admin:
        views = admin.execute(
            "SELECT c.reloptions, r.rolcanlogin, r.rolsuper, r.rolbypassrls, r.rolcreaterole,"
            " r.rolcreatedb, r.rolname FROM pg_class AS c JOIN pg_roles AS r ON r.oid = c.relowner"
            " WHERE c.relkind = 'v' AND c.relnamespace = 'sales__orders'::regnamespace"
        ).fetchall()
    assert len(views) == 2
    for options, *rights, owner in views:
        assert set(options) == {"security_barrier=true", "security_invoker=false"}
        assert (rights, owner) == ([False] * 5, "skyline__sales__orders")


def test_public_has_nothing(warehouse: Any, database: dict[str, Any]) -> None:
    with entered(database, ADMIN) as admin:
        schemas = admin.execute(
            "SELECT n.nspname FROM pg_namespace AS n, aclexplode(n.nspacl) AS acl"
            " WHERE acl.grantee = 0 AND n.nspname LIKE 'sales%'"
        ).fetchall()
        relations = admin.execute(
            "SELECT c.relname FROM pg_class AS c, aclexplode(c.relacl) AS acl"
            " WHERE acl.grantee = 0 AND c.relnamespace::regnamespace::text LIKE 'sales%'"
        ).fetchall()
    assert (schemas, relations) == ([], [])


def test_default_rights_of_the_login_reach_nothing(database: dict[str, Any], tmp_path: Any) -> None:
    """Whatever the login gives away by default, what we make is made by other owners."""
    with entered(database, database["user"]) as login:
        login.execute("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC")
        login.execute("ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO PUBLIC")
    opened = open_warehouse("wh", database, str(tmp_path), "skyline", "store_1")
    opened.run(build("a", "SELECT 1 AS id"), bound())
    opened.run(publish([port({"orders": ("a", ["id"])})]), bound())
    opened.close()
    test_public_has_nothing(None, database)


POSTGRES = dialect_named("postgres")


UNDECLARED = (
    'SELECT * FROM "fleet__craft__internal"."b_f"',
    'SELECT * FROM "fleet__craft__internal"."pointer"',
    "SELECT rolpassword FROM pg_authid",
    "SELECT pg_read_file('postgresql.conf') AS x",
    f'WITH x AS (DELETE FROM "{PRIVATE}"."b_k1" RETURNING *) SELECT * FROM x',
)


def test_a_model_reaches_what_it_declares(warehouse: Any) -> None:
    """A statement that got past every check of ours has no rights but its product's."""
    warehouse.run(build("f", "SELECT 1 AS id", product="fleet.craft"), bound())
    for select in UNDECLARED:
        with pytest.raises(WarehouseError):
            warehouse.run(build("x", select), bound())
    reads = f"SELECT * FROM {relation('f', POSTGRES)} AS f"
    assert warehouse.run(build("y", reads, ["f"]), bound()).rows == 1


def test_a_model_is_one_statement(warehouse: Any, database: dict[str, Any]) -> None:
    for select in ("SELECT 1 AS id; DROP SCHEMA sales__orders CASCADE", "SELECT 1) ; COMMIT; ("):
        with pytest.raises(WarehouseError):
            warehouse.run(build("x", select), bound())
        with pytest.raises(WarehouseError):
            warehouse.query(select, [])
    with entered(database, ADMIN) as admin:
        assert admin.execute("SELECT * FROM sales__orders.orders").fetchall() == [(2, "new")]


def test_a_forged_mark_is_not_believed(warehouse: Any, database: dict[str, Any]) -> None:
    with entered(database, ADMIN) as admin:
        admin.execute("CREATE SCHEMA forged")
        admin.execute(
            'COMMENT ON SCHEMA forged IS \'{"weft":{"schema":{"mesh":"skyline","store":"store_1",'
            '"product":"a.b","environment":"prod","internal":true}}}\''
        )
        admin.execute("CREATE TABLE forged.b_f AS SELECT 666 AS id")
        admin.execute(
            'COMMENT ON TABLE forged.b_f IS \'{"weft":{"build":{"key":"f","product":"a.b",'
            '"model":"f","kind":"table","columns":[{"name":"id","type":"integer"}]}}}\''
        )
    assert not warehouse.run(build("f", "SELECT 1 AS id"), bound()).reused


def test_a_build_of_a_strange_owner_is_none(warehouse: Any, database: dict[str, Any]) -> None:
    with entered(database, ADMIN) as admin:
        for key in ("k2", "k3"):
            forged = f"{PRIVATE}.b_{key}"
            admin.execute(f"DROP TABLE IF EXISTS {forged} CASCADE")
            admin.execute(f"CREATE TABLE {forged} AS SELECT 666 AS id, 'forged' AS name")
            made = Build(key, PRODUCT, key, Materialization.TABLE, (Column("id", "integer"),), 1, 8)
            admin.execute(f"COMMENT ON TABLE {forged} IS '{encoded(Mark(build=made))}'")
            admin.execute(f"GRANT SELECT ON {forged} TO PUBLIC")
    warehouse.close()
    opened = open_warehouse("wh", database, "", "skyline", "store_1")
    for content in (False, True):
        scope = Scope("prod", (PRODUCT,), frozenset(["k3"]), content=content)
        assert opened.observe(scope).builds == {"k1"}
    for key in ("k2", "k3"):
        with pytest.raises(WarehouseError, match=r'b_k." with our mark, which `admin` owns'):
            opened.run(build(key, "SELECT 3 AS id"), bound("run_2", 2))
        with pytest.raises(WarehouseError, match="missing"):
            opened.run(publish([port({"orders": (key, ["id"])})], 2), bound("run_2", 2))
        with pytest.raises(WarehouseError, match="look at it with `weft drift`"):
            opened.load(key, Table.from_pydict({"id": Array([1], DataType.int32())}))
    opened.close()


def test_a_role_that_can_log_in_owns_nothing(
    database: dict[str, Any], postgres_admin: psycopg.Connection[Any], tmp_path: Any
) -> None:
    postgres_admin.execute("CREATE ROLE skyline__grown__up LOGIN")
    try:
        opened = open_warehouse("wh", database, str(tmp_path), "skyline", "store_1")
        with pytest.raises(WarehouseError, match="`skyline__grown__up` can log in") as caught:
            opened.run(build("a", "SELECT 1 AS id", product="grown.up"), bound())
        opened.close()
        assert caught.value.denied
    finally:
        postgres_admin.execute("DROP ROLE skyline__grown__up")


def test_a_schema_of_somebody_else_is_left_alone(database: dict[str, Any], tmp_path: Any) -> None:
    with entered(database, ADMIN) as admin:
        admin.execute("CREATE SCHEMA sales__orders")
    opened = open_warehouse("wh", database, str(tmp_path), "skyline", "store_1")
    with pytest.raises(WarehouseError, match="schema `sales__orders` that Weft did not make"):
        opened.run(build("a", "SELECT 1 AS id"), bound())
    opened.close()


def test_statements_say_for_whom_they_are(warehouse: Any, database: dict[str, Any]) -> None:
    warehouse.run(build("z", "SELECT 1 AS id"), bound("run_9"))
    with entered(database, ADMIN) as admin:
        found = admin.execute(
            "SELECT application_name, query FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = %s",
            (database["user"],),
        ).fetchall()
    assert found and {name for name, _ in found} == {f"weft run_9 {PRODUCT}"}
    assert all(text.startswith(f"/* weft product={PRODUCT} run=run_9 */") for _, text in found)
