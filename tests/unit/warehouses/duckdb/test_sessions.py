from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.duckdb.session import Engine, OutOfMemory, Session
from weft.warehouses.duckdb.sessions import Sessions
from weft.warehouses.protocol import WarehouseError

THREADS = "SELECT current_setting('threads')"

# Does not fit into FEW, but can be done piece by piece on disk.
HUNGRY = "SELECT count(*) FROM (SELECT DISTINCT range AS id FROM range(2000000))"
FEW = "40MB"


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(Layout(str(tmp_path)), Disk())


@pytest.fixture
def sessions(tmp_path: Path, scratch: Scratch) -> Iterator[Sessions]:
    opened = Sessions(Engine((str(tmp_path),), threads=2, memory_limit=FEW), scratch)
    yield opened
    opened.close()
    scratch.drop_all()


def test_little_data_is_left_to_one_thread(sessions: Sessions) -> None:
    assert sessions.execute(THREADS, small=True) == [(1,)]
    assert sessions.execute(THREADS) == [(2,)]


def test_both_describe_alike(sessions: Sessions) -> None:
    select = "SELECT 1 AS a, 'x' AS b"
    assert sessions.describe(select, small=True) == sessions.describe(select)


def test_what_grows_too_large_goes_to_the_large_engine(sessions: Sessions) -> None:
    assert sessions.execute(HUNGRY, small=True) == [(2_000_000,)]


def test_the_small_engine_writes_nothing_but_results(tmp_path: Path, scratch: Scratch) -> None:
    engine = Engine((str(tmp_path),), threads=1, memory_limit=FEW, spills=False)
    session = Session(engine, scratch)
    with pytest.raises(OutOfMemory) as caught:
        session.execute(HUNGRY)
    session.close()
    assert caught.value.interrupted
    assert list(tmp_path.rglob("*")) == []


def test_cancelling_stops_both(sessions: Sessions) -> None:
    sessions.cancel()
    for small in (True, False):
        with pytest.raises(WarehouseError, match="stopped on request"):
            sessions.execute("SELECT 1", small)


def test_an_engine_that_does_not_start_says_so(scratch: Scratch) -> None:
    with pytest.raises(WarehouseError, match=r"the engine does not start: .*Memory") as caught:
        Session(Engine((), memory_limit="much"), scratch).execute(THREADS)
    assert caught.value.denied
