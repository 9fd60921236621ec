"""What is special to a store on a server: who may use it, who makes it, what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

import postgres_server
from weft.mesh.release import Release
from weft.mesh.run import Hold, Lock, Run, RunState
from weft.store.database import Transaction
from weft.store.migrate import FORMAT
from weft.store.opening import find_store, open_store
from weft.store.postgres.store import PostgresStore
from weft.store.protocol import Finished, Identity, Locked, StoreError

AT = "2026-03-01T10:00:05Z"
Connect = Callable[[], "psycopg.Connection[Any]"]


def address(database: dict[str, Any], **login: str) -> str:
    """The address of a database, for a login of its own where one is given."""
    return "postgresql://{user}:{password}@{host}:{port}/{database}".format(**database | login)


@pytest.fixture
def url(database: dict[str, Any]) -> str:
    return address(database)


@pytest.fixture
def place(database: dict[str, Any]) -> str:
    return f"store {database['database']} on 127.0.0.1: "


@pytest.fixture
def connect(url: str) -> Iterator[Connect]:
    """Connects to the tables of the store, as another program would."""
    opened: list[psycopg.Connection[Any]] = []

    def one_more() -> psycopg.Connection[Any]:
        opened.append(psycopg.connect(url, autocommit=True, options="-csearch_path=weft"))
        return opened[-1]

    yield one_more
    for each in opened:
        each.close()


def reopened(url: str, patience: float = 30.0) -> PostgresStore:
    return PostgresStore(url, "skyline", "second", patience)


@pytest.fixture
def raw(url: str, connect: Connect) -> psycopg.Connection[Any]:
    """The tables of a store, with three audit entries."""
    store = PostgresStore(url, "skyline", "first")
    for number in range(3):
        store.audit.add("ana", "act", f"s{number}", "{}", AT)
    store.close()
    return connect()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'eve' WHERE number = 2",
        "DELETE FROM audit WHERE number = 3",
        "TRUNCATE audit",
        "INSERT INTO audit SELECT 9, at, actor, action, subject, detail, previous, hash "
        "FROM audit WHERE number = 2",
        "UPDATE audit_head SET number = 2",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "INSERT INTO audit_head VALUES (9, '')",
    ],
)
def test_the_database_refuses_what_is_no_append(
    url: str, raw: psycopg.Connection[Any], statement: str
) -> None:
    with pytest.raises(psycopg.IntegrityError):
        raw.execute(statement)
    store = reopened(url)
    assert store.audit.verify() == (3, "")
    store.close()


def test_a_newer_format_is_refused(url: str, raw: psycopg.Connection[Any], place: str) -> None:
    raw.execute("UPDATE identity SET format = 99")
    with pytest.raises(StoreError) as refused:
        reopened(url)
    assert str(refused.value).startswith(f"{place}a newer Weft wrote it (format 99")


def test_a_schema_of_another_program_is_refused_and_left_alone(
    url: str, connect: Connect, place: str
) -> None:
    connection = connect()
    connection.execute("CREATE SCHEMA weft")
    connection.execute("CREATE TABLE weft.customers (id bigint)")
    for opening in (reopened, lambda url: find_store(url, "skyline", "/")):
        with pytest.raises(StoreError) as refused:
            opening(url)
        assert str(refused.value).startswith(f"{place}it is no store of Weft")
    names = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'weft'::regnamespace"
    )
    assert names.fetchall() == [("customers",)]


def test_an_empty_schema_that_somebody_made_for_it_is_used(url: str, connect: Connect) -> None:
    connect().execute("CREATE SCHEMA weft")
    assert find_store(url, "skyline", "/") is None
    store = reopened(url)
    assert store.identity == Identity("skyline", "second", FORMAT)
    store.close()


def test_nothing_is_made_by_looking_for_a_store(url: str, connect: Connect) -> None:
    assert find_store(url, "skyline", "/") is None
    assert connect().execute("SELECT to_regnamespace('weft')").fetchone() == (None,)


FULL_DISK = """
CREATE FUNCTION public.no_room() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE EVENT TRIGGER no_room ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
EXECUTE FUNCTION public.no_room();
"""


def test_a_store_is_made_whole_or_not_at_all(
    url: str, database: dict[str, Any], place: str
) -> None:
    admin = address(database, user=postgres_server.ADMIN)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(FULL_DISK)
        with pytest.raises(StoreError) as refused:
            reopened(url)
        assert str(refused.value).startswith(f"{place}no room is left on the server's disk")
        assert (refused.value.full, refused.value.interrupted) == (True, True)
        assert find_store(url, "skyline", "/") is None
        connection.execute("DROP EVENT TRIGGER no_room")
    reopened(url).close()


def older(connection: psycopg.Connection[Any]) -> None:
    connection.execute("CREATE SCHEMA weft")
    connection.execute("CREATE TABLE identity (mesh text, id text, format bigint)")
    connection.execute("INSERT INTO identity VALUES ('skyline', 'old', 0)")


def test_an_older_format_is_brought_forward(url: str, connect: Connect) -> None:
    older(connect())
    store = reopened(url)
    assert store.identity == Identity("skyline", "old", FORMAT)
    store.audit.add("ana", "act", "s", "{}", AT)
    assert store.audit.verify() == (1, "")
    store.close()


def test_a_migration_that_fails_leaves_nothing_behind(url: str, connect: Connect) -> None:
    connection = connect()
    older(connection)
    connection.execute("CREATE TABLE salts (id bigint)")
    with pytest.raises(StoreError, match='"salts" already exists'):
        reopened(url)
    names = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'weft'::regnamespace"
    )
    assert sorted(names.fetchall()) == [("identity",), ("salts",)]
    assert connection.execute("SELECT format FROM identity").fetchone() == (0,)


TOGETHER = """
import os, sys
from weft.store.opening import open_store

