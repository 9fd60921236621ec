"""An environment with a login of its own, in a mesh over the lake and a database, to its end.

It brings over what it needs from elsewhere, though production did so first and let it read no more
than what it publishes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from mesh_files import Port, Product, Source, document, lay_out, mesh_files
from postgres_objects import drop_roles, objects, read_as_admin
from postgres_server import ADMIN, PASSWORD, as_keywords
from two_warehouses import applied, domain, weft

GROWN = """-- materialized: incremental
-- time_column: day
SELECT id, day FROM crm_orders
"""
GIVEN = Source("given", "data/given.csv", {"id": "integer"})
DAYS = "SELECT id, DATE '2026-01-01' + CAST(id AS INTEGER) AS day FROM numbers"


def products(first: int = 1, times: int = 1) -> list[Product]:
    """Orders on the lake, whose ids begin with `first`; everything that reads them in a database.

    Each of these models says its ids `times` times as high.
    """
    numbers = f"SELECT CAST(n AS BIGINT) AS id FROM generate_series({first}, 9) AS t(n)"
    here = {
        "copied": f"SELECT {times} * id AS id FROM orders",
        "seen": "-- materialized: view\nSELECT id FROM copied",
        "read": f"SELECT {times} * id AS id FROM given",
        "kept": f"SELECT {times} * id AS id FROM crm_orders",
        "grown": GROWN.replace("id,", f"{times} * id AS id,"),
        "called.py": f"def called(orders, given):\n    return orders if {times} else given\n",
    }
    ports = [Port(name.removesuffix(".py"), {"id": "integer"}) for name in here]
    grown = Port("grown", {"id": "integer", "day": "date"})
    return [
        Product(
            "sales.orders",
            {"numbers": numbers, "orders": DAYS},
            (Port("orders", {"id": "integer", "day": "date"}),),
        ),
        Product(
            "care.cases",
            here,
            tuple(grown if each.name == "grown" else each for each in ports),
            ("sales.orders.orders", "care.cases.crm_orders"),
            (GIVEN,),
        ),
        Product(
            "care.last",
            {"last": "SELECT max(id) AS id FROM called"},
            (Port("last", {"id": "integer"}),),
            ("care.cases.called",),
        ),
    ]


def contract_of_table(database: dict[str, Any]) -> dict[str, bytes]:
    """The contract of a source that is a table of the same database."""
    place = {key: database[key] for key in ("host", "port", "database")}
    kinds = {"id": "integer", "day": "date"}
    content = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "care.cases.crm_orders",
        "version": "1.0.0",
        "status": "active",
        "servers": [{"server": "ops_db", "type": "postgres", **place, "schema": "crm"}],
        "schema": [
            {
                "name": "orders",
                "logicalType": "object",
                "properties": [{"name": name, "logicalType": kind} for name, kind in kinds.items()],
            }
        ],
    }
    return {"domains/care/cases/sources/crm_orders.odcs.yaml": document(content)}


def files(database: dict[str, Any], first: int = 1, times: int = 1) -> dict[str, bytes]:
    """A mesh whose environment `dev` has a login of its own, of the mesh's name."""
    mesh = mesh_name(database)
    found = mesh_files(products(first, times))
    settings = json.loads(found["weft.yaml"])
    settings["mesh"] = mesh
    settings["warehouses"]["ops_db"] = {"type": "postgres", **database}
    login = {"user": login_of(mesh), "password": PASSWORD}
    settings["environments"] = {"dev": {"warehouses": {"ops_db": login}}}
    return {
        **found,
        **domain("care", "ops_db"),
        **contract_of_table(database),
        "weft.yaml": document(settings),
        "data/given.csv": b"id\n5\n6\n",
    }


def mesh_name(database: dict[str, Any]) -> str:
    """Roles belong to the whole server, so that no two tests have one mesh."""
    return str(database["database"]).replace("test_", "dev")


def login_of(mesh: str) -> str:
    return f"{mesh}_developer"


@pytest.fixture
def crm(database: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    """A table of somebody else's that everybody may read."""
    with psycopg.connect(**as_keywords({**database, "user": ADMIN}), autocommit=True) as admin:
        admin.execute(
            """
            CREATE SCHEMA crm;
            CREATE TABLE crm.orders (id integer, day date);
            INSERT INTO crm.orders VALUES (1, '2026-01-01'), (2, '2026-01-02');
            GRANT USAGE ON SCHEMA crm TO PUBLIC;
            GRANT SELECT ON crm.orders TO PUBLIC;
            """
        )
        yield admin


@pytest.fixture
def developer(crm: psycopg.Connection[Any], database: dict[str, Any]) -> Iterator[sql.Identifier]:
    """The login of `dev`, which has the rights that each login of ours needs."""
    mesh = mesh_name(database)
    role = sql.Identifier(login_of(mesh))
    made = sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}")
    crm.execute(made.format(role, sql.Literal(PASSWORD)))
    place = sql.Identifier(database["database"])
    crm.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(place, role))
    yield role
    drop_roles(database, mesh)
    crm.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(role))
    crm.execute(sql.SQL("DROP ROLE {}").format(role))


