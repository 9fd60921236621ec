"""Measure a model that grows inside one process: its full build, then builds that add to it.

    python growing.py MESH ROWS PERCENT files|landed|made

Prints both as JSON, in seconds and with their audits: the full build, and the best of three. The
rows are read from files by the lake, landed from files on Postgres, or made there by the query.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from meshes import ON_POSTGRES, ON_THE_LAKE, add_events, write_growing, write_made
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened, opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System

ADDITIONS = 3
SETTINGS = {"files": ON_THE_LAKE, "landed": ON_POSTGRES}


def applied(mesh: Opened) -> float:
    """Plan and apply; the seconds it took. Raises RuntimeError when it does not end well."""
    began = time.perf_counter()
    plan = make_plan(mesh, PlanOptions()).plan
    events = list(apply_plan(mesh, plan, ApplyOptions()))
    took = time.perf_counter() - began
    if not events or events[-1].text != "done":
        raise RuntimeError(f"the apply ended as {events[-1:]}")
    return took


def main(folder: Path, rows: int, percent: float, way: str) -> None:
    """Measure both on one machine in one run."""
    few = int(rows * percent / 100)
    if way in SETTINGS:
        write_growing(folder, rows, SETTINGS[way])
    else:
        write_made(folder, 0, rows, rows)
    with opened(folder, "", System()) as mesh:
        full = applied(mesh)
        added = []
        for number in range(1, ADDITIONS + 1):
            if way in SETTINGS:
                add_events(folder, number, rows, few)
            else:
                write_made(folder, rows + (number - 1) * few, few, rows)
            added.append(applied(mesh))
    print(json.dumps([full, min(added)]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
