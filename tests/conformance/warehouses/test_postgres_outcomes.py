"""Postgres when things go wrong: connections that are cut, readers in the way, moments gone by."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg import errors
from warehouse_kinds import ADMIN
from warehouse_steps import PRODUCT, audit, bound, build, port, publish, required, rows_of

from postgres_line import Line, line, serving
from weft.sql.dialect import dialect_named
from weft.warehouses.postgres import connections
from weft.warehouses.postgres.purpose import of_run
from weft.warehouses.postgres.sessions import LOCKS, signed
from weft.warehouses.protocol import Scope, WarehouseError

PROD = Scope("prod", (PRODUCT,))
POSTGRES = dialect_named("postgres")
NOW = "2026-03-20T10:00:00+00:00"
ORDERS = "SELECT id FROM sales__orders.orders_v1"


@pytest.fixture
def wire(database: dict[str, Any]) -> Iterator[Line]:
    """A line to the server; what is sent when it is cut still arrives there."""
    with line(database["host"], database["port"]) as found:
        found.heard = True
        yield found


def release(warehouse: Any, number: int, run: str = "run_1") -> Any:
    warehouse.run(build(f"k{number}", f"SELECT {number} AS id"), bound(run))
    shown = port({"orders": (f"k{number}", ["id"])})
    return warehouse.run(publish([shown], number - 1), bound(run))


def cut_everybody(admin: psycopg.Connection[Any]) -> None:
    admin.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE 'weft%'"
    )


def test_a_cut_connection_is_told_and_made_again(
    open_it: Callable[..., Any], admin: psycopg.Connection[Any]
) -> None:
    warehouse = open_it()
    release(warehouse, 1)
    cut_everybody(admin)
    with pytest.raises(WarehouseError, match="connection was lost") as caught:
        warehouse.observe(PROD)
    assert caught.value.transient and caught.value.interrupted
    assert warehouse.observe(PROD).builds == {"k1"}


@pytest.mark.parametrize("word", [b"CREATE OR REPLACE VIEW", b"UPDATE", b"INSERT INTO"])
def test_a_publish_that_is_cut_off_did_not_happen(
    open_it: Callable[..., Any], wire: Line, admin: psycopg.Connection[Any], word: bytes
) -> None:
    warehouse = open_it(port=wire.port)
    release(warehouse, 1)
    warehouse.run(build("k2", "SELECT 2 AS id"), bound())
    step = publish([port({"orders": ("k2", ["id"])})], 1)
    wire.cut_at = word
    with pytest.raises(WarehouseError, match="connection was lost"):
        warehouse.run(step, bound("run_2", 2))
    assert wire.cuts == 1
    assert admin.execute(ORDERS).fetchall() == [(1,)]
    again = open_it().run(step, bound("run_2", 2))
    assert (again.release.number, again.reused) == (2, False)
    assert admin.execute(ORDERS).fetchall() == [(2,)]


def test_what_is_told_is_what_consumers_see(
    open_it: Callable[..., Any], wire: Line, admin: psycopg.Connection[Any]
) -> None:
    """Whichever statement of a publish got no answer."""
    release(open_it(), 1)
    number, told = 1, []
    while number == 1 or wire.cuts:
        number += 1
        warehouse = open_it(port=wire.port)
        warehouse.run(build(f"k{number}", f"SELECT {number} AS id"), bound())
        step = publish([port({"orders": (f"k{number}", ["id"])})], number - 1)
        wire.messages, wire.cuts, wire.cut_at = 0, 0, number - 1
        try:
            warehouse.run(step, bound(f"run_{number}", number))
            told.append(number)
        except WarehouseError as error:
            assert error.interrupted
            assert admin.execute(ORDERS).fetchall() == [(number - 1,)]
        wire.cut_at = -1
        open_it().run(step, bound(f"run_{number}", number))
        assert admin.execute(ORDERS).fetchall() == [(number,)]
    # The first was lost before the pointer moved, another after that, and the last one not at all.
    assert told[0] > 2 and number in told and len(told) > 1


def test_a_build_that_is_cut_off_is_made_once(open_it: Callable[..., Any], wire: Line) -> None:
    warehouse = open_it(port=wire.port)
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    step = build("b", "SELECT 2 AS id FROM generate_series(1, 3)")
    wire.cut_at = b"CREATE TABLE"
    with pytest.raises(WarehouseError, match="connection was lost"):
        warehouse.run(step, bound())
    outcome = warehouse.run(step, bound("run_2"))
    assert outcome.rows == 3
    assert rows_of(warehouse, "b", ["id"]) == [(2,)] * 3


def test_a_reader_in_the_way_is_waited_for(
    open_it: Callable[..., Any], admin: psycopg.Connection[Any]
) -> None:
    """The lock of the view is asked for again and again, while others go on reading."""
    warehouse = open_it()
    release(warehouse, 1)
    admin.execute("BEGIN")
    assert admin.execute(ORDERS).fetchall() == [(1,)]
    freed = threading.Timer(1.0, lambda: admin.execute("COMMIT"))
    freed.start()
    assert release(warehouse, 2, "run_2").release.number == 2
    freed.join()
    assert admin.execute(ORDERS).fetchall() == [(2,)]


def test_a_moment_that_is_no_longer_kept_is_an_error(
    open_it: Callable[..., Any], admin: psycopg.Connection[Any]
) -> None:
    """Never an empty answer: the rows of that moment are there, but cannot be read any more."""
    warehouse = open_it()
    release(warehouse, 1)
    admin.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    admin.execute("SELECT 1")
    for number in range(2, 19):
        release(warehouse, number)
    with pytest.raises(
        errors.InvalidTextRepresentation, match="begin a new transaction: release 1"
    ):
        admin.execute(ORDERS)
    admin.execute("ROLLBACK")
    assert admin.execute(ORDERS).fetchall() == [(18,)]


def test_grants_outlive_a_change_of_columns(
    open_it: Callable[..., Any], admin: psycopg.Connection[Any]
) -> None:
    warehouse = open_it()
    warehouse.run(build("a", "SELECT 1 AS id, 'x' AS name, true AS gone"), bound())
    warehouse.run(publish([port({"orders": ("a", ["id", "name", "gone"])})]), bound())
    for what in ("SELECT ON sales__orders.orders", "SELECT (id) ON sales__orders.orders_v1"):
        admin.execute(f"GRANT {what} TO pg_monitor WITH GRANT OPTION")
    admin.execute("GRANT SELECT (gone) ON sales__orders.orders_v1 TO pg_monitor")
    warehouse.run(build("b", "SELECT 2 AS id, 3 AS name"), bound())
    warehouse.run(publish([port({"orders": ("b", ["id", "name"])})], 1), bound())
    granted = (
        "has_table_privilege('pg_monitor', 'sales__orders.orders', 'SELECT WITH GRANT OPTION')"
    )
    column = "has_column_privilege('pg_monitor', 'sales__orders.orders_v1', 'id', 'SELECT')"
    other = "has_column_privilege('pg_monitor', 'sales__orders.orders_v1', 'name', 'SELECT')"
    found = admin.execute(f"SELECT {granted}, {column}, {other}").fetchall()
    assert found == [(True, True, False)]
    assert admin.execute("SELECT * FROM sales__orders.orders").fetchall() == [(2, 3)]


def test_somebodys_view_keeps_a_port_as_it_is(
    open_it: Callable[..., Any], admin: psycopg.Connection[Any]
) -> None:
    """Nothing of others is ever dropped: the publish fails, and says because of what."""
    warehouse = open_it()
    warehouse.run(build("a", "SELECT 1 AS id, 'x' AS name"), bound())
    warehouse.run(publish([port({"orders": ("a", ["id", "name"])})]), bound())
    admin.execute("CREATE VIEW public.mine AS SELECT name FROM sales__orders.orders_v1")
    warehouse.run(build("b", "SELECT 2 AS id"), bound())
    step = publish([port({"orders": ("b", ["id"])})], 1)
    with pytest.raises(WarehouseError, match=r"orders_v1.*mine"):
        warehouse.run(step, bound("run_2", 2))
    assert admin.execute("SELECT * FROM public.mine").fetchall() == [("x",)]
    admin.execute("DROP VIEW public.mine")
    assert warehouse.run(step, bound("run_2", 2)).release.number == 2


def test_what_others_read_is_not_pruned(
    open_it: Callable[..., Any], admin: psycopg.Connection[Any]
) -> None:
    warehouse = open_it()
    for key in ("a", "b"):
        warehouse.run(build(key, "SELECT 1 AS id"), bound())
    warehouse.close()
    admin.execute("CREATE VIEW public.mine AS SELECT * FROM sales__orders__internal.b_a")
    admin.execute("CREATE TABLE sales__orders__internal.b_c AS SELECT 1 AS id")
    removed = open_it().forget([], frozenset(), NOW)
    assert removed.names == ("sales__orders__internal.b_b",)
    assert [each.key for each in removed.builds] == ["b"]
    assert admin.execute("SELECT * FROM public.mine").fetchall() == [(1,)]
    assert admin.execute("SELECT * FROM sales__orders__internal.b_c").fetchall() == [(1,)]


@pytest.mark.parametrize("word", [b"CREATE OR REPLACE VIEW", b"COMMIT", b"DELETE", b"DROP TABLE"])
def test_pruning_that_was_cut_off_is_gone_on_with(
    open_it: Callable[..., Any], wire: Line, admin: psycopg.Connection[Any], word: bytes
) -> None:
    """Views show what is kept at any moment; also after a release that no run has recorded."""
    publishing = open_it()
    first, _, last = (
        release(publishing, number, run).release
        for number, run in ((1, "run_1"), (2, "run_2"), (3, "run_2"))
    )
    publishing.close()
    pruning = open_it(port=wire.port)
    wire.cut_at = word
    with pytest.raises(WarehouseError, match="connection was lost"):
        pruning.forget(pruning.history("prod", PRODUCT)[1:], frozenset(), NOW)
    assert wire.cuts == 1
    again = open_it()
    assert again.drift(PROD, {PRODUCT: (last, first)}) == ()
    again.forget(again.history("prod", PRODUCT)[1:], frozenset(), NOW)
    assert again.observe(PROD).builds == {"k3"}
    assert again.history("prod", PRODUCT) == (last,)
    assert again.drift(PROD, {PRODUCT: (last, first)}) == ()
    assert admin.execute(ORDERS).fetchall() == [(3,)]


def test_what_was_never_published_is_pruned(
    open_it: Callable[..., Any], wire: Line, admin: psycopg.Connection[Any]
) -> None:
    """Though the views were made to show it."""
    release(open_it(), 1)
    publishing = open_it(port=wire.port)
    wire.cut_at = b"UPDATE"
    wire.heard = False
    with pytest.raises(WarehouseError, match="connection was lost"):
        release(publishing, 2, "run_2")
    publishing.close()
    removed = open_it().forget([], frozenset(), NOW)
    assert [each.key for each in removed.builds] == ["k2"]
    assert admin.execute(ORDERS).fetchall() == [(1,)]


def test_columns_that_were_never_published_go_away_again(
    open_it: Callable[..., Any], wire: Line, admin: psycopg.Connection[Any]
) -> None:
    """The server takes no column from a view, which is made anew for that and keeps its grants."""
    release(open_it(), 1)
    admin.execute("GRANT SELECT ON sales__orders.orders_v1 TO pg_read_all_stats")
    publishing = open_it(port=wire.port)
    publishing.run(build("k2", "SELECT 2 AS id, 'x' AS note"), bound("run_2", 2))
    wire.cut_at = b"UPDATE"
    wire.heard = False
    with pytest.raises(WarehouseError, match="connection was lost"):
        shown = replace(port({"orders": ("k2", ["id", "note"])}), version="1.1.0")
        publishing.run(publish([shown], 1), bound("run_2", 2))
    publishing.close()
    assert admin.execute("SELECT * FROM sales__orders.orders_v1").fetchall() == [(1, None)]
    again = open_it()
    assert not again.is_served("prod")
    again.serve("prod")
    assert again.is_served("prod")
    assert admin.execute("SELECT * FROM sales__orders.orders_v1").fetchall() == [(1,)]
    assert admin.execute("SELECT * FROM sales__orders.orders").fetchall() == [(1,)]
    readable = (
        "SELECT has_table_privilege('pg_read_all_stats', 'sales__orders.orders_v1', 'SELECT')"
    )
    assert admin.execute(readable).fetchall() == [(True,)]
    assert [each.key for each in again.forget([], frozenset(), NOW).builds] == ["k2"]


def test_only_new_rows_of_an_audit_are_kept(open_it: Callable[..., Any], wire: Line) -> None:
    """A cut while failing rows are kept leaves the rows of the last audit, whole."""
    warehouse = open_it(port=wire.port)
    warehouse.run(build("a", "SELECT CAST(NULL AS integer) AS id"), bound())
    step = audit("a", required("id"), dialect=POSTGRES)
    warehouse.run(step, bound())
    wire.cut_at = b"DROP TABLE"
    with pytest.raises(WarehouseError, match="connection was lost"):
        warehouse.run(step, bound("run_2"))
    assert wire.cuts == 1
    with open_it().failing_rows("audit_1", "required_id") as kept:
        assert kept.columns == ("id",)


def test_observing_needs_no_engine_and_no_parser(
    open_it: Callable[..., Any], database: dict[str, Any]
) -> None:
    release(open_it(), 1)
    program = f"""
