"""What does not let us into Postgres: one error each, which names the place and the next step."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from arro3.core import Array, DataType, Table
from psycopg import sql
from warehouse_steps import PRODUCT, bound, build

from weft.mesh.secret import Secret
from weft.warehouses.postgres import OPTIONS, open_warehouse
from weft.warehouses.protocol import Scope, Unmeasurable, WarehouseError

PROD = Scope("prod", (PRODUCT,))


def refused(options: dict[str, Any]) -> str:
    """Open a warehouse and look at it; return what the one error says."""
    with pytest.raises(WarehouseError) as caught:
        open_warehouse("ops_db", options, "", "skyline", "store_1").observe(PROD)
    assert caught.value.denied
    assert "warehouse `ops_db` in weft.yaml" in str(caught.value)
    return str(caught.value)


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port at which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_wrong_password(database: dict[str, Any]) -> None:
    text = refused({**database, "password": Secret("wrong-one")})
    assert "password authentication failed" in text
    assert "set the `user` and `password` there" in text
    assert "wrong-one" not in text


def test_a_host_that_does_not_answer(database: dict[str, Any], free_port: int) -> None:
    assert "Connection refused" in refused({**database, "port": free_port})


def test_a_host_that_nobody_knows(database: dict[str, Any]) -> None:
    assert "correct `host` there" in refused({**database, "host": "no-such-host.invalid"})


def test_encryption_that_the_server_does_not_have(database: dict[str, Any]) -> None:
    assert "change `sslmode` there" in refused({**database, "sslmode": "require"})


def test_a_server_whose_connections_are_taken(
    database: dict[str, Any], postgres_admin: psycopg.Connection[Any]
) -> None:
    name = sql.Identifier(database["database"])
    limit = sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}")
    postgres_admin.execute(limit.format(name, sql.Literal(0)))
    assert "all its connections are taken" in refused(database)
    postgres_admin.execute(limit.format(name, sql.Literal(-1)))


def test_a_database_that_is_not_there(database: dict[str, Any]) -> None:
    assert '"no_such_database" does not exist' in refused(
        {**database, "database": "no_such_database"}
    )


def test_a_password_that_nobody_set(database: dict[str, Any]) -> None:
    text = refused({**database, "password": Secret(missing="PGPASSWORD")})
    assert "needs the environment variable PGPASSWORD; set it" in text


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pasword": "x"}, "there is no option `pasword`; did you mean `password`?"),
        ({"options": "-c x=y"}, "there is no option `options`; "),
        ({"host": 4}, "`host` cannot be `4`; it must be the name or address of the server"),
        ({"port": "high"}, "`port` cannot be `high`; it must be a whole number"),
        ({"sslmode": "off"}, "`sslmode` cannot be `off`; it must be `disable`"),
    ],
)
def test_options_are_checked(given: dict[str, Any], message: str) -> None:
    with pytest.raises(WarehouseError) as caught:
        open_warehouse("ops_db", {"host": "localhost", **given}, "", "skyline", "store_1")
    assert caught.value.denied
    assert str(caught.value).startswith(f"warehouse `ops_db`: {message}")


def test_what_libpq_calls_so_is_taken(database: dict[str, Any]) -> None:
    options = {**database, "target_session_attrs": "read-write", "connect_timeout": 3}
    opened = open_warehouse("ops_db", options, "", "skyline", "store_1")
    assert opened.observe(PROD).builds == frozenset()
    opened.close()


def test_every_option_is_a_keyword_of_libpq() -> None:
    known = {each.keyword.decode() for each in psycopg.pq.Conninfo.get_defaults()}
    assert {each.name for each in OPTIONS} - known == {"database"}


def test_a_missing_driver(database: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install 'weft[postgres]'" in refused(database)


def test_a_login_without_rights(
    database: dict[str, Any], postgres_admin: psycopg.Connection[Any]
) -> None:
    """It may connect and look, but not make a schema."""
    role = sql.Identifier("weft_test_nobody")
    postgres_admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
    secret = sql.Literal(database["password"])
    postgres_admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, secret))
    options = {**database, "user": "weft_test_nobody"}
    opened = open_warehouse("ops_db", options, "", "skyline", "store_1")
    assert opened.observe(PROD).builds == frozenset()
    with pytest.raises(WarehouseError, match="permission denied") as caught:
        opened.run(build("a", "SELECT 1 AS id", product="nobody.may"), bound())
    opened.close()
    postgres_admin.execute(sql.SQL("DROP ROLE {}").format(role))
    assert caught.value.denied
    assert "warehouse `ops_db` in weft.yaml" in str(caught.value)
    assert "give its login this right" in str(caught.value)


def test_a_foreign_mesh_or_store(database: dict[str, Any], tmp_path: Any) -> None:
    ours = open_warehouse("ops_db", database, str(tmp_path), "skyline", "store_1")
    assert ours.marks() is None
    ours.run(build("a", "SELECT 1 AS id"), bound())
    assert ours.marks() == ("skyline", "store_1")
    ours.close()
    for mesh, store, what in (
        ("other", "store_1", "belongs to mesh `skyline` and not to `other`"),
        ("skyline", "store_2", "belongs to another store of mesh `skyline` (its id is store_1)"),
    ):
        foreign = open_warehouse("ops_db", database, str(tmp_path), mesh, store)
        assert foreign.marks() == ("skyline", "store_1")
        for act in (
            lambda it=foreign: it.observe(PROD),
            lambda it=foreign: it.run(build("b", "SELECT 1 AS id"), bound()),
            lambda it=foreign: it.forget([], frozenset(), "2026-03-20T10:00:00+00:00"),
        ):
            with pytest.raises(WarehouseError) as caught:
                act()
            assert caught.value.denied
            assert what in str(caught.value)
        foreign.close()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (DataType.date32(), "date out of range (column `value`, row 2)"),
        (
            DataType.duration("s"),
            "a value could not be written: ConversionException: Conversion Error: "
            "Could not convert Interval to Microsecond",
        ),
    ],
)
def test_a_value_that_cannot_be_written_is_no_lost_connection(
    database: dict[str, Any], value: DataType, message: str
) -> None:
    whole = DataType.int32() if value == DataType.date32() else DataType.int64()
    numbers = Array([1, 2**31 - 1000 if whole == DataType.int32() else 2**63 - 5], whole)
    opened = open_warehouse("ops_db", database, "", "skyline", "store_1")
    with pytest.raises(Unmeasurable) as refused:
        opened.load("key", Table.from_pydict({"value": numbers.cast(value)}))
    opened.close()
    assert str(refused.value) == message
