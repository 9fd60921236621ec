"""Benchmarks on a PostgreSQL server, which they start themselves as the tests do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

import meshes
from measure import HERE, Cost, Figure, Skipped, inside, run, script, weft

sys.path.insert(0, str(HERE.parent / "tests"))

import postgres_server

COPIED_ROWS = 10_000_000
GROWN_ROWS = 10_000_000
FEW_ROWS = COPIED_ROWS // 10
REPEATS = 2

# So much longer than the bare pipe may a copy take: 0.7 of its rows per second.
SLOWER = round(1 / 0.7, 2)

# In megabytes: what ten times as many rows may take more.
MEMORY = 100


def copies(folder: Path) -> Iterator[Figure]:
    """The same rows from the lake to Postgres and back, beside the bare pipe of the drivers."""
    with _server() as server:
        few = _Copies(folder / "few", _database(server, "few"), FEW_ROWS)
        many = _Copies(folder / "many", _database(server, "many"), COPIED_ROWS)
        for way, told in (("out", "lake -> Postgres"), ("back", "Postgres -> lake")):
            whole, bare = [], []
            for _ in range(REPEATS):
                whole.append(many.copied(way))
                bare.append(many.copied(f"bare-{way}"))
            took, least = (min(cost.seconds for cost in costs) for costs in (whole, bare))
            memory = min(cost.megabytes for cost in whole) - few.copied(way).megabytes
            yield Figure(f"{told}, 10 M rows", took, "s")
            yield Figure("  against the bare pipe", took / least, "x", SLOWER)
            yield Figure("  memory beyond that of 1 M rows", memory, "MB", MEMORY)


def postgres(folder: Path) -> Iterator[Figure]:
    """Many small models on Postgres: a cold apply, and a plan without a change beside the lake's.

    The store is on the server too.
    """
    lake, mesh = folder / "plans_lake", folder / "plans_postgres"
    meshes.write_small_models(lake)
    meshes.write_small_models(mesh, settings=meshes.ON_POSTGRES)
    with _server() as server:
        here, plain = _database(server, "weft_bench"), _database(server, "plain")
        cold = run(weft("apply", "--yes"), mesh, here).seconds
        least = run(script("plain_postgres.py"), folder, plain).seconds
        yield Figure("script on Postgres, 1,000 models", least, "s")
        yield Figure("cold apply on Postgres, 1,000 models", cold, "s")
        yield Figure("  against the script", cold / least, "x")
        run(weft("apply", "--yes"), lake)
        ours, theirs = [], []
        for _ in range(2 * REPEATS):
            ours.append(run(weft("plan"), mesh, here).seconds)
            theirs.append(run(weft("plan"), lake).seconds)
        yield Figure("plan on Postgres, no change, 1,000 models", min(ours), "s")
        yield Figure("  against the lake's", min(ours) / min(theirs), "x", 1.5)


def grown(folder: Path) -> Iterator[Figure]:
    """A model that grows on Postgres: its full build, and one that adds to it, in one process."""
    for way, told in (("made", "its own rows"), ("landed", "rows from files")):
        with _server() as server:
            here = _database(server, "grown")
            command = script("growing.py", str(folder / way), str(GROWN_ROWS), "1", way)
            full, added = inside(command, folder, here)
        yield Figure(f"full build of 10 M rows, {told}", full, "s")
        yield Figure("adding 1 %, audited", added, "s")
        yield Figure("  against the full build", 100 * added / full, "%", 5.0)


class _Copies:
    """Rows in a lake and in a database, to be copied from one to the other."""

    def __init__(self, folder: Path, environment: dict[str, str], rows: int) -> None:
        self._folder = folder
        self._environment = environment
        self._names = (f"copy{number}" for number in count())
        folder.mkdir()
        self._run("make", str(rows))
        self._run("out", "first")

    def copied(self, way: str) -> Cost:
        """What one more copy costs."""
        return self._run(way, next(self._names))

    def _run(self, way: str, rest: str) -> Cost:
        command = script("copies.py", way, str(self._folder), rest)
        return run(command, self._folder, self._environment)


@contextmanager
def _server() -> Iterator[postgres_server.Server]:
    try:
        with postgres_server.running() as server:
            yield server
    except postgres_server.NoServer as error:
        raise Skipped(str(error)) from error


def _database(server: postgres_server.Server, name: str) -> dict[str, str]:
    """Make an empty database; the variables by which programs find it."""
    admin = postgres_server.as_keywords(server.options("postgres", postgres_server.ADMIN))
    with psycopg.connect(**admin, autocommit=True) as connection:
        names = sql.Identifier(name), sql.Identifier(postgres_server.LOGIN)
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))
    return {**server.environment(), "PGDATABASE": name}
