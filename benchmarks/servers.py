"""Benchmarks on a PostgreSQL server, which they start themselves as the tests do."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

import meshes
from measure import HERE, Cost, Figure, Skipped, best, run, script, weft

sys.path.insert(0, str(HERE.parent / "tests"))

import postgres_server  # noqa: E402  (it lies beside the tests)

COPIED_ROWS = 10_000_000
FEW_ROWS = COPIED_ROWS // 10
REPEATS = 3

# So much longer than the bare pipe may a copy take: 0.7 of its rows per second.
SLOWER = 1 / 0.7

# In megabytes: what ten times as many rows may take more.
MEMORY = 100

SETTINGS = {
    "store": "postgresql://${PGUSER}:${PGPASSWORD}@${PGHOST}:${PGPORT}/${PGDATABASE}",
    "warehouses": {
        "base": {
            "type": "postgres",
            "host": "${PGHOST}",
            "port": "${PGPORT}",
            "database": "${PGDATABASE}",
            "user": "${PGUSER}",
            "password": "${PGPASSWORD}",
        }
    },
}


def copies(folder: Path) -> Iterator[Figure]:
    """The same rows from the lake to Postgres and back, beside the bare pipe of the drivers."""
    with _server() as server:
        few, many = folder / "few", folder / "many"
        for place, rows in ((few, FEW_ROWS), (many, COPIED_ROWS)):
            place.mkdir()
            _copied(server, "make", place, str(rows))
        for way, told in (("out", "lake -> Postgres"), ("back", "Postgres -> lake")):
            server.refill()
            small = _copied(server, way, few, "first")
            server.refill()
            if way == "back":
                _copied(server, "out", few, "first")
                small = _copied(server, way, few, "small")
                server.refill()
                _copied(server, "out", many, "first")
            whole, bare = [], []
            for turn in range(REPEATS):
                whole.append(_copied(server, way, many, f"whole{turn}"))
                bare.append(_copied(server, f"bare-{way}", many, f"bare{turn}"))
            took, least = (min(cost.seconds for cost in costs) for costs in (whole, bare))
            memory = min(cost.megabytes for cost in whole) - small.megabytes
            yield Figure(f"{told}, 10 M rows", took, "s")
            yield Figure("  against the bare pipe", took / least, "x", SLOWER)
            yield Figure("  memory beyond that of 1 M rows", memory, "MB", MEMORY)
