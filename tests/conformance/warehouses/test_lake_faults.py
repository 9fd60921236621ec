"""The embedded lake under kill -9, failing disks and rivals: consumers never notice."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import duckdb
import lake_process
import pytest
from warehouse_steps import PRODUCT, bound, build, rows, rows_of

from memory_disk import quick_folder
from weft.warehouses.protocol import Scope, WarehouseError

PROD = Scope("prod", (PRODUCT,))


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, lake_process.__file__, *map(str, arguments)]
    return subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)


def run(*arguments: object) -> tuple[int, str]:
    process = start(*arguments)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return process.returncode, out


@pytest.fixture(scope="module")
def stop_here() -> Iterator[Callable[[Path, str, int, str], int]]:
    """Lets a process of its own be stopped at an operation; gives how it ended.

    Each is forked from one that has imported everything and runs no threads.
    """
    forks = start("forks")
    assert forks.stdin and forks.stdout

    def stop(folder: Path, name: str, at: int, how: str) -> int:
        assert forks.stdin and forks.stdout
        forks.stdin.write(f"{folder}\t{name}\t{at}\t{how}\n")
        forks.stdin.flush()
        return int(forks.stdout.readline())

    yield stop
    forks.communicate(timeout=10)


def files_under(folder: Path) -> set[str]:
    return {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}


def assert_finished(folder: Path) -> None:
    """Everything that an untouched run leaves is there, and nothing else."""
    lake = open_here(folder)
    observed = lake.observe(PROD)
    assert observed.builds == {"a", "v"}
    assert observed.releases[PRODUCT].number == 1
    assert len(rows_of(lake, "v", ["id"])) == 10
    assert len(rows(lake.failing_rows("audit_1", "required_name"))) == 10
    lake.close()
    left = files_under(folder / "lake")
    data = {name for name in left if name.startswith("files/")}
    assert len(data) == 1
    assert left - data == {
        "lake.json",
        "ports.duckdb",
        "ports.json",
        "builds/a.json",
        "builds/v.json",
        "quarantine/audit_1/required_name.json",
        "quarantine/audit_1/required_name.parquet",
        "releases/prod/sales/orders/00000001.json",
    }
    with duckdb.connect(str(folder / "lake" / "ports.duckdb"), read_only=True) as ports:
        assert ports.execute("SELECT count(*) FROM sales__orders.orders").fetchall() == [(10,)]


@pytest.fixture
def quick_path() -> Iterator[Path]:
    with quick_folder() as folder:
        yield Path(folder)


@pytest.mark.parametrize("how", ["kill", "ENOSPC"])
def test_stopped_at_every_operation(stop_here: Any, quick_path: Path, how: str) -> None:
    expected = -signal.SIGKILL if how == "kill" else 8
    at = 0
    while True:
        at += 1
        folder = quick_path / str(at)
        folder.mkdir()
        ended = stop_here(folder, f"run_{at}", at, how)
        if ended == 0:
            break
        assert ended == expected, at
        again = open_here(folder)
        observed = again.observe(PROD)
        if PRODUCT in observed.releases:
            assert {"a", "v"} <= observed.builds
            assert len(rows_of(again, "v", ["id"])) == 10
        again.close()
        assert stop_here(folder, "run_again", 0, how) == 0
        assert_finished(folder)
    assert at > 25
    assert_finished(folder)


def open_here(folder: Path) -> Any:
    return lake_process.open_warehouse(
        "lake", lake_process.OPTIONS, str(folder), "skyline", "store_1"
    )


def test_stopped_again_and_again_in_one_place(stop_here: Any, quick_path: Path) -> None:
    """Each try goes one operation further than the last, on what the last one left."""
    ended = None
    for at in range(1, 200):
        ended = stop_here(quick_path, f"run_{at}", at, "kill")
        if ended == 0:
            break
    assert ended == 0
    assert_finished(quick_path)


def test_a_full_disk_has_one_clear_error(open_lake: Any, tmp_path: Path) -> None:
    code, text = run("small_files", tmp_path, "run_1", 100_000)
    assert code == 8
    assert text.startswith("the disk is full: cannot write ")
    assert text.endswith("free some space and try again")
    lake = open_lake()
    assert lake.observe(PROD).builds == frozenset()
    assert lake.run(build("a", "SELECT 1 AS id"), bound()).rows == 1
    lake.close()
    assert {name.split("/")[0] for name in files_under(tmp_path / "lake")} == {
        "lake.json",
        "builds",
        "files",
    }


def test_an_error_names_the_place(open_lake: Any, tmp_path: Path) -> None:
    lake = open_lake(disk=lake_process.stopping(1, "EACCES"))
    with pytest.raises(WarehouseError, match="is not writable") as caught:
        lake.run(build("a", "SELECT 1 AS id"), bound())
    assert caught.value.denied
    assert str(tmp_path) in str(caught.value)
