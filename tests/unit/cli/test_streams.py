"""The three standard streams of a process: closed, full, or of another encoding."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.mesh.run import RunState

WEFT = f"{sys.executable} -P -m weft"
FULL = "/dev/full"


def shell(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
        timeout=60,
    )


MAKE_ROOM = b"  next:  make room on its disk, then the same command again\n"


@pytest.mark.parametrize(
    ("redirected", "code", "said"),
    [
        ("<&-", 0, b""),
        (">&-", 4, b"error: stdout: Bad file descriptor\n"),
        ("2>&-", 0, b""),
        ("<&- >&- 2>&-", 4, b""),
        (f">{FULL}", 4, b"error: stdout: No space left on device\n" + MAKE_ROOM),
    ],
)
def test_a_stream_that_is_closed_or_full(
    skyline: Path, redirected: str, code: int, said: bytes
) -> None:
    done = shell(f"{WEFT} ls {redirected}", skyline)
    assert (done.returncode, done.stderr) == (code, said)
    assert (b"fleet.aircraft" in done.stdout) == (code == 0)


def cut_off(command: str, folder: Path) -> tuple[int, bytes]:
    """Run a command whose stdout nobody reads, and return its exit code and what it said."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=folder,
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writing)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("ls", 0),
        ("query 'select 1' --json", 0),
        ("plan --rebuild --detailed-exitcode", 3),
        ("show nothing.there", 2),
        ("--help", 0),
    ],
)
def test_a_command_whose_reader_goes_away_keeps_its_exit_code(
    skyline: Path, arguments: str, code: int
) -> None:
    assert cut_off(f"{WEFT} {arguments}", skyline)[0] == code


@pytest.mark.parametrize("redirected", ["", "2>&1"])
def test_a_run_whose_reader_goes_away_goes_on_to_its_end(
    own_skyline: Path, redirected: str
) -> None:
    code, said = cut_off(f"{WEFT} apply --rebuild --yes {redirected}", own_skyline)
    assert (code, said) == (0, b"")
    with opened(own_skyline, "", System()) as mesh:
        assert mesh.store.journal.runs("prod", 1)[0].state is RunState.DONE
        assert make_plan(mesh, PlanOptions()).plan.empty


@pytest.mark.parametrize("redirected", ["2>&-", f"2>{FULL}"])
def test_an_error_that_cannot_be_told_has_its_code(tmp_path: Path, redirected: str) -> None:
    assert shell(f"{WEFT} ls {redirected}", tmp_path).returncode == 2


def test_no_file_gets_the_number_of_a_closed_stream(skyline: Path) -> None:
    program = (
        "import os; from weft.cli.streams import hold_streams; hold_streams(); "
        "os._exit(10 + os.open('weft.yaml', os.O_RDONLY) // 3)"
    )
    done = shell(f'{sys.executable} -P -c "{program}" <&- >&- 2>&-', skyline)
    assert done.returncode == 11


def test_a_stream_of_another_encoding(skyline: Path) -> None:
    query = f"{WEFT} query \"select '🦆 é' as x\""
    seen = shell(query, skyline, PYTHONIOENCODING="latin-1")
    assert (seen.returncode, seen.stdout) == (0, b"x\n\\U0001f986 \xe9\n")
    asked = shell(f"{query} -o json", skyline, PYTHONIOENCODING="latin-1")
    assert json.loads(asked.stdout)["rows"] == [{"x": "🦆 é"}]


def test_a_query_on_stdin_is_utf_8(skyline: Path) -> None:
    done = shell(f"printf 'select \\377' | {WEFT} query -", skyline)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: a query is UTF-8\n  byte 8 is none\n  next:")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_without_a_run_that_is_stopped(skyline: Path, number: signal.Signals) -> None:
    slow = b"SELECT sum(a.range * b.range) AS s FROM range(1000000) a, range(300000) b"
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "weft", "query", "-"],
        cwd=skyline,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # What starts the tests may ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdin is not None and process.stderr is not None
        # More than a pipe holds, so that the command is reading when all of it is written.
        process.stdin.write(slow + b" " * 2**17)
        process.stdin.close()
        # From then on it can be stopped anywhere; most of the time it is in the engine.
        time.sleep(1)
        process.send_signal(number)
        try:
            process.wait(timeout=20)
        finally:
            process.kill()
        said = process.stderr.read()
    assert said == b"Stopped.\n"
    assert process.returncode in (128 + number, 130)
