"""The fault loop: prepare a scenario, list its trials, and put them to programs that try them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from mesh_files import lay_out

HERE = Path(__file__).parent
PROGRAM = HERE / "trials.py"


class Program:
    """One `trials.py`, asked one thing at a time."""

    def __init__(self, ground: str = "lake") -> None:
        known = [str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")]
        path = os.pathsep.join(filter(None, known))
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM), ground],
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
    """A mesh about to be applied: what consumers may see of it, and the effects to come.

    `kept` is the mesh as it was before the apply. Every trial begins with a copy of it at
    `place` and nowhere else, because `ports.duckdb` names files by their absolute paths. `ground`
    is the kind of place where its data lies.
    """

    ground: str
    place: Path
    kept: Path
    earlier: tuple[Mapping[str, bytes], ...]
    files: Mapping[str, bytes]
    versions: tuple[Any, ...] = ()
    effects: tuple[str, ...] = ()
    ending: str = ""

    def set_up(self, program: Program, place: Path, kept: Path) -> list[Any]:
        """Apply the earlier versions at a place, lay out the files, and keep a copy of that.

        Returns the versions that consumers have seen.
        """
        versions: list[Any] = [] if self.earlier else [{}]
        for each in self.earlier:
            lay_out(place, each)
            program.ask("count", place, 1)
            versions.append(program.ask("see", place))
        lay_out(place, self.files)
        program.ask("keep", place, kept)
        return versions


def prepare(
    folder: Path,
    earlier: Sequence[Mapping[str, bytes]],
    files: Mapping[str, bytes],
    ground: str = "lake",
) -> Scenario:
    """Apply the earlier versions, lay out the files, and see what an undisturbed apply does."""
    scenario = Scenario(ground, folder / "mesh", folder / "kept", tuple(earlier), files)
    program = Program(ground)
    versions = scenario.set_up(program, scenario.place, scenario.kept)
    *effects, ending = program.ask("count", scenario.place, 1)
    versions.append(program.ask("see", scenario.place))
    program.close()
    return replace(scenario, versions=tuple(versions), effects=tuple(effects), ending=ending)


@dataclass(frozen=True)
class Trial:
    """Faults that happen one after the other, each in an apply of its own."""

    faults: tuple[tuple[str, int], ...]
    workers: int = 1

    @property
    def at(self) -> int:
        """The number of the effect of its first fault."""
        return self.faults[0][1]


def every(scenario: Scenario, *faults: str) -> Iterator[Trial]:
    """Each of these faults at each effect."""
    for at in range(1, len(scenario.effects) + 1):
        for fault in faults:
            yield Trial(((fault, at),))


def tried(
    scenario: Scenario, trials: Iterable[Trial], programs: int = 2
) -> Iterator[tuple[Trial, list[str]]]:
    """Try all, several at a time; yields each trial with what was wrong after it."""
    free: SimpleQueue[tuple[Program, Path, Path]] = SimpleQueue()
    for number in range(programs):
        program, place, kept = Program(scenario.ground), scenario.place, scenario.kept
        # What is kept on a server ends with the program that it belongs to.
        if number or scenario.ground != "lake":
            place, kept = place.with_name(f"mesh{number}"), kept.with_name(f"kept{number}")
            scenario.set_up(program, place, kept)
        program.ask("warm", kept)
        free.put((program, place, kept))

    def attempt(trial: Trial) -> tuple[Trial, list[str]]:
        program, place, kept = free.get()
        try:
            return trial, program.ask(
                "attempt", kept, place, trial.faults, scenario.versions, trial.workers
            )
        finally:
            free.put((program, place, kept))

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
