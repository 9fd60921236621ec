"""The whole fault loop on the example mesh: every fault at every effect, and a table of it.

`make faults` runs this; it takes some hours on two cores. Arguments narrow it:
`campaign.py [small|growing|first|later|postgres-first|postgres-later] [one fault in quotes]`.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import growing_mesh
import small_mesh
from loop import Scenario, Trial, changed_example, every, example_files, prepare, tried
from postgres_ground import on_postgres

from memory_disk import quick_folder

FAULTS = ("killed before", "killed after", "fails", "fails after")
OF_SERVERS = "server killed"
PAIRS = 200


def scenarios() -> dict[str, tuple[list[dict[str, bytes]], dict[str, bytes]]]:
    """What is applied before, and what is applied with faults, by name."""
    first, second = on_postgres(small_mesh.first()), on_postgres(small_mesh.second())
    return {
        "small": ([small_mesh.first()], small_mesh.second()),
        "growing": ([growing_mesh.first()], growing_mesh.second()),
        "first": ([], example_files()),
        "later": ([example_files()], changed_example()),
        "postgres-first": ([], first),
        "postgres-later": ([first], second),
    }


def trials_of(scenario: Scenario, faults: Iterable[str]) -> Iterator[Trial]:
    """Every fault at every effect, then pairs of them, then some with two workers."""
    chosen = tuple(faults)
    yield from every(scenario, *chosen)
    chance = random.Random(len(scenario.effects))
    for number in range(PAIRS):
        pair = tuple(
            (chance.choice(chosen), chance.randint(1, len(scenario.effects))) for _ in range(2)
        )
        yield Trial(pair, workers=1 + number % 2)


def main(arguments: list[str]) -> int:
    """Run it; 0 when everything recovered."""
    known = (*FAULTS, OF_SERVERS)
    named = [each for each in arguments if each not in known]
    bad = 0
    with quick_folder() as place:
        for name, (earlier, files) in scenarios().items():
            if named and name not in named:
                continue
            ground = "postgres" if name.startswith("postgres") else "lake"
            possible = known if ground == "postgres" else FAULTS
            chosen = [each for each in possible if each in arguments] or possible
            scenario = prepare(Path(place) / name, earlier, files, ground)
            assert scenario.effects, scenario.ending
            bad += _campaign(name, scenario, trials_of(scenario, chosen))
    return min(bad, 1)


def _campaign(name: str, scenario: Scenario, trials: Iterator[Trial]) -> int:
    began = time.monotonic()
    counted: Counter[tuple[str, bool]] = Counter()
    for trial, wrong in tried(scenario, trials):
        kind = " + ".join(fault for fault, _ in trial.faults)
        counted[kind, bool(wrong)] += 1
        for line in wrong:
            effect = scenario.effects[trial.at - 1]
            sys.stdout.write(f"WRONG  {trial.faults} at {effect}: {line}\n")
    seconds = time.monotonic() - began
    sys.stdout.write(f"\n{name}: {len(scenario.effects)} effects, {seconds:.0f} s\n")
    for kind in sorted({kind for kind, _ in counted}):
        good, bad = counted[kind, False], counted[kind, True]
        sys.stdout.write(f"  {kind:32} {good:6} recovered {bad:6} did not\n")
    sys.stdout.flush()
    return sum(count for (_, bad), count in counted.items() if bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
