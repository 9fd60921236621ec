"""What can happen to the file of a SQLite store, and that each of it gets one clear answer."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from weft.mesh.release import Release
from weft.mesh.run import Hold, Run, RunState
from weft.store.migrate import FORMAT
from weft.store.opening import open_store
from weft.store.protocol import Finished, Identity, Store, StoreError
from weft.store.sqlite.creation import create
from weft.store.sqlite.store import SqliteStore

AT = "2026-03-01T10:00:05Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """The tables of a store, with three audit entries, as another program sees them."""
    store = SqliteStore(str(path), "skyline", "first")
    for number in range(3):
        store.audit.add("ana", "act", f"s{number}", "{}", AT)
    store.close()
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def reopened(path: Path) -> SqliteStore:
    return SqliteStore(str(path), "skyline", "second", patience=0.1)


def refusal(path: Path) -> str:
    with pytest.raises(StoreError) as refused:
        reopened(path)
    assert not refused.value.full
    assert str(refused.value).startswith(f"store {path}: ")
    return str(refused.value)


def test_only_the_user_can_read_a_new_store(tmp_path: Path, new_run: Callable[[str], Run]) -> None:
    store = open_store("sqlite:///deep/.weft/store.db", "skyline", "first", str(tmp_path))
    store.journal.begin(new_run("r1"), ["a.p"], b"{}")
    folder = tmp_path / "deep" / ".weft"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}
    assert modes == dict.fromkeys(("store.db", "store.db-wal", "store.db-shm"), 0o600)
    store.close()
    assert os.listdir(folder) == ["store.db"]


def test_durable_settings_are_on(path: Path) -> None:
    store = reopened(path)
    names = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
    settings = store.database.read(
        lambda transaction: {
            name: transaction.execute(f"PRAGMA {name}").fetchone()[0] for name in names
        }
    )
    store.close()
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
    }


def test_readers_do_not_wait_for_a_writer(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("BEGIN IMMEDIATE")
    raw.execute("INSERT INTO salts VALUES ('prod', 'a.b.c', '1')")
    store = reopened(path)
    assert store.definitions.salts("prod") == {}
    raw.execute("COMMIT")
    assert store.definitions.salts("prod") == {"a.b.c": "1"}
    store.close()


def test_a_store_that_stays_locked_is_not_waited_for_forever(
    path: Path, raw: sqlite3.Connection
) -> None:
    store = reopened(path)
    raw.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program keeps it locked"):
        store.audit.add("ana", "act", "s", "{}", AT)
    raw.execute("ROLLBACK")
    assert store.audit.add("ana", "act", "s", "{}", AT).number == 4
    store.close()


def test_a_newer_format_is_refused(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE identity SET format = 99")
    assert "a newer Weft wrote it (format 99" in refusal(path)


def test_a_refused_store_is_let_go_of(path: Path) -> None:
    reopened(path).close()
    with pytest.raises(StoreError):
        SqliteStore(str(path), "harbour", "third")
    assert os.listdir(path.parent) == ["store.db"]


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"mesh: skyline\n" * 100)
    assert "it is no SQLite database" in refusal(path)
    assert path.read_bytes() == b"mesh: skyline\n" * 100


def test_an_empty_file_is_refused(path: Path) -> None:
    path.write_bytes(b"")
    assert "it is no store of Weft" in refusal(path)


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER)")
    connection.close()
    assert "it is no store of Weft" in refusal(path)


def test_a_folder_in_the_place_of_the_file_is_refused(path: Path) -> None:
    path.mkdir()
    assert "this user may not read and write it" in refusal(path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refusal(tmp_path / "file" / "store.db")


def test_a_damaged_page_is_named_damage(path: Path, raw: sqlite3.Connection) -> None:
    (page,) = raw.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'runs'").fetchone()
    (size,) = raw.execute("PRAGMA page_size").fetchone()
    raw.close()
    with open(path, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    store = reopened(path)
    with pytest.raises(StoreError, match="it is damaged") as refused:
        store.journal.runs()
    assert refused.value.damaged
    store.close()


@pytest.mark.parametrize("content", [b"", b"no zlib", b"x\x9c\x03\x00\x00\x00\x00\x01"], ids=repr)
def test_damaged_content_is_named_damage(
    path: Path, raw: sqlite3.Connection, content: bytes
) -> None:
    raw.execute("INSERT INTO verdicts VALUES ('audit', 'build', ?, 'prod')", (content,))
    store = reopened(path)
    with pytest.raises(StoreError, match="it is damaged") as refused:
        store.definitions.verdicts(["audit"])
    assert refused.value.damaged
    store.close()


def test_a_full_disk_is_recognised_and_nothing_is_half_written(
    path: Path, new_run: Callable[[str], Run]
) -> None:
    store = reopened(path)
    (pages,) = store.database.read(lambda it: it.execute("PRAGMA page_count").fetchone())
    store.database.read(lambda it: it.execute(f"PRAGMA max_page_count = {pages + 4}"))
    with pytest.raises(StoreError, match="no room is left") as refused:
        store.journal.begin(new_run("r1"), ["a.p"], os.urandom(100_000))
    assert refused.value.full
    assert store.journal.runs() == ()
    assert store.journal.locks() == ()
    assert store.audit.entries() == ()
    store.journal.begin(new_run("r2"), ["a.p"], b"{}")
    assert store.audit.verify() == (1, "")
    store.close()


QUOTA = """
import os, resource, sys
from weft.mesh.run import Run, RunState
from weft.store.protocol import StoreError
from weft.store.sqlite.store import SqliteStore

