"""Following a run that does not come to its end: who is told what."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from weft.cli.failure import RunStopped, reason
from weft.cli.progress import follow
from weft.cli.screen import Screen
from weft.mesh.run import RunEvent
from weft.store.protocol import FencedOut, StoreError
from weft.warehouses.protocol import Conflict, WarehouseError

AGAIN = "weft rollback a.b --to 3"


def failing(error: BaseException) -> Iterator[RunEvent]:
    yield RunEvent("started", "r", 0, 1)
    raise error


def test_a_run_that_stops_by_itself_names_the_command_that_goes_on() -> None:
    for error in (
        FencedOut("a.b was unlocked"),
        Conflict("release 3 is no longer current"),
        StoreError("no room", full=True, interrupted=True),
        WarehouseError("the disk is full", interrupted=True),
    ):
        with pytest.raises(type(error)) as stopped:
            follow(failing(error), Screen("json"), lambda: 0.0, " --env dev", again=AGAIN)
        assert reason(stopped.value)[1] == f"{AGAIN} --env dev"


def test_a_run_hears_which_signal_stopped_what_follows_it() -> None:
    heard: list[BaseException] = []

    def events() -> Iterator[RunEvent]:
        try:
            yield RunEvent("warning", "r", text="the terminal is written to just now")
        except BaseException as error:
            heard.append(error)
            raise

    class Stopping(Screen):
        def show(self, text: str) -> None:
            raise KeyboardInterrupt(signal.SIGTERM)

    with pytest.raises(RunStopped):
        follow(events(), Stopping("table"), lambda: 0.0, again=AGAIN)
    assert [error.args for error in heard] == [(signal.SIGTERM,)]
