"""What somebody changes in a database outside of Weft is found, and can be brought back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from warehouse_kinds import ADMIN
from warehouse_steps import PRODUCT, bound, build, port, publish, relation

from postgres_server import PASSWORD
from weft.mesh.drift import Deviation, Drift, ThingKind
from weft.mesh.release import Release
from weft.plan.plan import RevertSpec, Step, StepKind
from weft.sql.dialect import dialect_named
from weft.warehouses.postgres import open_warehouse
from weft.warehouses.protocol import FindsDrift, Scope, WarehouseError

# Owners belong to the whole server, and others use it too.
MESH = f"drift_{os.getpid()}"
POSTGRES = dialect_named("postgres")


@pytest.fixture
def admin(database: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    """A connection of an administrator, each of whose statements counts by itself."""
    options = {**database, "dbname": database["database"], "user": ADMIN}
    del options["database"]
    with psycopg.connect(**options, autocommit=True) as connection:
        yield connection


class Outside:
    """A database with a published product, and somebody who changes it."""

    def __init__(self, open_it: Callable[[], Any], admin: psycopg.Connection[Any]) -> None:
        self.open_it = open_it
        self.warehouse = open_it()
        self.admin = admin

    def open_anew(self) -> None:
        """Go on as another program, which knows nothing of what was there before."""
        self.warehouse.close()
        self.warehouse = self.open_it()

    @property
    def recorded(self) -> dict[str, tuple[Release, ...]]:
        return {PRODUCT: self.releases}

    def publish_builds(self) -> None:
        here = bound("run_1", 1)
        first = "SELECT n AS id, 'x' || n AS note FROM generate_series(1, 5) AS g(n)"
        self.warehouse.run(build("first", first), here)
        seen = f"SELECT id FROM {relation('first', POSTGRES)} WHERE id > 1"
        self.warehouse.run(build("seen", seen, ["first"], "view"), here)

    def publish(self) -> None:
        here = bound("run_1", 1)
        self.publish_builds()
        ports = [port({"orders": ("first", ["id", "note"]), "lines": ("seen", ["id"])})]
        release = self.warehouse.run(publish(ports), here).release
        self.releases = (release,)

    def publish_again(self) -> None:
        here = bound("run_2", 2)
        self.warehouse.run(build("second", "SELECT 7 AS id, 'y' AS note, 1.5 AS price"), here)
        ports = [port({"orders": ("second", ["id", "note", "price"]), "lines": ("seen", ["id"])})]
        release = self.warehouse.run(publish(ports, 1), here).release
        self.releases = (release, *self.releases)

    def found(self, *, content: bool = True) -> tuple[Drift, ...]:
        scope = Scope("prod", (PRODUCT,), content=content)
        return self.warehouse.drift(scope, self.recorded)

    def revert(self, drifts: Iterable[Drift] | None = None) -> None:
        for each in self.found() if drifts is None else drifts:
            spec = RevertSpec(each, self.releases)
            step = Step(each.id, StepKind.REVERT, PRODUCT, "wh", each.name, revert=spec)
            lost = each.kind is ThingKind.BUILD and each.deviation is Deviation.MISSING
            assert lost or self.warehouse.tell([step], {})[each.id], each
            self.warehouse.run(step, bound("run_9", 9))

    def heal(self) -> None:
        """Do what a person does: revert, apply, and once more for what needs what is back then."""
        for _ in range(2):
            rest = [each for each in self.found() if each.kind is not ThingKind.VIEW]
            self.revert(rest)
            self.rebuild()
            self.revert(self.found())

    def rebuild(self) -> None:
        """Build what is lost, and make the views that went with it."""
        self.publish_builds()
        self.warehouse.serve("prod")


@pytest.fixture
def outside(
    database: dict[str, Any], admin: psycopg.Connection[Any], tmp_path: Path
) -> Iterator[Outside]:
    place = Outside(lambda: open_warehouse("wh", database, str(tmp_path), MESH, "store_1"), admin)
    place.publish()
    yield place
    place.warehouse.close()


INTERNAL = "sales__orders__internal"
FIRST = f"{INTERNAL}.b_first"
PORT = "sales__orders.orders_v1"
VIEW, BUILD, GRANT, POINTER = (
    ThingKind.VIEW,
    ThingKind.BUILD,
    ThingKind.GRANT,
    ThingKind.POINTER,
)
MISSING, CHANGED, UNKNOWN = Deviation.MISSING, Deviation.CHANGED, Deviation.UNKNOWN

Told = tuple[ThingKind, str, Deviation, frozenset[str]]


def told(drifts: tuple[Drift, ...]) -> list[Told]:
    return [
        (each.kind, each.name, each.deviation, each.facts if each.deviation is CHANGED else ANY)
        for each in drifts
    ]


ANY: frozenset[str] = frozenset()

# What somebody does, and what is found then.
DEEDS: dict[str, tuple[str, Told]] = {
    "view dropped": ("DROP VIEW sales__orders.lines", (VIEW, "sales__orders.lines", MISSING, ANY)),
    "view replaced": (
        f"CREATE OR REPLACE VIEW {PORT} WITH (security_barrier = true, security_invoker = false) "
        f"AS SELECT id, upper(note) AS note FROM {FIRST}",
        (VIEW, PORT, CHANGED, frozenset(["definition"])),
    ),
    "column of a view renamed": (
        f"ALTER VIEW {PORT} RENAME COLUMN note TO remark",
        (VIEW, PORT, CHANGED, frozenset(["columns"])),
    ),
    "barrier taken away": (
        f"ALTER VIEW {PORT} SET (security_barrier = false)",
        (VIEW, PORT, CHANGED, frozenset(["barrier"])),
    ),
    "owner of a view changed": (
        f"ALTER VIEW {PORT} OWNER TO admin",
        (VIEW, PORT, CHANGED, frozenset(["owner"])),
    ),
    "mark of a view changed": (
        f"COMMENT ON VIEW {PORT} IS 'nice'",
        (VIEW, PORT, CHANGED, frozenset(["mark"])),
    ),
    "rows added": (
        f"INSERT INTO {FIRST} VALUES (6, 'more')",
        (BUILD, FIRST, CHANGED, frozenset(["rows"])),
    ),
    "rows changed": (
        f"UPDATE {FIRST} SET note = 'z' WHERE id < 3",
        (BUILD, FIRST, CHANGED, frozenset(["rows"])),
    ),
    "rows removed": (f"TRUNCATE {FIRST}", (BUILD, FIRST, CHANGED, frozenset(["rows"]))),
    "column added": (
        f"ALTER TABLE {FIRST} ADD COLUMN more integer",
        (BUILD, FIRST, CHANGED, frozenset(["columns"])),
    ),
    "mark of a build changed": (
        f"COMMENT ON TABLE {FIRST} IS NULL",
        (BUILD, FIRST, CHANGED, frozenset(["mark"])),
    ),
    "pointer set": (
        f"UPDATE {INTERNAL}.pointer SET number = 0",
        (POINTER, f"{INTERNAL}.pointer", CHANGED, frozenset(["release"])),
    ),
    "pointer emptied": (
        f"DELETE FROM {INTERNAL}.pointer",
        (POINTER, f"{INTERNAL}.pointer", CHANGED, frozenset(["release"])),
    ),
    "mark of the pointer changed": (
        f"COMMENT ON TABLE {INTERNAL}.pointer IS NULL",
        (POINTER, f"{INTERNAL}.pointer", CHANGED, frozenset(["mark"])),
    ),
    "release removed": (
        f"DELETE FROM {INTERNAL}.releases",
        (ThingKind.RELEASE, f"{INTERNAL}.releases 1", CHANGED, frozenset(["content"])),
    ),
    "release changed": (
        f"UPDATE {INTERNAL}.releases SET content = '{{}}'",
        (ThingKind.RELEASE, f"{INTERNAL}.releases 1", CHANGED, frozenset(["content"])),
    ),
    "release written": (
        f"INSERT INTO {INTERNAL}.releases SELECT 2, run, content FROM {INTERNAL}.releases",
        (ThingKind.RELEASE, f"{INTERNAL}.releases 2", UNKNOWN, ANY),
    ),
    "right given": (
        f"GRANT SELECT, UPDATE ON {PORT} TO PUBLIC",
        (GRANT, f"{PORT} to PUBLIC", UNKNOWN, ANY),
    ),
    "right on a column given": (
        f"GRANT SELECT (note) ON {FIRST} TO PUBLIC",
        (GRANT, f"{FIRST}.note to PUBLIC", UNKNOWN, ANY),
    ),
    "right on a schema given": (
        f"GRANT USAGE ON SCHEMA {INTERNAL} TO PUBLIC",
        (GRANT, f"{INTERNAL} to PUBLIC", UNKNOWN, ANY),
    ),
    "right taken": (
        f"REVOKE SELECT ON {FIRST} FROM {MESH}__sales__orders",
        (GRANT, f"{FIRST} to {MESH}__sales__orders", MISSING, ANY),
    ),
    "mark of a schema changed": (
        f"COMMENT ON SCHEMA {INTERNAL} IS 'mine'",
        (ThingKind.SCHEMA, INTERNAL, CHANGED, frozenset(["mark"])),
    ),
    "table made": (
        "CREATE TABLE sales__orders.notes (id integer)",
        (ThingKind.OTHER, "sales__orders.notes", UNKNOWN, ANY),
    ),
    "view made": (
        f'CREATE VIEW {INTERNAL}."a ""b""" AS SELECT 1 AS x',
        (ThingKind.OTHER, f'{INTERNAL}.a "b"', UNKNOWN, ANY),
    ),
    "function made": (
        f"CREATE FUNCTION {INTERNAL}.f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a'",
        (ThingKind.OTHER, f"{INTERNAL}.f(a integer)", UNKNOWN, ANY),
    ),
    "sequence made": (
        f"CREATE SEQUENCE {INTERNAL}.s",
        (ThingKind.OTHER, f"{INTERNAL}.s", UNKNOWN, ANY),
    ),
}


