"""A port is retired after its last day, when nobody queried it for long enough."""

from __future__ import annotations

from dataclasses import replace

import pytest

from weft.contract.endings import Ending
from weft.mesh.consumption import PortReads, ReadBy
from weft.mesh.contract import Status
from weft.plan.endings import day_to_come, not_announced, still_read

PORT = "sales.orders.lines@1"
READ = PortReads(
    "sales.orders", "lines", 1, ReadBy.QUERY, "ana", "2027-03-01", 2, "2027-03-01T10:00:00.000Z"
)


@pytest.mark.parametrize(
    ("today", "told"), [("2027-03-01", 1), ("2027-03-14", 1), ("2027-03-15", 0), ("2027-02-28", 1)]
)
def test_a_query_counts_for_so_many_days(today: str, told: int) -> None:
    assert len(list(still_read(PORT, [READ], today, 14))) == told


def test_without_quiet_days_no_query_counts() -> None:
    assert list(still_read(PORT, [READ], "2027-03-01", 0)) == []


def test_queries_of_one_person_are_one_line() -> None:
    later = replace(READ, day="2027-03-03", last="2027-03-03T10:00:00.000Z", count=3)
    ben = replace(READ, reader="ben", count=1)
    assert list(still_read(PORT, [later, ben, READ], "2027-03-04", 14)) == [
        "ana read it 5 times in 14 days, last on 2027-03-03",
        "ben read it 1 time in 14 days, last on 2027-03-01",
    ]


@pytest.mark.parametrize("other", [{"kind": ReadBy.BUILD}, {"major": 2}, {"port": "parts"}])
def test_what_is_no_query_of_it_does_not_count(other: dict[str, object]) -> None:
    assert list(still_read(PORT, [replace(READ, **other)], "2027-03-01", 14)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("until", "today", "told"),
    [("2027-03-01", "2027-03-01", 1), ("2027-03-01", "2027-03-02", 0), ("", "2027-03-01", 0)],
)
def test_the_last_day_is_one_of_them(until: str, today: str, told: int) -> None:
    assert len(list(day_to_come(Ending(until), today))) == told


def test_what_was_announced_can_end() -> None:
    assert list(not_announced(Status.DEPRECATED, "2027-03-01")) == []
    assert list(not_announced(Status.DEPRECATED, "")) == ["nobody was told its last day"]
    told = list(not_announced(Status.ACTIVE, "2027-03-01"))
    assert told == ["it is active, and what ends is deprecated first"]
