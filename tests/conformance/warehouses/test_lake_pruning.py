"""Pruning the embedded lake beside others who publish, and where it may not write."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from warehouse_steps import PRODUCT, bound, build, port, publish

from weft.warehouses.duckdb import locking
from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.protocol import Removal, Scope, WarehouseError

PROD = Scope("prod", (PRODUCT,))
NOW = "2026-03-01T12:00:00+00:00"
SHOWS_A = publish([port({"orders": ("a", ["id"])})])


@pytest.fixture
def with_a(open_lake: Any) -> None:
    """Build `a` in a run that has ended."""
    lake = open_lake()
    lake.run(build("a", "SELECT 1 AS id"), bound())
    lake.close()


def meanwhile(operation: str, ending: str, act: Callable[[], None]) -> tuple[Disk, list[Any]]:
    """A disk that begins something in a thread ahead of an operation, and gives it time to run.

    The list holds the thread once it has begun.
    """
    begun: list[threading.Thread] = []

    def before(what: str, path: str) -> None:
        if what == operation and path.endswith(ending) and not begun:
            begun.append(threading.Thread(target=act, daemon=True))
            begun[0].start()
            begun[0].join(0.3)

    return Disk(before), begun


@pytest.mark.usefixtures("with_a")
def test_a_build_that_is_just_being_published_is_not_pruned(open_lake: Any) -> None:
    removed: list[Removal] = []
    pruner = open_lake()
    disk, begun = meanwhile(
        "link",
        "00000001.json",
        lambda: removed.append(pruner.forget([], frozenset(), NOW)),
    )
    open_lake(disk=disk).run(SHOWS_A, bound("run_2"))
    begun[0].join(10)
    assert [each.builds for each in removed] == [()]
    observed = open_lake().observe(PROD)
    assert observed.releases[PRODUCT].keys <= observed.builds


@pytest.mark.usefixtures("with_a")
def test_a_build_that_is_just_being_pruned_is_not_published(open_lake: Any) -> None:
    errors: list[WarehouseError] = []
    publisher = open_lake()
    # It has seen the build, and will not read the manifest again.
    assert publisher.run(build("a", "SELECT 1 AS id"), bound("run_2")).reused

    def publish_it() -> None:
        try:
            publisher.run(SHOWS_A, bound("run_2"))
        except WarehouseError as error:
            errors.append(error)

    disk, begun = meanwhile("remove", "builds/a.json", publish_it)
    removed = open_lake(disk=disk).forget([], frozenset(), NOW)
    begun[0].join(10)
    assert [each.key for each in removed.builds] == ["a"]
    assert "build a is missing" in str(errors[0])
    assert open_lake().observe(PROD).releases == {}


@pytest.mark.usefixtures("with_a")
def test_one_who_keeps_the_lock_is_not_waited_for_for_ever(
    open_lake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "PATIENCE", 0.1)
    with (
        locking.holding(str(tmp_path / "lake/lake.json"), shared=False),
        pytest.raises(WarehouseError, match=r"lake\.json is locked by another program") as caught,
    ):
        open_lake().run(SHOWS_A, bound("run_2"))
    assert caught.value.interrupted and caught.value.transient


@pytest.mark.usefixtures("with_a")
def test_a_dry_run_counts_to_the_byte(open_lake: Any, tmp_path: Path) -> None:
    lake = open_lake()
    lake.run(SHOWS_A, bound("run_2"))
    lake.run(build("b", "SELECT 2 AS id"), bound("run_2"))
    lake.run(publish([port({"orders": ("b", ["id"])})], 1), bound("run_2"))
    [_, old] = lake.history("prod", PRODUCT)
    lake.close()
    orphan = tmp_path / "lake/files/x-run_0-1.parquet"
    orphan.write_bytes(b"12345")
    before = size_of(tmp_path / "lake")
    told = open_lake().forget([old], frozenset(), NOW, dry_run=True)
    assert size_of(tmp_path / "lake") == before
    assert open_lake().forget([old], frozenset(), NOW) == told
    assert told.bytes == before - size_of(tmp_path / "lake")


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_where_there_is_no_lake_none_is_made(open_lake: Any, tmp_path: Path) -> None:
    assert open_lake().forget([], frozenset(), NOW) == Removal()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("with_a")
def test_what_may_not_be_removed_is_named_with_the_next_step(open_lake: Any) -> None:
    def before(operation: str, path: str) -> None:
        if operation == "remove":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    with pytest.raises(WarehouseError, match=r"a\.json is not writable; give this user") as it:
        open_lake(disk=Disk(before)).forget([], frozenset(), NOW)
    assert it.value.denied


@pytest.mark.parametrize(
    ("fault", "says"),
    [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "is not writable")],
)
def test_a_lock_that_cannot_be_made_is_a_disk_that_cannot_be_written(
    tmp_path: Path, fault: int, says: str
) -> None:
    def before(operation: str, path: str) -> None:
        if operation == "lock":
            raise OSError(fault, os.strerror(fault), path)

    with pytest.raises(WarehouseError, match=says) as caught:
        Scratch(Layout(str(tmp_path)), Disk(before)).take("run_1")
    assert caught.value.unwritable and caught.value.interrupted