def test_nothing_was_changed(outside: Outside) -> None:
    assert isinstance(outside.warehouse, FindsDrift)
    assert outside.found() == ()
    outside.publish_again()
    assert outside.found() == ()


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_is_found_and_brought_back(outside: Outside, deed: str) -> None:
    statement, expected = DEEDS[deed]
    outside.admin.execute(statement)
    outside.open_anew()
    assert told(outside.found()) == [expected]
    outside.revert()
    outside.rebuild()
    assert outside.found() == ()


OWNER = f"{MESH}__sales__orders"


def test_an_owner_that_can_log_in(outside: Outside) -> None:
    outside.admin.execute(f"ALTER ROLE {OWNER} LOGIN CREATEDB")
    [found] = outside.found()
    assert (found.kind, found.name, found.facts) == (ThingKind.ROLE, OWNER, {"rights"})
    assert found.differences[0].found == "can log in, makes databases"
    outside.admin.execute(f"ALTER ROLE {OWNER} NOCREATEDB")
    outside.revert()
    assert outside.found() == ()


def test_somebody_who_acts_as_an_owner(outside: Outside) -> None:
    outside.admin.execute(f"CREATE ROLE {MESH}x")
    outside.admin.execute(f"GRANT {OWNER} TO {MESH}x")
    assert told(outside.found()) == [(GRANT, f"{OWNER} to {MESH}x", UNKNOWN, ANY)]
    outside.admin.execute(f"REVOKE {OWNER} FROM {MESH}x")
    outside.admin.execute(f"GRANT {OWNER} TO {MESH}x GRANTED BY weft")
    outside.revert()
    assert outside.found() == ()
    outside.admin.execute(f"DROP ROLE {MESH}x")


