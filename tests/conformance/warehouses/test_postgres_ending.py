"""Ending environments in a database: no schema, role, comment or grant is left of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql
from warehouse_kinds import KINDS
from warehouse_steps import AT, audit, build, port, publish, relation, required

from postgres_line import line
from postgres_objects import drop_roles, objects, read_as_admin
from postgres_server import ADMIN, PASSWORD, as_keywords
from weft.warehouses.postgres import open_warehouse
from weft.warehouses.protocol import Bound, Ending, WarehouseError

POSTGRES = next(each.dialect for each in KINDS if each.name == "postgres")
DEV = Ending("dev", frozenset(["run_dev"]), frozenset())


def here(environment: str) -> Bound:
    return Bound(f"run_{environment}", 1, AT, {}, environment)


def named(key: str) -> str:
    return relation(key, POSTGRES)


def released(warehouse: Any, environment: str, key: str, product: str = "sales.orders") -> None:
    step = publish([port({"orders": (key, ["id"])})], 0, product, environment)
    warehouse.run(step, here(environment))


def applied(warehouse: Any, environment: str, number: int) -> None:
    """Two products, one of them a view on the other; a check of theirs fails."""
    table, view = f"t{number}", f"v{number}"
    warehouse.run(build(table, f"SELECT {number} AS id"), here(environment))
    select = f"SELECT id FROM {named(table)}"
    step = build(view, select, [table], "view", "sales.sums")
    warehouse.run(step, here(environment))
    failing = build(f"n{number}", "SELECT CAST(NULL AS integer) AS id")
    warehouse.run(failing, here(environment))
    check = audit(f"n{number}", required("id"), name=f"audit_{environment}", dialect=POSTGRES)
    warehouse.run(check, here(environment))
    released(warehouse, environment, table)
    released(warehouse, environment, view, "sales.sums")


@contextmanager
def entered(options: dict[str, Any], user: str = ADMIN) -> Iterator[psycopg.Connection[Any]]:
    keywords = as_keywords({**options, "user": user})
    with psycopg.connect(**keywords, autocommit=True) as connection:
        yield connection


@pytest.fixture
def mesh(database: dict[str, Any]) -> Iterator[str]:
    """The name of a mesh of the test's own: roles belong to the whole server."""
    name = database["database"].replace("test_", "e")
    yield name
    drop_roles(database, name)


@pytest.fixture
def open_it(database: dict[str, Any], mesh: str) -> Iterator[Callable[..., Any]]:
    opened: list[Any] = []

    def one(**options: Any) -> Any:
        opened.append(open_warehouse("wh", {**database, **options}, "", mesh, "store_1"))
        return opened[-1]

    yield one
    for each in opened:
        each.close()


@pytest.fixture
def production(open_it: Callable[..., Any]) -> Any:
    opened = open_it()
    applied(opened, "prod", 0)
    return opened


def test_nothing_is_left_in_the_catalogue(
    production: Any, open_it: Callable[..., Any], database: dict[str, Any], mesh: str
) -> None:
    before = objects(database, mesh)
    dev = open_it()
    applied(dev, "dev", 1)
    reading = build("r", f"SELECT id FROM {named('t0')}", ["t0"])
    dev.run(reading, here("dev"))
    assert any("dev" in str(each[2]) for each in objects(database, mesh))
    dev.close()
    production.environments.end(DEV)
    assert objects(database, mesh) == before


def test_what_production_began_to_show_and_never_did(
    production: Any, open_it: Callable[..., Any], database: dict[str, Any], mesh: str
) -> None:
    before = objects(database, mesh)
    applied(production, "dev", 1)
    with line(database["host"], database["port"]) as wire:
        wire.cut_at = b"UPDATE"
        adopting = open_it(port=wire.port)
        with pytest.raises(WarehouseError, match="connection was lost"):
            adopting.run(publish([port({"orders": ("t1", ["id"])})], 1), here("prod"))
    adopting.close()
    production.environments.end(DEV)
    assert objects(database, mesh) == before
    with entered(database) as admin:
        assert admin.execute("SELECT id FROM sales__orders.orders").fetchall() == [(0,)]


def test_what_others_made_stands_in_the_way_until_it_is_gone(
    production: Any, database: dict[str, Any], mesh: str
) -> None:
    """Nothing of theirs is dropped, and it is said what it is."""
    before = objects(database, mesh)
    applied(production, "dev", 1)
    with entered(database) as admin:
        admin.execute("CREATE VIEW public.mine AS SELECT id FROM dev__sales__orders.orders")
        with pytest.raises(
            WarehouseError, match=r"view public\.mine depends on view .*drop that first"
        ):
            production.environments.end(DEV)
        admin.execute("DROP VIEW public.mine; CREATE TABLE dev__sales__sums.theirs (x int)")
        with pytest.raises(WarehouseError, match="theirs depends on schema dev__sales__sums"):
            production.environments.end(DEV)
        admin.execute("DROP TABLE dev__sales__sums.theirs")
    production.environments.end(DEV)
    assert objects(database, mesh) == before


