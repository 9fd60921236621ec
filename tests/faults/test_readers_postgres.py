"""Consumers of two ports on Postgres while releases follow as fast as they can.

No reader sees two releases at once, an older one after a newer one, an empty port, or an error.
WEFT_PUBLISHES=500 and WEFT_READERS=200 make it the long run.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from postgres_server import ADMIN
from weft.mesh.contract import Status
from weft.mesh.release import ObjectRelease, PortRelease, Release
from weft.plan.plan import BuildSpec, Step, StepKind
from weft.warehouses.postgres import open_warehouse
from weft.warehouses.protocol import Bound

PUBLISHES = int(os.environ.get("WEFT_PUBLISHES", "60"))
READERS = int(os.environ.get("WEFT_READERS", "10"))
ROWS = 20

# In seconds, for each reader: however many they are, together they read about as often.
PAUSE = 0.001

# In seconds. Who holds a port for so long makes its publisher wait, but not for ever.
LONG = 0.2

PRODUCT = "stamps.pair"
COMPARE = (
    "SELECT least(min(a.n), min(b.n)), greatest(max(a.n), max(b.n)), count(*)"
    " FROM stamps__pair.one AS a JOIN stamps__pair.other_v1 AS b USING (id)"
)
ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
ONE, OTHER = (f"SELECT min(n), max(n), count(*) FROM stamps__pair.{x}" for x in ("one", "other"))


@dataclass
class Told:
    """What one reader saw."""

    reads: int = 0
    mixed: list[object] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    newest: int = 0

    def saw(self, *answers: tuple[int, int, int]) -> None:
        """Note answers that were given at one moment."""
        self.reads += 1
        lowest = min(answer[0] or 0 for answer in answers)
        if {answer[2] for answer in answers} != {ROWS} or {
            number for answer in answers for number in answer[:2]
        } != {lowest}:
            self.mixed.append(answers)
        if lowest < self.newest:
            self.mixed.append((lowest, self.newest))
        self.newest = max(self.newest, lowest)


def joined(connection: psycopg.Connection[Any], told: Told) -> None:
    """Join both ports in one statement."""
    told.saw(*connection.execute(COMPARE).fetchall())


def prepared(connection: psycopg.Connection[Any], told: Told) -> None:
    """Join both ports in a statement that the server prepared once, with the plan of then."""
    if not told.reads:
        connection.execute("SET plan_cache_mode = force_generic_plan")
    told.saw(*connection.execute(COMPARE, prepare=True).fetchall())


def one_moment(connection: psycopg.Connection[Any], told: Told) -> None:
    """Read one port after the other in a transaction that sees one moment."""
    with connection.transaction():
        connection.execute(ONE_MOMENT)
        told.saw(*(connection.execute(each).fetchall()[0] for each in (ONE, OTHER)))


def long_moment(connection: psycopg.Connection[Any], told: Told) -> None:
    """Read again what was read a few releases ago, in the same transaction."""
    with connection.transaction():
        connection.execute(ONE_MOMENT)
        first = connection.execute(ONE).fetchall()
        time.sleep(LONG)
        told.saw(*first, *connection.execute(COMPARE).fetchall())


def row_by_row(connection: psycopg.Connection[Any], told: Told) -> None:
    """Read half of a port, and the other half a few releases later."""
    with connection.transaction(), connection.cursor("rows") as rows:
        rows.execute("SELECT n FROM stamps__pair.one")
        numbers = rows.fetchmany(ROWS // 2)
        time.sleep(LONG)
        numbers += rows.fetchall()
        told.saw((min(numbers)[0], max(numbers)[0], len(numbers)))


WAYS = (joined, prepared, one_moment, long_moment, row_by_row)


def publish(warehouse: Any, number: int) -> None:
    here = Bound(f"run_{number}", number, "2026-03-01T10:00:00+00:00", {})
    shown = []
    for name in ("one", "other"):
        key = f"{name}_{number}"
        select = f"SELECT x AS id, {number} AS n FROM generate_series(1, {ROWS}) AS t(x)"
        spec = BuildSpec(key, name, "table", select)
        warehouse.run(Step(key, StepKind.BUILD, PRODUCT, "wh", name, build=spec), here)
        objects = (ObjectRelease(name, key, ("id", "n")),)
        shown.append(PortRelease(name, 1, "1.0.0", Status.ACTIVE, objects))
    release = Release(PRODUCT, "prod", number, tuple(shown))
    step = Step("p", StepKind.PUBLISH, PRODUCT, "wh", "x", release=release, expected=number - 1)
    assert warehouse.run(step, here).release.number == number


@contextmanager
def reading(options: dict[str, Any], tolds: list[Told]) -> Iterator[None]:
    """Let readers read all the while."""
    end = threading.Event()

    def read(told: Told, way: Any) -> None:
        keywords = {**options, "dbname": options["database"], "user": ADMIN}
        del keywords["database"]
        try:
            with psycopg.connect(**keywords, autocommit=True) as connection:
                while not end.wait(READERS * PAUSE):
                    way(connection, told)
        except psycopg.Error as error:
            told.errors.append(str(error))

    threads = [
        threading.Thread(target=read, args=(told, WAYS[place % len(WAYS)]))
        for place, told in enumerate(tolds)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        end.set()
        for thread in threads:
            thread.join()


def test_no_reader_sees_a_mixture(database: dict[str, Any], tmp_path: Path) -> None:
    warehouse = open_warehouse("wh", database, str(tmp_path), "skyline", "store_1")
    publish(warehouse, 1)
    tolds = [Told() for _ in range(READERS)]
    with reading(database, tolds):
        for number in range(2, PUBLISHES + 1):
            publish(warehouse, number)
    warehouse.close()
    assert [error for told in tolds for error in told.errors] == []
    assert [mixed for told in tolds for mixed in told.mixed] == []
    assert min(told.newest for told in tolds) > 1
    assert sum(told.reads for told in tolds) > PUBLISHES
