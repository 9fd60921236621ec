"""Run a command and say what it cost; every figure comes from whole processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Cost:
    """Wall time in seconds and the largest resident size in MB of one process."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Figure:
    """One measured figure beside its ceiling; `ceiling` None is for orientation only."""

    name: str
    value: float
    unit: str
    ceiling: float | None = None
    note: str = ""

    @property
    def within(self) -> bool:
        """Whether the figure keeps its ceiling."""
        return self.ceiling is None or self.value <= self.ceiling


class Failed(Exception):
    """A measured command did not end as it should, so its time means nothing."""


class Skipped(Exception):
    """A benchmark cannot run on this machine; the message says why."""


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command in a folder and measure it. Raises Failed with its last words."""
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        output = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode != 0:
        words = output.decode(errors="replace")[-2000:]
        raise Failed(f"{' '.join(command)} ended with {process.returncode}:\n{words}")
    return Cost(seconds, usage.ru_maxrss / 1024)


def inside(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> tuple[float, float]:
    """Run a script that measures inside its own process, and prints two figures as JSON."""
    output = subprocess.run(
        command, cwd=folder, env={**os.environ, **(environment or {})}, capture_output=True
    )
    if output.returncode != 0:
        words = output.stderr.decode(errors="replace")[-2000:]
        raise Failed(f"{' '.join(command)} ended with {output.returncode}:\n{words}")
    first, second = json.loads(output.stdout)
    return first, second


def weft(*arguments: str) -> tuple[str, ...]:
    """The command line of a verb, on the interpreter that runs the benchmarks."""
    return (sys.executable, "-m", "weft", *arguments)


def script(name: str, *arguments: str) -> tuple[str, ...]:
    """The command line of a script beside this file."""
    return (sys.executable, str(HERE / name), *arguments)


def best(times: int, measured: Callable[[], Cost]) -> Cost:
    """The fastest of several runs: what is left when the machine's noise is taken away."""
    return min((measured() for _ in range(times)), key=lambda cost: cost.seconds)
