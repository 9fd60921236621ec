"""What is special to a store on a server: who may use it, who makes it, what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from weft.mesh.run import Lock, Run
from weft.store.database import Transaction
from weft.store.migrate import FORMAT
from weft.store.opening import open_store
from weft.store.postgres.store import PostgresStore
from weft.store.protocol import Identity, Locked, StoreError

AT = "2026-03-01T10:00:05Z"
Connect = Callable[[], "psycopg.Connection[Any]"]


@pytest.fixture
def url(database: dict[str, Any]) -> str:
    return "postgresql://{user}:{password}@{host}:{port}/{database}".format(**database)


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
    with pytest.raises(StoreError) as refused:
        reopened(url)
    assert str(refused.value).startswith(f"{place}it is no store of Weft")
    names = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'weft'::regnamespace"
    )
    assert names.fetchall() == [("customers",)]


def test_an_empty_schema_that_somebody_made_for_it_is_used(url: str, connect: Connect) -> None:
    connect().execute("CREATE SCHEMA weft")
    store = reopened(url)
    assert store.identity == Identity("skyline", "second", FORMAT)
    store.close()


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
    other = {**database, "user": "reader", "password": "hunter2"}
    with pytest.raises(StoreError) as refused:
        reopened("postgresql://{user}:{password}@{host}:{port}/{database}".format(**other))
    assert str(refused.value).startswith(f"{place}this login may not read and write it; grant it")
    with pytest.raises(StoreError) as refused:
        reopened("postgresql://reader:wrong@{host}:{port}/{database}".format(**other))
    assert str(refused.value).startswith(f"{place}it cannot be opened; ")
    assert "reader" not in str(refused.value) and "wrong" not in str(refused.value)
    postgres_admin.execute("DROP ROLE reader")


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
            body = f"BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '{code}'; END"
            transaction.execute(f"DO '{body.replace(chr(39), chr(39) * 2)}'")
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
    with pytest.raises(StoreError, match="what it keeps is damaged"):
        store.definitions.verdicts(["audit"])
    assert store.definitions.verdicts([]) == {}
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
