"""What a plan brings over, as people read it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from weft.cli.screens.copies import copy_lines
from weft.plan.plan import CopySpec, Plan, Step, StepKind

NOW = "2026-11-21T12:00:00+00:00"
COPY = CopySpec("k", "lake", "b", "operations.flights.departures@1", "departures", "SELECT 1", ())
STEP = Step("s", StepKind.COPY, "care.x", "ops_db", "operations.flights.departures@1", copy=COPY)
BEFORE = "  copy operations.flights.departures@1 from lake to ops_db: "


@pytest.mark.parametrize(
    ("rows", "size", "released", "told"),
    [
        (336_776, 12_345_678, "2026-11-21T09:59:00Z", "336,776 rows, 12 MB, released 2 h ago"),
        (1, 999, "", "1 row, 999 bytes"),
        (None, None, "2026-11-18T09:59:00Z", "released 3 d ago"),
        (None, None, "", "as this plan builds it"),
    ],
)
def test_a_copy(rows: int | None, size: int | None, released: str, told: str) -> None:
    spec = replace(COPY, rows=rows, bytes=size, released=released)
    plan = Plan("p", "m", "r", "prod", steps=(replace(STEP, copy=spec),))
    assert copy_lines(plan, NOW) == [f"{BEFORE}{told}"]


def test_other_steps_are_no_copies() -> None:
    step = Step("s", StepKind.PUBLISH, "care.x", "ops_db", "release 1")
    assert copy_lines(Plan("p", "m", "r", "prod", steps=(step,)), NOW) == []
