"""What people are told when a command stops, and the exit code."""

from __future__ import annotations

from collections.abc import Callable

import click
import pytest

from weft.app.errors import Blocked, Breaking, Exit, Invalid, NotFound, Stale, WrongQuery
from weft.cli.failure import RunStopped, tell
from weft.mesh.address import AddressError
from weft.mesh.diagnostic import Diagnostic, Span
from weft.mesh.run import Lock
from weft.store.protocol import FencedOut, Locked, StoreError
from weft.warehouses.protocol import Conflict, WarehouseError

LOCK = Lock("4f1c", "a.b", "prod", 7, "ann", "laptop", 42, "2026-11-21T00:00:00Z")
FOUND = Diagnostic("W214", "unknown column `x`", Span("a.yaml", 3, 5, 1), "?", "", "    x: 1")
QUERY = Diagnostic("W320", "unknown column `x`", Span("query", 1, 8, 1), "", "", "select x")

STOPS: dict[str, tuple[BaseException, int]] = {
    "not_found": (NotFound("product", "sales.ordres", ["sales.orders"], next_step="weft ls"), 2),
    "no_address": (AddressError("`x` is no product address"), 2),
    "usage": (click.UsageError("Missing argument 'ADDRESS'."), 2),
    "invalid": (Invalid([FOUND], files=3, seconds=0.2), 5),
    "blocked": (Blocked("this plan drops b@1", why="Nobody can read it then.", next_step="x"), 5),
    "breaking": (Breaking("a.b breaks c.d"), 7),
    "stale": (Stale("this plan is stale", next_step="weft plan"), 5),
    "locked": (Locked(LOCK), 4),
    "fenced_out": (FencedOut("a.b was unlocked"), 8),
    "conflict": (Conflict("release 3 is no longer current"), 8),
    "denied": (WarehouseError("lake: not writable", denied=True), 4),
    "interrupted": (WarehouseError("lake: the disk is full", interrupted=True), 8),
    "advised": (WarehouseError("lake: too large", next_step="make it smaller"), 4),
    "store": (StoreError("store.db: not a database"), 4),
    "store_full": (StoreError("store.db: no room left", full=True), 4),
    "store_full_in_a_run": (StoreError("store.db: no room", full=True, interrupted=True), 8),
    "no_permission": (PermissionError(13, "Permission denied", "weft.yaml"), 4),
    "disk_full": (OSError(28, "No space left on device", "a.odcs.yaml"), 4),
    "run_stopped": (RunStopped("weft apply --env dev"), 8),
    "interrupt": (KeyboardInterrupt(), 130),
    "terminated": (KeyboardInterrupt(15), 143),
    "wrong_query": (WrongQuery([QUERY]), 2),
}


@pytest.mark.parametrize("name", STOPS)
def test_every_stop_has_its_code(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    error, code = STOPS[name]
    assert tell(error) == code
    assert capsys.readouterr().out == ""


def test_the_words(golden: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for name, (error, _) in STOPS.items():
        tell(error)
        texts.append(f"# {name}\n{capsys.readouterr().err}")
    golden("failures", "\n".join(texts))


def test_a_bug_shows_where_and_not_the_whole_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WEFT_DEBUG", raising=False)
    assert tell(_bug()) == Exit.BUG
    text = capsys.readouterr().err
    assert "this is a bug in Weft: ZeroDivisionError" in text
    assert "test_failure.py:" in text
    assert "Traceback" not in text


def test_a_bug_shows_its_trace_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEFT_DEBUG", "1")
    assert tell(_bug()) == Exit.BUG
    assert "Traceback" in capsys.readouterr().err


def test_one_bug_has_one_number(capsys: pytest.CaptureFixture[str]) -> None:
    numbers = set()
    for _ in range(2):
        tell(_bug())
        numbers.add(capsys.readouterr().err.partition("trace ")[2].split()[0])
    assert len(numbers) == 1


def _bug() -> BaseException:
    try:
        return ValueError(1 / 0)
    except ZeroDivisionError as error:
        return error