sys.stdin.readline()
store = open_store(sys.argv[1], "skyline", sys.argv[2], "/")
store.audit.add("ana", "opened", store.identity.id, "{}", "t")
print(store.identity.format)
store.close()
"""


@pytest.mark.parametrize("age", ["new", "old"])
def test_programs_that_open_a_store_together_make_or_migrate_it_once(
    url: str, connect: Connect, age: str
) -> None:
    if age == "old":
        older(connect())
    command = [sys.executable, "-c", TOGETHER, url]
    pipe = subprocess.PIPE
    programs = [
        subprocess.Popen([*command, f"p{n}"], stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        for n in range(6)
    ]
    ended = []
    for each in programs:
        assert each.stdin
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in programs:
        ended.append(each.communicate(timeout=60))
    assert ended == [(f"{FORMAT}\n", "")] * 6
    store = reopened(url)
    entries = store.audit.entries()
    assert len(entries) == 6
    assert {each.subject for each in entries} == {store.identity.id}
    assert store.audit.verify() == (6, "")
    store.close()


def test_a_login_without_rights_is_told_so(
    url: str, database: dict[str, Any], postgres_admin: psycopg.Connection[Any], place: str
) -> None:
    reopened(url).close()
    postgres_admin.execute("DROP ROLE IF EXISTS reader")
    postgres_admin.execute("CREATE ROLE reader LOGIN PASSWORD 'hunter2'")
    with pytest.raises(StoreError) as refused:
        reopened(address(database, user="reader", password="hunter2"))
    assert str(refused.value).startswith(f"{place}this login may not read and write it; grant it")
    with pytest.raises(StoreError) as refused:
        reopened(address(database, user="reader", password="wrong"))
    assert str(refused.value).startswith(f"{place}it cannot be opened; ")
    assert "reader" not in str(refused.value) and "wrong" not in str(refused.value)
    postgres_admin.execute("DROP ROLE reader")


def test_a_login_that_may_only_read_reads(
    database: dict[str, Any],
    postgres_admin: psycopg.Connection[Any],
    raw: psycopg.Connection[Any],
    place: str,
) -> None:
    postgres_admin.execute("DROP ROLE IF EXISTS onlooker")
    postgres_admin.execute("CREATE ROLE onlooker LOGIN PASSWORD 'hunter2'")
    raw.execute("GRANT USAGE ON SCHEMA weft TO onlooker")
    raw.execute("GRANT SELECT ON ALL TABLES IN SCHEMA weft TO onlooker")
    store = reopened(address(database, user="onlooker", password="hunter2"))
    assert store.audit.verify() == (3, "")
    with pytest.raises(StoreError) as refused:
        store.audit.add("ana", "act", "s", "{}", AT)
    assert str(refused.value).startswith(f"{place}this login may not read and write it; grant it")
    store.close()
    raw.execute("REVOKE ALL ON ALL TABLES IN SCHEMA weft FROM onlooker")
    raw.execute("REVOKE ALL ON SCHEMA weft FROM onlooker")
    postgres_admin.execute("DROP ROLE onlooker")


def test_a_writer_that_goes_on_for_ever_is_not_waited_for_forever(
    url: str, raw: psycopg.Connection[Any], place: str
) -> None:
    store = reopened(url, patience=0.1)
    raw.execute("BEGIN")
    raw.execute("SELECT 1 FROM identity FOR UPDATE")
    assert len(store.audit.entries()) == 3
    with pytest.raises(StoreError) as refused:
        store.audit.add("ana", "act", "s", "{}", AT)
    assert str(refused.value).startswith(f"{place}another program keeps it locked")
    raw.execute("ROLLBACK")
    assert store.audit.add("ana", "act", "s", "{}", AT).number == 4
    store.close()


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_what_the_server_asks_to_do_again_is_done_again(url: str, code: str) -> None:
    store = reopened(url)
    asked = []

    def work(transaction: Transaction) -> int:
        transaction.execute("INSERT INTO salts VALUES ('prod', 'a.b.c', '1')")
        asked.append(code)
        if len(asked) < 3:
            transaction.execute(raising(code, "again"))
        return len(asked)

    assert store.database.write(work) == 3
    assert store.definitions.salts("prod") == {"a.b.c": "1"}
    store.close()


@pytest.mark.parametrize("content", [b"", b"no zlib", b"x\x9c\x03\x00\x00\x00\x00\x01"], ids=repr)
def test_damaged_content_is_named_damage(
    url: str, raw: psycopg.Connection[Any], content: bytes
) -> None:
    raw.execute("INSERT INTO verdicts VALUES ('audit', 'build', %s)", (content,))
    store = reopened(url)
    with pytest.raises(StoreError, match="what it keeps is damaged") as refused:
        store.definitions.verdicts(["audit"])
    assert refused.value.damaged
    assert store.definitions.verdicts([]) == {}
    store.close()


def keep_something(url: str) -> None:
    """Let a run publish a release and end, and a person place a hold."""
    store = reopened(url)
    run = Run("r1", "apply", "prod", "p", RunState.RUNNING, "t1")
    [lock] = store.journal.begin(run, ["a.p"], b"{}")
    release = Release("a.p", "prod", 1, ())
    store.journal.finish(lock, Finished("a.p", "prod", release=release), run, "t2")
    store.journal.end(replace(run, state=RunState.DONE, ended="t3"))
    store.journal.hold(Hold("a.p", "prod", 1, "ana", "", "t4"))
    store.close()


@pytest.mark.parametrize(
    ("kept", "missing"),
    [
        (0, "no entry says that run r1 began"),
        (3, "no entry says that run r1 began"),
        (4, "no entry says that run r1 ended"),
        (5, "no entry says that run r1 ended"),
        (6, "no entry says that run r1 ended"),
        (7, "no entry says that a.p was held in prod"),
    ],
)
def test_a_log_that_was_cut_with_its_head_does_not_fit_the_store(
    url: str, raw: psycopg.Connection[Any], kept: int, missing: str
) -> None:
    keep_something(url)
    store = reopened(url)
    assert store.audit.verify() == (8, "")
    raw.execute("ALTER TABLE audit DISABLE TRIGGER USER")
    raw.execute("ALTER TABLE audit_head DISABLE TRIGGER USER")
    raw.execute("DELETE FROM audit WHERE number > %s", (kept,))
    raw.execute(
        "UPDATE audit_head SET number = %(kept)s, "
        "hash = coalesce((SELECT hash FROM audit WHERE number = %(kept)s), %(empty)s)",
        {"kept": kept, "empty": "0" * 64},
    )
    assert store.audit.verify() == (kept, f"{missing}: entries are missing")
    store.close()


def raising(code: str, said: str) -> str:
    """A statement that the server refuses with this code."""
    return f"DO $$ BEGIN RAISE EXCEPTION '{said}' USING ERRCODE = '{code}'; END $$"


@pytest.mark.parametrize(
    ("code", "cause", "full", "damaged"),
    [
        ("XX001", "the server reports damage; see to it, or put back a backup", False, True),
        ("53100", "no room is left on the server's disk; make room and try again", True, False),
        ("53200", "the server has no room for more; see to it, then try again", False, False),
        ("25006", "it takes no changes now; name the server that does", False, False),
    ],
)
def test_what_the_server_reports_is_told_with_a_way_on(
    url: str, place: str, code: str, cause: str, full: bool, damaged: bool
) -> None:
    store = reopened(url)
    with pytest.raises(StoreError) as refused:
        store.database.read(lambda it: it.execute(raising(code, "no")))
    assert str(refused.value) == f"{place}{cause} (no)"
    assert (refused.value.full, refused.value.damaged) == (full, damaged)
    assert not refused.value.interrupted
    store.close()


def test_writing_is_durable_whatever_the_server_is_set_to(url: str) -> None:
    store = reopened(url)
    found = store.database.read(lambda it: it.execute("SHOW synchronous_commit").fetchone())
    assert found == ("on",)
    store.close()


def test_the_lock_of_another_host_is_left_to_it(url: str, new_run: Callable[[str], Run]) -> None:
    store = reopened(url)
    store.journal.begin(new_run("r1"), ["a.p"], b"{}")
    with pytest.raises(Locked):
        store.journal.begin(new_run("r2"), ["a.p"], b"{}", alive=on("elsewhere"))
    (lock,) = store.journal.begin(new_run("r3"), ["a.p"], b"{}", alive=on("loom"))
    assert lock.fence == 2
    store.close()


def on(host: str) -> Callable[[Lock], bool]:
    """Who lives, as a program on a host on which nobody else runs sees it."""
    return lambda lock: lock.host != host


HAMMER = """
import json, sys
from weft.mesh.run import Run, RunState
from weft.store.opening import open_store
from weft.store.protocol import Finished, Locked

