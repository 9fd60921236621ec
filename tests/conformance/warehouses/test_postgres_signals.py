"""Who ends a program during a long question is not left waiting for its answer."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from arro3.core import RecordBatchReader
from warehouse_kinds import opener

LONG = "SELECT count(*) FROM generate_series(1, 200000000) AS t(n) WHERE n % 7 = 3"


@pytest.fixture
def warehouse(database: dict[str, Any], tmp_path: Any) -> Iterator[Any]:
    for open_it in opener("postgres", database, tmp_path):
        yield open_it()


def stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_program_behind_others_is_ended_by_its_signal_at_once(warehouse: Any) -> None:
    # A shell lets what runs in the background ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN), signal.signal(signal.SIGTERM, stop)
    pressed = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM))
    began = time.monotonic()
    try:
        pressed.start()
        with pytest.raises(KeyboardInterrupt), warehouse.rows(LONG, (), {}) as found:
            RecordBatchReader.from_stream(found).read_all()
    finally:
        pressed.cancel()
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
    assert time.monotonic() - began < 10