PORTS = ("copied", "seen", "read", "kept", "grown", "called")


def ids(folder: Path, environment: str) -> dict[str, list[int]]:
    """What every port shows in an environment."""
    each = (f"SELECT '{port}' AS port, id FROM care.cases.{port}" for port in PORTS)
    select = " UNION ALL ".join(each)
    said = weft(folder, "query", select, "-o", "json", "--limit", "0", "--env", environment)
    assert said.code == 0, said
    shown: dict[str, list[int]] = {port: [] for port in PORTS}
    for row in said.data["rows"]:
        shown[row["port"]].append(row["id"])
    return {port: sorted(found) for port, found in shown.items()}


def in_the_place_of(database: dict[str, Any], environment: str) -> list[str]:
    """The builds that lie in schemas of an environment."""
    own = "LIKE 'dev\\_\\_%'" if environment == "dev" else "NOT LIKE 'dev\\_\\_%'"
    return read_as_admin(
        database,
        "SELECT relnamespace::regnamespace || '.' || relname FROM pg_class "
        f"WHERE relnamespace::regnamespace::text {own} AND relname ~ '^[bsp]_' ORDER BY 1",
    )


def of_production(database: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What is in production's schemas, its owners and comments; not who may read it."""
    found = objects(database, mesh_name(database))
    return [
        (name, owner, comment)
        for name, owner, _, comment in found
        if not name.startswith("role ") and " dev__" not in name
    ]


def test_a_login_of_its_own_brings_over_what_it_needs(
    crm: psycopg.Connection[Any],
    developer: sql.Identifier,
    database: dict[str, Any],
    tmp_path: Path,
) -> None:
    applied(tmp_path, files(database))
    before, left = ids(tmp_path, "prod"), of_production(database)
    assert before["copied"] == [*range(1, 10)]
    readers = sql.Identifier(f"{mesh_name(database)}__builds")
    crm.execute(sql.SQL("GRANT {} TO {}").format(readers, developer))
    crm.execute("INSERT INTO crm.orders VALUES (3, '2026-01-03')")
    applied(tmp_path, files(database, 8, 10), "--env", "dev", "--new-env")
    in_dev = {
        "copied": [80, 90],
        "seen": [80, 90],
        "read": [50, 60],
        "kept": [10, 20, 30],
        "grown": [10, 20, 30],
        "called": [8, 9],
    }
    assert ids(tmp_path, "dev") == in_dev
    assert ids(tmp_path, "prod") == before
    assert of_production(database) == left
    crm.execute("INSERT INTO crm.orders VALUES (4, '2026-01-04')")
    applied(tmp_path, files(database, 8, 10), "--env", "dev")
    in_dev |= {"kept": [10, 20, 30, 40], "grown": [10, 20, 30, 40]}
    assert ids(tmp_path, "dev") == in_dev
    assert of_production(database) == left
    assert in_the_place_of(database, "dev")
    promoted = applied(tmp_path, files(database, 8, 10))
    assert "0 rebuilds, 9 builds adopted from dev" in promoted.out, promoted
    assert ids(tmp_path, "prod") == in_dev
    assert ids(tmp_path, "dev") == in_dev
    ended = weft(tmp_path, "env", "gc", "dev", "--yes")
    assert ended.code == 0, ended
    assert in_the_place_of(database, "dev") == []
    assert not [each for each in objects(database, mesh_name(database)) if "dev__" in each[0]]
    assert ids(tmp_path, "prod") == in_dev
    assert weft(tmp_path, "plan", "--detailed-exitcode").code == 0
    assert weft(tmp_path, "drift").code == 0


def test_a_login_that_may_not_read_what_is_published_is_told_so(
    developer: sql.Identifier, crm: Any, database: dict[str, Any], tmp_path: Path
) -> None:
    applied(tmp_path, files(database))
    lay_out(tmp_path, files(database, 8, 10))
    said = weft(tmp_path, "apply", "--yes", "--env", "dev", "--new-env")
    mesh = mesh_name(database)
    told = " ".join(said.err.split())
    assert said.code == 4
    assert f"login {login_of(mesh)} may not read what production publishes" in told
    assert f'GRANT "{mesh}__builds" TO "{login_of(mesh)}"' in told
