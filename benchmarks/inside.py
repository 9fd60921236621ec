"""Measure a contract inside one process: the fused query first, then the audit that Weft runs.

    python inside.py MESH FILE

Prints both as JSON, in seconds, the best of five.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from plain_script import run_fused
from weft.app.bootstrap import opened
from weft.app.system import System
from weft.app.test import TestOptions, run_tests


def best(work: Callable[[], object]) -> float:
    """The shortest of five times."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def main(mesh: Path, file: Path) -> None:
    """Measure both on one machine in one run."""
    fused = best(lambda: run_fused(file))
    with opened(mesh, "", System()) as opened_mesh:
        inside = best(lambda: list(run_tests(opened_mesh, TestOptions(unit=False))))
    print(json.dumps([fused, inside]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