host = sys.argv[2]
store = open_store(sys.argv[1], "skyline", host, "/")
fences, turn = [], 0
while len(fences) < 20:
    turn += 1
    run = Run(f"{host}-{turn}", "apply", "prod", "p", RunState.RUNNING, "t", host=host, pid=7)
    try:
        locks = store.journal.begin(run, ["a.p", "a.q"], b"{}", lambda lock: lock.host != host)
    except Locked:
        continue
    fences.append([lock.fence for lock in locks])
    for lock in locks:
        store.journal.finish(lock, Finished(lock.product, "prod"), run, "t")
print(json.dumps(fences))
"""


def test_programs_on_several_hosts_never_share_a_fence(url: str) -> None:
    reopened(url).close()
    hosts = [f"host{number}" for number in range(6)]
    command = [sys.executable, "-c", HAMMER, url]
    programs = [
        subprocess.Popen([*command, host], stdout=subprocess.PIPE, text=True) for host in hosts
    ]
    fences = [pair for each in programs for pair in json.loads(each.communicate(timeout=60)[0])]
    assert sorted(fences) == [[n, n] for n in range(1, 121)]
    store = reopened(url)
    assert store.journal.locks() == ()
    assert store.audit.verify() == (3 * 120, "")
    store.close()


def test_both_kinds_of_store_have_the_same_tables(url: str, tmp_path: Path) -> None:
    server = reopened(url)
    file = open_store(f"sqlite:///{tmp_path}/store.db", "skyline", "first", "/")
    columns = (
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'weft' ORDER BY table_name, ordinal_position"
    )
    in_file = (
        "SELECT tables.name, columns.name FROM sqlite_schema AS tables, "
        "pragma_table_info(tables.name) AS columns WHERE tables.type = 'table' "
        "ORDER BY tables.name, columns.cid"
    )
    on_server = server.database.read(lambda it: it.execute(columns).fetchall())
    kept = file.database.read(lambda it: it.execute(in_file).fetchall())  # type: ignore[attr-defined]
    assert on_server == kept
    server.close()
    file.close()
