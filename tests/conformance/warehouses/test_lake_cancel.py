"""Stopping the embedded lake: whatever a thread is just about, it ends promptly."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.duckdb.session import Engine
from weft.warehouses.duckdb.sessions import Sessions
from weft.warehouses.protocol import WarehouseError

LONG = "SELECT count(*) AS n FROM generate_series(1, 100000000000) t(x) WHERE x % 3 = 7"
PROMPTLY = 5.0


def sessions_in(folder: Path) -> Sessions:
    engine = Engine((str(folder),), threads=1)
    return Sessions(engine, Scratch(Layout(str(folder)), Disk()))


@pytest.mark.parametrize("round", range(20))
def test_a_statement_that_just_begins_is_stopped_too(tmp_path: Path, round: int) -> None:
    sessions = sessions_in(tmp_path)
    sessions.execute("SELECT 1")
    errors: list[WarehouseError] = []
    begins = threading.Event()

    def run() -> None:
        begins.set()
        try:
            sessions.execute(LONG)
        except WarehouseError as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    begins.wait()
    time.sleep(round * 0.0001)
    sessions.cancel()
    thread.join(PROMPTLY)
    assert not thread.is_alive()
    assert errors[0].interrupted
    sessions.close()
