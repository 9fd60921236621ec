"""The fault loop: prepare a scenario, list its trials, and put them to programs that try them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from deeds import APPLY

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
class Stage:
    """The files of a mesh, and what is done with them: one of `DEEDS`, or `SPOIL`."""

    files: Mapping[str, bytes]
    deed: str = APPLY


@dataclass(frozen=True)
class Course:
    """The stages of a mesh: what went before, what is tried with faults, what follows in peace.

    `ground` is the kind of place where its data lies. What is tried and `given_up` is not done
    again after the faults: the later stages follow at once.
    """

    earlier: tuple[Stage, ...]
    tried: Stage
    later: tuple[Stage, ...] = ()
    ground: str = "lake"
    given_up: bool = False


@dataclass(frozen=True)
class Scenario:
    """A mesh before the stage that is tried: what consumers may see of it, the effects to come.

    `kept` is the mesh as it was before. Every trial begins with a copy of it at `place` and
    nowhere else, because `ports.duckdb` names files by their absolute paths. `ends` is what an
    undisturbed mesh has after that stage, unless it is given up, and after each later one.
    `program` keeps it.
    """

    course: Course
    program: Program
    place: Path
    kept: Path
    versions: tuple[Any, ...] = ()
    effects: tuple[str, ...] = ()
    ending: str = ""
    ends: tuple[Any, ...] = ()

    @property
    def told(self) -> dict[str, Any]:
        """What a program has to know of it to judge trials."""
        return {"versions": self.versions, "ends": self.ends}

    def set_up(self, program: Program, place: Path, kept: Path) -> list[Any]:
        """Do what went before at a place, lay out the files, and keep a copy of that.

        Returns the versions that consumers have seen.
        """
        versions: list[Any] = [] if self.course.earlier else [{}]
        for each in self.course.earlier:
            lay_out(place, each.files)
            program.ask("do", place, each.deed)
            versions += program.ask("see", place)
        lay_out(place, self.course.tried.files)
        program.ask("keep", place, kept)
        return versions


@contextmanager
def prepared(folder: Path, course: Course) -> Iterator[Scenario]:
    """Do what went before, and see what the rest does where nothing disturbs it."""
    with closing(Program(course.ground)) as program:
        scenario = Scenario(course, program, folder / "mesh", folder / "kept")
        place = scenario.place
        versions = scenario.set_up(program, place, scenario.kept)
        *effects, ending = program.ask("do", place, course.tried.deed)
        ends = [{"deed": course.tried.deed, "files": {}, **program.ask("end", place)}]
        for each in course.later:
            lay_out(place, each.files)
            program.ask("do", place, each.deed)
            files = {path: data.decode() for path, data in each.files.items()}
            ends.append({"deed": each.deed, "files": files, **program.ask("end", place)})
        program.ask("warm", scenario.kept)
        yield replace(
            scenario,
            versions=(*versions, ends[0]["seen"]),
            effects=tuple(effects),
            ending=ending,
            ends=tuple(ends[1:] if course.given_up else ends),
        )


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


def spread(scenario: Scenario, times: int, *faults: str) -> Iterator[Trial]:
    """Each of these faults so many times, at effects that are spread over all of them."""
    chance = random.Random(len(faults))
    count = len(scenario.effects)
    for fault in faults:
        for place in range(times):
            yield Trial(((fault, 1 + int(count * (place + chance.random()) / times)),))


def tried(
    scenario: Scenario, trials: Iterable[Trial], programs: int = 2
) -> Iterator[tuple[Trial, list[str]]]:
    """Try all, several at a time; yields each trial with what was wrong after it."""
    free: SimpleQueue[tuple[Program, Path, Path]] = SimpleQueue()
    free.put((scenario.program, scenario.place, scenario.kept))

    def attempt(trial: Trial) -> tuple[Trial, list[str]]:
        program, place, kept = free.get()
        try:
            return trial, program.ask(
                "attempt", kept, place, trial.faults, trial.workers, scenario.told
            )
        finally:
            free.put((program, place, kept))

    with ExitStack() as more, ThreadPoolExecutor(programs) as pool:
        for number in range(1, programs):
            program = more.enter_context(closing(Program(scenario.course.ground)))
            place = scenario.place.with_name(f"mesh{number}")
            kept = scenario.kept.with_name(f"kept{number}")
            scenario.set_up(program, place, kept)
            program.ask("warm", kept)
            free.put((program, place, kept))
        yield from pool.map(attempt, trials)


def assert_all_recover(scenario: Scenario, trials: Iterable[Trial], programs: int = 2) -> None:
    """Nothing is wrong after any of these trials."""
    wrong = "\n".join(
        f"{trial} at {scenario.effects[trial.at - 1]}: {found}"
        for trial, found in tried(scenario, trials, programs)
        if found
    )
    assert not wrong, wrong
