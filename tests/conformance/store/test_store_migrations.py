"""Migrations of both kinds of store: forward only, all or nothing, and none of a newer store."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from weft.mesh.run import Hold, Run
from weft.store import migrate
from weft.store.migrate import FORMAT
from weft.store.opening import open_store
from weft.store.protocol import Finished, Store, StoreError

AT = "2026-03-01T10:00:00Z"
HOLD = Hold("a.p", "prod", 3, "ana", "wrong", AT)


def opened_as(url: str, format: int, patch: pytest.MonkeyPatch) -> Store:
    """The store as a program sees it that knows this format."""
    with patch.context() as older:
        older.setattr(migrate, "FORMAT", format)
        return open_store(url, "skyline", "first", "/")


@pytest.fixture
def old(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a store of the first format, in which something was kept."""
    store = opened_as(url, 1, monkeypatch)
    store.journal.hold(HOLD)
    store.definitions.set_salts("prod", {"a.p.m": "s1"}, "ana", AT)
    store.close()
    return url


def assert_kept(store: Store) -> None:
    assert store.journal.holds("prod") == {"a.p": HOLD}
    assert store.definitions.salts("prod") == {"a.p.m": "s1"}
    assert store.audit.verify() == (2, "")


@pytest.mark.parametrize("steps", range(1, FORMAT))
def test_a_store_of_any_age_is_brought_forward_with_all_that_it_keeps(
    old: str, steps: int, monkeypatch: pytest.MonkeyPatch, new_run: Callable[[str], Run]
) -> None:
    half_way = opened_as(old, 1 + steps, monkeypatch)
    assert half_way.identity.format == 1 + steps
    half_way.close()
    store = open_store(old, "skyline", "second", "/")
    assert (store.identity.id, store.identity.format) == ("first", FORMAT)
    assert_kept(store)
    run = new_run("r1")
    (lock,) = store.journal.begin(run, ["a.p"], b"{}")
    store.journal.finish(lock, Finished("a.p", "prod"), run, AT)
    assert store.journal.runs() == (run,)
    store.close()


@pytest.mark.parametrize("format", range(1, FORMAT))
def test_an_older_program_refuses_a_newer_store_and_leaves_it(
    url: str, store: Store, format: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.journal.hold(HOLD)
    with pytest.raises(StoreError, match="a newer Weft wrote it") as refused:
        opened_as(url, format, monkeypatch)
    assert f"(format {FORMAT}, this one reads up to {format})" in str(refused.value)
    again = open_store(url, "skyline", "second", "/")
    assert again.identity == store.identity
    assert again.journal.holds("prod") == {"a.p": HOLD}
    again.close()


def test_migrations_of_which_the_last_fails_leave_the_store_as_it_was(
    old: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = Path(shutil.copytree(migrate.SHARED, tmp_path / "scripts"))
    bad = scripts / f"{FORMAT + 1:04}_bad.sql"
    bad.write_text(2 * "CREATE TABLE more (id TEXT NOT NULL) STRICT;\n")
    monkeypatch.setattr(migrate, "SHARED", scripts)
    with pytest.raises(StoreError, match=r"more.? already exists"):
        opened_as(old, FORMAT + 1, monkeypatch)
    store = opened_as(old, 1, monkeypatch)
    assert store.identity.format == 1
    assert store.journal.holds("prod") == {"a.p": HOLD}
    store.close()
    bad.write_text("CREATE TABLE more (id TEXT NOT NULL) STRICT;\n")
    store = opened_as(old, FORMAT + 1, monkeypatch)
    assert store.identity.format == FORMAT + 1
    assert_kept(store)
    store.close()
