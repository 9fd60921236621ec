"""A question on a terminal, and the ways not to answer it."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mesh_files import Port, Product, lay_out, mesh_files

Answer = Callable[[int, int], None]
Asked = Callable[[Answer], tuple[int, str]]


def types(text: str) -> Answer:
    return lambda terminal, _: _typed(terminal, text)


def _typed(terminal: int, text: str) -> None:
    os.write(terminal, text.encode())


def sends(number: signal.Signals) -> Answer:
    return lambda _, process: os.kill(process, number)


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    """Apply a new mesh to a new environment at a terminal, and answer its question."""
    product = Product("a.b", {"m": "SELECT 1 AS id"}, (Port("m", {"id": "integer"}),))
    lay_out(tmp_path, mesh_files([product]))

    def apply(answer: Answer) -> tuple[int, str]:
        here, there = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "weft", "apply", "--env", "preview"],
            cwd=tmp_path,
            stdin=there,
            stdout=subprocess.PIPE,
            stderr=there,
            # What starts the tests may ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as process:
            os.close(there)
            said = _read(here, until="[y/N]: ")
            answer(here, process.pid)
            # A signal between the question and the wait for an answer is not noticed: once more.
            while process.poll() is None and not select.select([here], [], [], 2)[0]:
                answer(here, process.pid)
            said += _read(here)
            code = process.wait(timeout=20)
        os.close(here)
        return code, said.replace("\r\n", "\n")

    return apply


def _read(terminal: int, until: str = "") -> str:
    """What a terminal shows up to a text, or to the end of whoever writes to it."""
    said = ""
    while not until or not said.endswith(until):
        try:
            said += os.read(terminal, 1000).decode()
        except OSError:
            break
    return said


def test_a_yes_makes_a_new_environment(asked: Asked, tmp_path: Path) -> None:
    code, _ = asked(types("y\n"))
    assert code == 0
    assert list((tmp_path / ".weft/lake/releases/preview").iterdir())


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (types("n\n"), 5, "n\nNothing was applied.\n"),
        (types("\x04"), 5, "\nNothing was applied.\n"),
        (sends(signal.SIGINT), 130, "\nStopped.\n"),
        (sends(signal.SIGTERM), 143, "\nStopped.\n"),
    ],
)
def test_nothing_is_done_without_a_yes(
    asked: Asked, tmp_path: Path, answer: Answer, code: int, said: str
) -> None:
    done, shown = asked(answer)
    assert done == code
    assert shown.endswith(f"[y/N]: {said}")
    assert not (tmp_path / ".weft/lake/releases").exists()