def test_what_only_an_administrator_can_bring_back(outside: Outside) -> None:
    outside.admin.execute(f"ALTER SCHEMA {INTERNAL} OWNER TO admin")
    assert (ThingKind.SCHEMA, INTERNAL, CHANGED, frozenset(["owner"])) in told(outside.found())
    with pytest.raises(WarehouseError, match="give its login this right"):
        outside.revert()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (f"DROP TABLE {FIRST} CASCADE", {BUILD, VIEW}),
        (f"DROP TABLE {INTERNAL}.pointer CASCADE", {POINTER, VIEW, GRANT}),
        (f"DROP TABLE {INTERNAL}.releases", {ThingKind.RELEASE}),
        ("DROP SCHEMA sales__orders CASCADE", {ThingKind.SCHEMA}),
        (f"DROP SCHEMA {INTERNAL} CASCADE", {ThingKind.SCHEMA, VIEW}),
        (f"ALTER TABLE {FIRST} DROP COLUMN note CASCADE", {BUILD, VIEW}),
    ],
)
def test_what_is_dropped_is_found_and_brought_back(
    outside: Outside, statement: str, expected: set[ThingKind]
) -> None:
    outside.admin.execute(statement)
    outside.open_anew()
    assert {each.kind for each in outside.found()} == expected
    outside.heal()
    assert outside.found() == ()
    with psycopg.connect(outside.admin.info.dsn, password=PASSWORD) as reader:
        assert len(reader.execute(f"SELECT id, note FROM {PORT}").fetchall()) == 5
        assert len(reader.execute("SELECT id FROM sales__orders.lines").fetchall()) == 4


def test_views_that_were_made_ready_for_a_release_that_never_came(outside: Outside) -> None:
    """A publish that is killed leaves this, and the next one replaces them."""
    pointer = f"{INTERNAL}.pointer"
    [[mark]] = outside.admin.execute(f"SELECT obj_description('{pointer}'::regclass)").fetchall()
    outside.publish_again()
    outside.admin.execute(f"UPDATE {pointer} SET number = 1")
    outside.admin.execute(f"DELETE FROM {INTERNAL}.releases WHERE number = 2")
    outside.admin.execute(
        sql.SQL("COMMENT ON TABLE {} IS {}").format(
            sql.Identifier(*pointer.split(".")), sql.Literal(mark)
        )
    )
    outside.releases = outside.releases[1:]
    assert outside.found() == ()


def test_products_are_looked_at_together(outside: Outside) -> None:
    """Each has its own findings, also where one of them hides what its views have to be."""
    other = replace(outside.releases[0], product="sales.returns")
    outside.admin.execute(f"DROP VIEW {PORT} CASCADE")
    recorded = {**outside.recorded, "sales.returns": (other,)}
    scope = Scope("prod", ("sales.returns", PRODUCT), content=True)
    found = outside.warehouse.drift(scope, recorded)
    own = [each for each in found if each.product == PRODUCT]
    assert {(each.kind, each.deviation) for each in own} == {(VIEW, MISSING)}
    assert {each.kind for each in found if each.product == "sales.returns"} == {
        ThingKind.ROLE,
        ThingKind.SCHEMA,
    }
