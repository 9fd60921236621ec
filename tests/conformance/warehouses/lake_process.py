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

import duckdb
from warehouse_steps import (
    PRODUCT,
    audit,
    bound,
    build,
    port,
    publish,
    relation,
    required,
    rows,
    shown_as,
)

from weft.warehouses.duckdb import open_warehouse
from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.lake import Lake
from weft.warehouses.protocol import Conflict, Scope, WarehouseError

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


def race(folder: str, run: str, rounds: str) -> None:
    """Publish the same numbers as somebody else does; print those that were won."""
    lake = open_warehouse("lake", OPTIONS, folder, "skyline", "store_1")
    lake.run(build("a", "SELECT 1 AS id"), bound(run))
    for expected in range(int(rounds)):
        while len(lake.history("prod", PRODUCT)) < expected:
            pass
        try:
            lake.run(publish([port({"orders": ("a", ["id"])})], expected), bound(run))
            sys.stdout.write(f"{expected + 1}\n")
        except Conflict:
            continue
    lake.close()


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


def publish_pair(lake: Lake, number: int) -> None:
    """Publish release `number`, whose two objects both hold that number."""
    for name in ("x", "y"):
        lake.run(build(f"{name}{number}", f"SELECT {number} AS n"), bound())
    objects = {name: (f"{name}{number}", ["n"]) for name in ("x", "y")}
    lake.run(publish([port(objects)], number - 1), bound())


def read(folder: str, last: str) -> None:
    """Read both objects together, by query and in the file, until release `last` is there."""
    lake = open_warehouse("lake", OPTIONS, folder, "skyline", "store_1")
    ports = f"{folder}/lake/ports.duckdb"
    number = 0
    while number < int(last):
        release = lake.observe(Scope("prod", (PRODUCT,))).releases[PRODUCT]
        number = release.number
        shown = release.ports[0].objects
        relations = [shown_as(each.name, each.key, each.columns) for each in shown]
        select = "SELECT x.n, y.n AS m FROM sales.orders.x, sales.orders.y"
        found = rows(lake.query(select, relations))
        with duckdb.connect(ports, read_only=True) as file:
            select = "SELECT x.n, y.n FROM sales__orders.x, sales__orders.y"
            found += file.execute(select).fetchall()
        for left, right in found:
            sys.stdout.write(f"{left} {right}\n")
    lake.close()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
