"""What somebody changes in a database outside of Weft is found, and can be brought back."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from postgres_outside import (
    ANY,
    BUILD,
    CHANGED,
    FIRST,
    GRANT,
    INTERNAL,
    MESH,
    MISSING,
    POINTER,
    PORT,
    SEEN,
    UNKNOWN,
    VIEW,
    Outside,
    Told,
    told,
)
from psycopg import sql
from warehouse_steps import PRODUCT, bound, build, port, publish

from postgres_server import PASSWORD
from weft.mesh.drift import ThingKind
from weft.warehouses.protocol import FindsDrift, Scope, WarehouseError

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
    "all rows changed at once": (
        f"UPDATE {FIRST} SET note = 'z'",
        (BUILD, FIRST, CHANGED, frozenset(["rows"])),
    ),
    "all rows replaced at once": (
        f"WITH gone AS (DELETE FROM {FIRST} RETURNING *) INSERT INTO {FIRST} SELECT * FROM gone",
        (BUILD, FIRST, CHANGED, frozenset(["rows"])),
    ),
    "another SELECT behind a port": (
        f"CREATE OR REPLACE VIEW {SEEN} AS SELECT id FROM {FIRST} WHERE id > 3",
        (BUILD, SEEN, CHANGED, frozenset(["definition"])),
    ),
    "another column behind a port": (
        f"CREATE OR REPLACE VIEW {SEEN} AS SELECT id, note FROM {FIRST} WHERE id > 1",
        (BUILD, SEEN, CHANGED, frozenset(["columns", "definition"])),
    ),
    "option of a view behind a port": (
        f"ALTER VIEW {SEEN} SET (security_invoker = true, security_barrier = true)",
        (BUILD, SEEN, CHANGED, frozenset(["options"])),
    ),
    "row security": (
        f"ALTER TABLE {FIRST} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        (BUILD, FIRST, CHANGED, frozenset(["row security"])),
    ),
    "row security of the pointer": (
        f"ALTER TABLE {INTERNAL}.pointer ENABLE ROW LEVEL SECURITY",
        (POINTER, f"{INTERNAL}.pointer", CHANGED, frozenset(["row security"])),
    ),
    "row security of the releases": (
        f"ALTER TABLE {INTERNAL}.releases ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        (ThingKind.RELEASE, f"{INTERNAL}.releases", CHANGED, frozenset(["row security"])),
    ),
    "policy made": (
        f'CREATE POLICY "some" ON {FIRST} USING (id > 2)',
        (ThingKind.POLICY, f"some on {FIRST}", UNKNOWN, ANY),
    ),
    "trigger made": (
        f"CREATE TRIGGER same BEFORE UPDATE ON {INTERNAL}.pointer "
        "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        (ThingKind.TRIGGER, f"same on {INTERNAL}.pointer", UNKNOWN, ANY),
    ),
    "rule made": (
        f'CREATE RULE "not ""now" AS ON INSERT TO {PORT} DO INSTEAD NOTHING',
        (ThingKind.RULE, f'not "now on {PORT}', UNKNOWN, ANY),
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
    "a writing right given to an owner": (
        f"GRANT UPDATE ON {INTERNAL}.pointer TO {MESH}__sales__orders",
        (GRANT, f"{INTERNAL}.pointer to {MESH}__sales__orders: UPDATE", UNKNOWN, ANY),
    ),
    "right to all that is made from now on": (
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {MESH}__sales__orders__internal IN SCHEMA {INTERNAL} "
        "GRANT SELECT ON TABLES TO PUBLIC",
        (
            GRANT,
            f"new tables of {MESH}__sales__orders__internal in {INTERNAL} to PUBLIC",
            UNKNOWN,
            ANY,
        ),
    ),
    "right to all that is made anywhere": (
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {MESH}__sales__orders GRANT SELECT ON TABLES TO PUBLIC",
        (GRANT, f"new tables of {MESH}__sales__orders to PUBLIC", UNKNOWN, ANY),
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
    "types made": (
        f"CREATE TYPE {INTERNAL}.mood AS ENUM ('good')",
        (ThingKind.OTHER, f"{INTERNAL}.mood", UNKNOWN, ANY),
    ),
    "domain made": (
        "CREATE DOMAIN sales__orders.small AS integer CHECK (VALUE < 10)",
        (ThingKind.OTHER, "sales__orders.small", UNKNOWN, ANY),
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


@pytest.mark.parametrize(
    "statement",
    [
        f"VACUUM (FREEZE, ANALYZE) {FIRST}",
        f"VACUUM FULL {FIRST}",
        "VACUUM (FREEZE) pg_description",
        "VACUUM FULL pg_description",
        "VACUUM FULL pg_rewrite",
        f"CREATE INDEX ON {FIRST} (id)",
        f"CLUSTER {FIRST} USING b_first_pkey",
        f"ALTER TABLE {FIRST} SET (autovacuum_enabled = false)",
        pytest.param(
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
            id="default privileges fewer",
        ),
    ],
)
def test_what_keeps_a_server_going_is_no_drift(outside: Outside, statement: str) -> None:
    if statement.startswith("CLUSTER"):
        outside.admin.execute(f"CREATE UNIQUE INDEX b_first_pkey ON {FIRST} (id)")
    outside.admin.execute(statement)
    assert outside.found() == ()


def test_after_a_restore_rows_have_to_be_of_one_transaction(outside: Outside) -> None:
    """As a dump leaves it: rows and marks are written anew, each in a transaction of its own."""
    mark = f"SELECT obj_description('{FIRST}'::regclass)"
    [[text]] = outside.admin.execute(mark).fetchall()
    outside.admin.execute(f"UPDATE {FIRST} SET note = note")
    outside.admin.execute(f"COMMENT ON TABLE {FIRST} IS '{text}'")
    assert outside.found() == ()
    outside.admin.execute(f"UPDATE {FIRST} SET note = note WHERE id = 1")
    assert told(outside.found()) == [(BUILD, FIRST, CHANGED, frozenset(["rows"]))]


def test_an_owner_that_acts_as_somebody_else(outside: Outside) -> None:
    """Models run with the rights of an owner, so that these must be no more than they were."""
    outside.admin.execute(f"GRANT pg_read_all_data TO {OWNER}")
    assert told(outside.found()) == [(GRANT, f"pg_read_all_data to {OWNER}", UNKNOWN, ANY)]
    outside.admin.execute(f"REVOKE pg_read_all_data FROM {OWNER}")


def test_a_role_that_is_called_like_ours(outside: Outside) -> None:
    role = f"{MESH}__sales__reports"
    outside.admin.execute(f"CREATE ROLE {role}")
    outside.admin.execute(f"GRANT SELECT ON {FIRST} TO {role}")
    assert told(outside.found()) == [(GRANT, f"{FIRST} to {role}", UNKNOWN, ANY)]
    outside.revert()
    outside.admin.execute(f"DROP ROLE {role}")


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


def test_a_release_that_went_though_its_builds_are_kept(outside: Outside) -> None:
    """It gave way to the next one of its own run, so that nobody has recorded it."""
    outside.publish_again()
    passing, first = outside.releases
    outside.warehouse.run(build("third", "SELECT 8 AS id, 'z' AS note"), bound("run_2", 2))
    ports = [port({"orders": ("third", ["id", "note"]), "lines": ("seen", ["id"])})]
    last = outside.warehouse.run(publish(ports, 2), bound("run_2", 2)).release
    outside.releases = (last, first)
    assert outside.found() == ()
    outside.warehouse.forget([passing], frozenset(["second"]), "2026-03-20T10:00:00+00:00")
    assert outside.found() == ()


def test_a_view_in_an_outage_is_as_it_was_left(outside: Outside) -> None:
    """It keeps its grants, and comes back in the outage where somebody has dropped it."""
    outside.admin.execute(f"CREATE ROLE {MESH}_ana; GRANT SELECT ON {PORT} TO {MESH}_ana")
    try:
        outside.suspend("2026-03-02T12:00:00.000Z")
        granted = f"SELECT has_table_privilege('{MESH}_ana', '{PORT}', 'SELECT')"
        assert outside.admin.execute(granted).fetchall() == [(True,)]
        planned = {each.kind for each in outside.found()}
        assert planned <= {GRANT}
        outside.admin.execute("DROP VIEW sales__orders.lines")
        assert {each.kind for each in outside.found()} - planned == {VIEW}
        outside.revert([each for each in outside.found() if each.kind is VIEW])
        assert {each.kind for each in outside.found()} == planned
        with pytest.raises(psycopg.Error, match="until 2026-03-02 12:00Z, in a planned outage"):
            outside.admin.execute("SELECT id FROM sales__orders.lines")
    finally:
        outside.admin.execute(f"DROP OWNED BY {MESH}_ana; DROP ROLE {MESH}_ana")


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
