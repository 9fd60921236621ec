"""The fault loop: prepare a scenario, list its trials, and put them to programs that try them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from mesh_files import lay_out

HERE = Path(__file__).parent
PROGRAM = HERE / "trials.py"


class Program:
    """One `trials.py`, asked one thing at a time."""

    def __init__(self) -> None:
        known = [str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")]
        path = os.pathsep.join(filter(None, known))
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )

    def ask(self, *question: Any) -> Any:
        """Put one task and wait for its answer."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(question, default=str) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the program that tries faults has ended"
        return json.loads(answer)

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()


@dataclass(frozen=True)
class Scenario:
    """A mesh about to be applied: its files, what consumers may see, and the effects to come."""

    template: Path
    versions: tuple[Any, ...]
    effects: tuple[str, ...]
    ending: str


def prepare(
    folder: Path, earlier: Sequence[Mapping[str, bytes]], files: Mapping[str, bytes]
) -> Scenario:
    """Apply the earlier versions, lay out the files, and see what an undisturbed apply does."""
    template, rehearsal = folder / "template", folder / "rehearsal"
    program = Program()
    versions: list[Any] = []
    for each in earlier:
        lay_out(template, each)
        program.ask("count", template, 1)
        versions.append(program.ask("see", template)[0])
    lay_out(template, files)
    subprocess.run(["cp", "-a", str(template), str(rehearsal)], check=True)
    *effects, ending = program.ask("count", rehearsal, 1)
    last, _ = program.ask("see", rehearsal)
    versions.append({product: shown for product, shown in last.items() if shown})
    program.close()
    return Scenario(template, tuple(versions), tuple(effects), ending)


@dataclass(frozen=True)
class Trial:
    """Faults that happen one after the other, each in an apply of its own."""

    faults: tuple[tuple[str, int], ...]
    workers: int = 1


def every(scenario: Scenario, *faults: str) -> Iterator[Trial]:
    """Each of these faults at each effect."""
    for at in range(1, len(scenario.effects) + 1):
        for fault in faults:
            yield Trial(((fault, at),))


def tried(
    scenario: Scenario, trials: Iterable[Trial], programs: int = 2
) -> Iterator[tuple[Trial, list[str]]]:
    """Try all, several at a time; yields each trial with what was wrong after it."""
    free: SimpleQueue[tuple[Program, Path]] = SimpleQueue()
    for number in range(programs):
        program = Program()
        program.ask("warm", scenario.template)
        free.put((program, scenario.template.with_name(f"trial{number}")))

    def attempt(trial: Trial) -> tuple[Trial, list[str]]:
        program, place = free.get()
        try:
            return trial, program.ask(
                *("attempt", scenario.template, place),
                *(trial.faults, scenario.versions, trial.workers),
            )
        finally:
            free.put((program, place))

    with ThreadPoolExecutor(programs) as pool:
        yield from pool.map(attempt, trials)
    for _ in range(programs):
        free.get()[0].close()


EXAMPLE = HERE.parents[1] / "examples" / "skyline"


def example_files() -> dict[str, bytes]:
    """The files of the example mesh."""
    return {
        path.relative_to(EXAMPLE).as_posix(): path.read_bytes()
        for path in EXAMPLE.rglob("*")
        if path.is_file() and ".weft" not in path.parts
    }


def changed_example() -> dict[str, bytes]:
    """The example later: another SELECT, newer data, a failing check, a product less."""
    files = example_files()
    files["domains/network/places/models/airports.sql"] += b"\nWHERE true"
    lines = files["data/members.csv"].splitlines(keepends=True)
    files["data/members.csv"] = b"".join(lines[:-5])
    hourly = "domains/weather/observations/models/hourly.sql"
    files[hourly] = b"-- unique: [airport]\n" + files[hourly]
    return {
        path: data for path, data in files.items() if not path.startswith("domains/punctuality/")
    }