store = SqliteStore(sys.argv[1], "skyline", "first")
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
kept = 0
try:
    while True:
        run = Run(f"r{kept}", "apply", "prod", "p", RunState.RUNNING, "t")
        store.journal.begin(run, [f"a.p{kept}"], os.urandom(50_000))
        kept += 1
except StoreError as error:
    print(kept, error.full, error)
"""


def test_a_used_up_quota_is_recognised_and_what_was_kept_stays(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUOTA, str(path)], capture_output=True, text=True, check=True
    )
    kept, full, message = done.stdout.split(" ", 2)
    assert full == "True"
    assert "no room is left" in message
    store = reopened(path)
    assert len(store.journal.runs(limit=1000)) == len(store.journal.locks()) == int(kept) > 0
    assert store.audit.verify() == (int(kept), "")
    store.close()


HALF_MADE = """
import os, resource, sys
from weft.store.protocol import StoreError
from weft.store.sqlite.store import SqliteStore

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    SqliteStore(sys.argv[1], "skyline", "first")
except StoreError as error:
    print(error.full, error.interrupted, os.listdir(os.path.dirname(sys.argv[1])))
"""


@pytest.mark.parametrize("size", [0, 5_000, 50_000])
def test_a_store_is_made_whole_or_not_at_all(path: Path, size: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HALF_MADE, str(path), str(size)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True True []\n"


def test_a_store_that_somebody_else_made_first_is_used(path: Path) -> None:
    first = reopened(path)
    create(str(path), "harbour", "third", patience=0.1)
    assert reopened(path).identity == first.identity
    assert sorted(each.name for each in path.parent.glob("*third*")) == []


# Children start together when the pipe that they read from is closed.
RACE = """
import os, sys
from weft.store.sqlite.store import SqliteStore

for trial in range(10):
    path = os.path.join(sys.argv[1], str(trial), "store.db")
    gate, handle = os.pipe()
    children = []
    for number in range(8):
        child = os.fork()
        if not child:
            os.close(handle)
            os.read(gate, 1)
            store = SqliteStore(path, "skyline", f"child {number}")
            store.audit.add("ana", "opened", store.identity.id, "{}", "t")
            store.close()
            os._exit(0)
        children.append(child)
    os.close(gate)
    os.close(handle)
    print(sum(os.waitpid(child, 0)[1] for child in children))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork the programs")
def test_programs_that_open_a_new_store_together_all_get_the_same(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RACE, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["0"] * 10
    for trial in range(10):
        store = reopened(tmp_path / str(trial) / "store.db")
        entries = store.audit.entries()
        assert len(entries) == 8
        assert {entry.subject for entry in entries} == {store.identity.id}
        store.close()


OLDER = (
    "CREATE TABLE identity (mesh TEXT, id TEXT, format INTEGER);"
    "INSERT INTO identity VALUES ('skyline', 'old', 0);"
)


def older(path: Path, more: str = "") -> None:
    connection = sqlite3.connect(path)
    connection.executescript(OLDER + more)
    connection.close()


def test_an_older_format_is_brought_forward(path: Path) -> None:
    older(path)
    store = reopened(path)
    assert store.identity == Identity("skyline", "old", FORMAT)
    store.audit.add("ana", "act", "s", "{}", AT)
    store.close()
    assert verified(path) == (1, "")


def test_an_older_store_of_another_mesh_is_left_alone(path: Path) -> None:
    older(path, "UPDATE identity SET mesh = 'harbour';")
    before = path.read_bytes()
    assert "belongs to mesh `harbour`" in refusal(path)
    assert path.read_bytes() == before


def test_a_migration_that_fails_leaves_nothing_behind(path: Path) -> None:
    older(path, "CREATE TABLE salts (id INTEGER);")
    assert "table salts already exists" in refusal(path)
    connection = sqlite3.connect(path)
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    assert names == {"identity", "salts"}
    assert connection.execute("SELECT format FROM identity").fetchone() == (0,)
    connection.close()


# The superuser may write everywhere, so the test becomes somebody else; not before it has read
# what it needs, which may lie where nobody else may read.
READ_ONLY = """
import os, sys, tempfile
from weft.store.protocol import StoreError
from weft.store.sqlite.store import SqliteStore

folder = tempfile.mkdtemp()
path = os.path.join(folder, "store.db")
if sys.argv[1] == "old":
    store = SqliteStore(path, "skyline", "first")
    store.audit.add("ana", "act", "s", "{}", "t")
    store.close()
if os.geteuid() == 0:
    for name in (".", *os.listdir(folder)):
        os.chown(os.path.join(folder, name), 65534, 65534)
    os.setgid(65534)
    os.setuid(65534)
os.chmod(folder, 0o500)
try:
    store = SqliteStore(path, "skyline", "first")
    print(store.audit.verify())
    store.audit.add("ana", "act", "s", "{}", "t")
except StoreError as error:
    print(error.full, error)
finally:
    os.chmod(folder, 0o700)
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))
    os.rmdir(folder)
"""


@pytest.mark.parametrize(("age", "read"), [("new", ""), ("old", "(1, '')\n")])
def test_a_folder_that_cannot_be_written_is_read_and_named(age: str, read: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, age], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"{read}False store ")
    assert "this user may not read and write it" in done.stdout


