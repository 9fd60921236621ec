"""Which waivers count, and until when."""

from __future__ import annotations

from typing import Any

import pytest

from weft.contract.waivers import can_break, waiver_for, waiver_problems, waivers_of
from weft.mesh.waiver import Waiver

ENTRY = {"change": "column v removed", "by": "ann", "reason": "unused", "until": "2027-01-31"}
WAIVER = Waiver("column v removed", "ann", "unused", "2027-01-31")


def contract(value: Any) -> dict[str, Any]:
    return {"customProperties": [{"property": "waivers", "vendor": "weft", "value": value}]}


@pytest.mark.parametrize(
    "value",
    [
        "all of it",
        ["column v removed"],
        [{**ENTRY, "until": "soon"}],
        [{**ENTRY, "until": "20270131"}],
        [{**ENTRY, "until": None}],
        [{**ENTRY, "by": " "}],
        [{**ENTRY, "ticket": "7"}],
        *([{name: each for name, each in ENTRY.items() if name != key}] for key in ENTRY),
    ],
)
def test_what_says_not_all_of_it_waives_nothing(value: Any) -> None:
    assert list(waiver_problems(value))
    assert waivers_of(contract(value)) == ()


def test_one_that_says_all_of_it_is_a_waiver() -> None:
    assert list(waiver_problems([ENTRY])) == []
    assert waivers_of(contract([ENTRY, {**ENTRY, "until": "soon"}])) == (WAIVER,)
    assert waivers_of({}) == ()


@pytest.mark.parametrize(
    ("change", "today", "found"),
    [
        ("column v removed", "2026-11-21", WAIVER),
        ("column v removed", "2027-01-31", WAIVER),
        ("column v removed", "2027-02-01", None),
        ("Column  v removed", "2026-11-21", WAIVER),
        ("column w removed", "2026-11-21", None),
    ],
)
def test_a_waiver_is_for_one_change_and_its_last_day_counts(
    change: str, today: str, found: Waiver | None
) -> None:
    assert waiver_for(change, (WAIVER,), today) is found


def test_a_name_that_no_breaking_change_has() -> None:
    assert can_break("column v removed") and can_break("retention  SHORTER")
    assert not can_break("column v deleted")
    assert not can_break("column v added")