def test_a_role_that_another_database_needs_stays_until_it_ends_there(
    production: Any,
    open_it: Callable[..., Any],
    database: dict[str, Any],
    postgres_admin: psycopg.Connection[Any],
    mesh: str,
) -> None:
    beside = f"{database['database']}_beside"
    owned = sql.Identifier(beside), sql.Identifier(database["user"])
    postgres_admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*owned))
    try:
        before = objects(database, mesh)
        applied(production, "dev", 1)
        other = open_it(database=beside)
        applied(other, "dev", 1)
        production.environments.end(DEV)
        left = [each[0] for each in objects(database, mesh) if each not in before]
        assert sorted(set(left)) == [
            f"role {mesh}__dev__sales__{product}{kind}"
            for product in ("orders", "sums")
            for kind in ("", "__internal")
        ]
        other.environments.end(DEV)
        other.close()
        assert objects(database, mesh) == before
    finally:
        postgres_admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(owned[0]))


def test_production_ends_what_another_login_made(
    production: Any,
    open_it: Callable[..., Any],
    database: dict[str, Any],
    postgres_admin: psycopg.Connection[Any],
    mesh: str,
) -> None:
    """Also what that login let its own roles read of production's."""
    login = f"{mesh}_developer"
    role, place = sql.Identifier(login), sql.Identifier(database["database"])
    made = sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}")
    postgres_admin.execute(made.format(role, sql.Literal(PASSWORD)))
    try:
        with entered(database) as admin:
            admin.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(place, role))
            admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(f"{mesh}__builds"), role))
        before = objects(database, mesh)
        dev = open_it(user=login)
        dev.run(build("r", f"SELECT id FROM {named('t0')}", ["t0"]), here("dev"))
        dev.run(build("kept", "SELECT 5 AS id"), here("dev"))
        released(dev, "dev", "r")
        dev.close()
        production.environments.end(Ending("dev", frozenset(["run_dev"]), frozenset(["kept"])))
        left = objects(database, mesh)
        assert [each[0] for each in left if each not in before] == [
            "r sales__orders__internal.b_kept"
        ]
        assert [each for each in before if each not in left] == []
    finally:
        with entered(database) as admin:
            admin.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(role))
        postgres_admin.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_build_that_two_environments_made_is_one_again(
    production: Any, open_it: Callable[..., Any], database: dict[str, Any]
) -> None:
    """Each was there before it could see the other's."""
    dev, prod = open_it(), open_it()
    assert {each.built(["same"]).get("same") for each in (dev, prod)} == {None}
    with entered(database) as admin:
        dev.run(build("same", "SELECT 7 AS id"), here("dev"))
        admin.execute("ALTER TABLE dev__sales__orders__internal.b_same RENAME TO hidden")
        prod.run(build("same", "SELECT 7 AS id"), here("prod"))
        admin.execute("ALTER TABLE dev__sales__orders__internal.hidden RENAME TO b_same")
    released(dev, "dev", "same")
    step = publish([port({"orders": ("same", ["id"])})], 1)
    open_it().run(step, here("prod"))
    gone = production.environments.end(DEV)
    assert gone.builds == ()
    with entered(database) as admin:
        asked = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'b_same'"
        assert admin.execute(asked).fetchall() == [("sales__orders__internal",)]
        assert admin.execute("SELECT id FROM sales__orders.orders").fetchall() == [(7,)]


@pytest.mark.parametrize("heard", [False, True], ids=["unheard", "heard"])
def test_an_end_whose_connection_is_lost_is_finished_by_the_next(
    production: Any,
    database: dict[str, Any],
    mesh: str,
    open_it: Callable[..., Any],
    heard: bool,
) -> None:
    """At any message; what production shows is there all the time."""
    before = objects(database, mesh)
    at = 1 + heard
    with line(database["host"], database["port"]) as wire:
        wire.heard, wire.dead = heard, True
        while True:
            dev = open_it()
            applied(dev, "dev", 1)
            dev.close()
            wire.messages, wire.cuts, wire.cut_at = 0, 0, at
            through = open_it(port=wire.port)
            try:
                through.environments.end(DEV)
            except WarehouseError as error:
                assert error.interrupted or error.denied, error
            through.close()
            assert read_as_admin(database, "SELECT id FROM sales__sums.orders") == [0], at
            again = open_it()
            again.environments.end(DEV)
            assert objects(database, mesh) == before, at
            again.close()
            if not wire.cuts:
                break
            at += 5
    assert at > 40