COLUMNS = ("number", "at", "actor", "action", "subject", "detail", "previous", "hash")
GUARDS = ("audit_is_not_updated", "audit_is_not_deleted", "audit_head_grows", "audit_head_stays")


def unguarded(raw: sqlite3.Connection) -> sqlite3.Connection:
    for guard in GUARDS:
        raw.execute(f"DROP TRIGGER {guard}")
    return raw


def verified(path: Path) -> tuple[int, str]:
    store: Store = reopened(path)
    try:
        return store.audit.verify()
    finally:
        store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'eve' WHERE number = 2",
        "DELETE FROM audit WHERE number = 3",
        "INSERT OR REPLACE INTO audit SELECT number, at, 'eve', action, subject, detail, "
        "previous, hash FROM audit WHERE number = 2",
        "INSERT INTO audit SELECT 9, at, actor, action, subject, detail, previous, hash "
        "FROM audit WHERE number = 2",
        "UPDATE audit_head SET number = 2",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head VALUES (9, '')",
    ],
)
def test_the_database_refuses_what_is_no_append(
    path: Path, raw: sqlite3.Connection, statement: str
) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(statement)
    assert verified(path) == (3, "")


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("column", COLUMNS)
def test_an_altered_column_is_found(
    path: Path, raw: sqlite3.Connection, column: str, number: int
) -> None:
    value = 7 if column == "number" else "x"
    unguarded(raw).execute(f"UPDATE audit SET {column} = ? WHERE number = ?", (value, number))
    good, fault = verified(path)
    assert good == number - 1
    assert fault


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_missing_entry_is_found(path: Path, raw: sqlite3.Connection, number: int) -> None:
    unguarded(raw).execute("DELETE FROM audit WHERE number = ?", (number,))
    good, fault = verified(path)
    assert good == number - 1
    assert "missing" in fault


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_head SET number = 2",
        "UPDATE audit_head SET hash = ''",
        "DELETE FROM audit_head",
    ],
)
def test_an_altered_head_is_found(path: Path, raw: sqlite3.Connection, statement: str) -> None:
    unguarded(raw).execute(statement)
    assert verified(path)[1] != ""


EMPTY = "0" * 64


def keep_something(path: Path) -> None:
    """Let a run publish a release and end, and a person place a hold."""
    store = reopened(path)
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
        (3, "no entry says that run r1 began"),
        (4, "no entry says that run r1 ended"),
        (5, "no entry says that run r1 ended"),
        (6, "no entry says that run r1 ended"),
        (7, "no entry says that a.p was held in prod"),
    ],
)
def test_a_log_that_was_cut_with_its_head_does_not_fit_the_store(
    path: Path, raw: sqlite3.Connection, kept: int, missing: str
) -> None:
    keep_something(path)
    assert verified(path) == (8, "")
    unguarded(raw).execute("DELETE FROM audit WHERE number > ?", (kept,))
    raw.execute(
        "UPDATE audit_head SET number = ?1, hash = (SELECT hash FROM audit WHERE number = ?1)",
        (kept,),
    )
    assert verified(path) == (kept, f"{missing}: entries are missing")


def test_an_emptied_log_does_not_fit_the_store(path: Path, raw: sqlite3.Connection) -> None:
    keep_something(path)
    unguarded(raw).execute("DELETE FROM audit")
    raw.execute("UPDATE audit_head SET number = 0, hash = ?", (EMPTY,))
    assert verified(path) == (0, "no entry says that run r1 began: entries are missing")
