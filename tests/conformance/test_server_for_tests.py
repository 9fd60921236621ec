"""The server that tests run on: it is found, it is shared, and it never stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

import postgres_server

PROGRAM = postgres_server.__file__
USER = """
import sys; from pathlib import Path; import postgres_server
with postgres_server.shared(Path(sys.argv[1])) as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def eventually(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def user(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """Start a program that uses the server of a folder until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)],
        cwd=Path(PROGRAM).parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    return process, int(process.stdout.readline())


def test_a_command_finds_the_server_and_leaves_none() -> None:
    ask = (
        "import os, sys, psycopg; connection = psycopg.connect('');"
        "print(*connection.execute('SELECT current_user, current_database()').fetchone());"
        "print(os.environ['PGPORT']); sys.exit(7)"
    )
    command = [sys.executable, PROGRAM, "run", "--", sys.executable, "-c", ask]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    login, port = done.stdout.splitlines()
    assert login == "weft weft"
    options = {"host": "127.0.0.1", "port": port, "user": "weft", "password": "x"}
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(**options)


def test_users_share_a_server_that_ends_with_the_last(tmp_path: Path) -> None:
    first, pid = user(tmp_path)
    second, same = user(tmp_path)
    assert same == pid
    first.communicate()
    assert not is_gone(pid)
    third, same = user(tmp_path)
    assert same == pid
    for process in (second, third):
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert eventually(lambda: is_gone(pid))
    assert eventually(lambda: not (tmp_path / "server.json").exists())


def test_a_machine_without_a_server_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(postgres_server.PROGRAMS, str(tmp_path))
    missing = pytest.raises(postgres_server.NoServer, match="there are no programs of PostgreSQL")
    with missing, postgres_server.shared(tmp_path):
        pass
    assert not (tmp_path / "server.json").exists()
