"""Programs of their own for the lake's tests: one is stopped, one races, one fills the disk.

Run as `python lake_process.py <what> <folder> <arguments>`.
"""

from __future__ import annotations

import errno
import importlib
import os
import resource
import signal
import sys

from warehouse_steps import (
    PRODUCT,
    audit,
    bound,
    build,
    port,
    publish,
    relation,
    required,
)

from weft.warehouses.duckdb import open_warehouse
from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.protocol import Scope, WarehouseError

OPTIONS = {"path": "lake", "threads": 1}


def small_apply(folder: str, run: str, disk: Disk | None = None) -> None:
    """Build, audit with a failing check, publish and serve; whatever is done already is reused."""
    lake = open_warehouse("lake", OPTIONS, folder, "skyline", "store_1", disk=disk)
    here = bound(run)
    lake.run(build("a", "SELECT range AS id, NULL AS name FROM range(10)"), here)
    lake.run(build("v", f"SELECT a.id FROM {relation('a')} AS a", ["a"], "view"), here)
    lake.run(audit("a", required("name"), identity=["id"]), here)
    current = lake.observe(Scope("prod", (PRODUCT,))).releases.get(PRODUCT)
    if current is None:
        lake.run(publish([port({"orders": ("v", ["id"])})]), here)
    lake.serve("prod")
    lake.close()


def stopping(at: int, how: str) -> Disk:
    """A disk that kills this process ahead of operation number `at`, or lets it fail."""
    count = 0

    def before(operation: str, path: str) -> None:
        nonlocal count
        count += 1
        if count == at and how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if count == at:
            raise OSError(getattr(errno, how), os.strerror(getattr(errno, how)), path)

    return Disk(before)


def stopped(folder: str, run: str, at: int, how: str) -> int:
    """A small apply that is stopped; the exit code says whether it says so."""
    try:
        small_apply(folder, run, stopping(at, how))
    except WarehouseError as error:
        return 8 if error.interrupted else 1
    return 0


def forks() -> None:
    """For each line of input let a child be stopped, and print its exit code."""
    importlib.import_module("sqlglot.dialects.duckdb")
    for line in sys.stdin:
        folder, run, at, how = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            # To take down what was imported takes longer than the apply.
            os._exit(stopped(folder, run, int(at), how))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def small_files(folder: str, run: str, limit: str) -> None:
    """Build more than the largest file that may be written."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    lake = open_warehouse("lake", OPTIONS, folder, "skyline", "store_1")
    try:
        lake.run(build("big", "SELECT range AS id, uuid() AS u FROM range(1000000)"), bound(run))
    except WarehouseError as error:
        sys.stdout.write(str(error))
        sys.exit(8 if error.interrupted else 1)
    finally:
        lake.close()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