import sys
from weft.warehouses.postgres import open_warehouse
from weft.warehouses.protocol import Scope
warehouse = open_warehouse("wh", {database!r}, "", "skyline", "store_1")
assert len(warehouse.observe(Scope("prod", ({PRODUCT!r},))).releases) == 1
assert warehouse.is_served("prod")
warehouse.close()
assert "duckdb" not in sys.modules and "sqlglot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


class Holding(Line):
    """A line on which a program is stopped before it marks what it made."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.stopped, self.go_on = threading.Event(), threading.Event()

    def sent(self, data: bytes, server: socket.socket) -> bool:
        if b"COMMENT ON TABLE" in data:
            self.stopped.set()
            self.go_on.wait(30)
        return super().sent(data, server)


def test_a_program_that_stopped_inside_a_build_does_not_stop_the_others(
    open_it: Callable[..., Any], database: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_IDLE", "SET idle_in_transaction_session_timeout = 300")
    step = build("k1", "SELECT 1 AS id")
    open_it().run(build("k0", "SELECT 0 AS id"), bound("earlier"))
    with serving(Holding(database["host"], database["port"])) as held, ThreadPoolExecutor() as pool:
        slow = pool.submit(open_it(port=held.port).run, step, bound("slow"))
        assert held.stopped.wait(10)
        assert not open_it().run(step, bound("quick")).reused
        held.go_on.set()
        assert slow.result(timeout=10).reused


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (f"BEGIN; {ORDERS}", "uses what is to be replaced"),
        (
            f"SELECT pg_advisory_lock({LOCKS}, {signed('sales__orders__internal')})",
            "holds a lock by which runs of Weft take turns",
        ),
    ],
)
def test_who_is_in_the_way_is_said(
    open_it: Callable[..., Any], database: dict[str, Any], statement: str, why: str
) -> None:
    warehouse = open_it()
    release(warehouse, 1)
    assert warehouse.blocked("run_2") == []
    keywords = {**database, "dbname": database["database"], "user": ADMIN}
    del keywords["database"]
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(**keywords, autocommit=True, application_name="report") as reader,
    ):
        reader.execute(statement)
        publishing = pool.submit(release, warehouse, 2, "run_2")
        said: list[str] = []
        while not said and not publishing.done():
            said = warehouse.blocked("run_2")
        assert warehouse.blocked("run_1") == []
        reader.close()
        assert publishing.result().release.number == 2
    number = re.findall(r"process ([0-9]+)", said[0])[0]
    assert said == [
        f"sales.orders waits in warehouse `wh` in weft.yaml for process {number} (report of "
        f"admin), which {why}: let it end its transaction, or run "
        f"SELECT pg_terminate_backend({number})"
    ]


def test_who_is_in_the_way_in_another_database_is_not(
    open_it: Callable[..., Any], database: dict[str, Any]
) -> None:
    keywords = {**database, "dbname": "postgres"}
    del keywords["database"]
    lock = f"/* weft {of_run('run_2')} SELECT pg_advisory_lock({os.getpid()}, 1)"
    connect = partial(psycopg.connect, **keywords, autocommit=True)
    with ThreadPoolExecutor(1) as pool, connect() as waiting, connect() as holding:
        holding.execute(lock)
        waited = pool.submit(waiting.execute, lock)
        blocked = "SELECT pg_blocking_pids(%s)"
        while holding.execute(blocked, [waiting.info.backend_pid]).fetchall() == [([],)]:
            assert not waited.done()
        found = open_it().blocked("run_2")
        holding.close()
        waited.result()
    assert found == []
