"""The whole fault loop: every fault at every effect of all courses, and a table of it.

`make faults` runs this; it takes many hours on two cores. Arguments narrow it:
`campaign.py moving --fault "killed after" --part 10` tries a tenth of that.
"""

from __future__ import annotations

import random
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from courses import courses
from loop import Scenario, Trial, every, prepared, tried

from memory_disk import quick_folder

FAULTS = ("killed before", "killed after", "fails", "fails after")
OF_SERVERS = "server killed"
PAIRS = 200


def trials_of(scenario: Scenario, faults: Sequence[str], part: int) -> Iterator[Trial]:
    """Every fault at every effect, then pairs of them, every other with two workers.

    Of all that it is one in `part`.
    """
    chance = random.Random(len(scenario.effects))
    yield from (trial for trial in every(scenario, *faults) if chance.randrange(part) == 0)
    for number in range(PAIRS // part):
        pair = tuple(
            (chance.choice(faults), chance.randint(1, len(scenario.effects))) for _ in range(2)
        )
        yield Trial(pair, workers=1 + number % 2)


def main(arguments: Sequence[str]) -> int:
    """Run it; 0 when everything recovered."""
    known = courses()
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("courses", nargs="*", default=list(known))
    parser.add_argument("--fault", action="append", choices=[*FAULTS, OF_SERVERS])
    parser.add_argument("--part", type=int, default=1)
    asked = parser.parse_args(arguments)
    bad = 0
    with quick_folder() as place:
        for name in asked.courses:
            course = known[name]
            possible = FAULTS if course.ground == "lake" else (*FAULTS, OF_SERVERS)
            faults = [each for each in possible if each in (asked.fault or possible)]
            with prepared(Path(place) / name, course) as scenario:
                assert scenario.effects, scenario.ending
                bad += _campaign(name, scenario, trials_of(scenario, faults, asked.part))
    return min(bad, 1)


def _campaign(name: str, scenario: Scenario, trials: Iterable[Trial]) -> int:
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
