"""An outage is read in its form alone, and is on from its first moment up to its last."""

from __future__ import annotations

from typing import Any

import pytest

from weft.contract.outages import Outage, outage_of, outage_problem, suspended_until
from weft.mesh.contract import Status

LAST_DAY = "2027-03-31"
FORM = "a day, such as 2027-03-10, or a moment with its zone, such as 2027-03-10T09:00Z"
NINE, NOON = "2027-03-10T09:00:00.000Z", "2027-03-10T12:00:00.000Z"


def planned(begins: Any, ends: Any) -> dict[str, Any]:
    value = {"from": begins, "to": ends}
    return {"customProperties": [{"vendor": "weft", "property": "outage", "value": value}]}


@pytest.mark.parametrize(
    ("begins", "ends", "read"),
    [
        ("2027-03-10T09:00Z", "2027-03-10T12:00Z", "2027-03-10 09:00Z to 12:00Z"),
        ("2027-03-10T10:00+01:00", "2027-03-10 12:00:30Z", "2027-03-10 09:00Z to 12:00:30Z"),
        ("2027-03-10", "2027-03-10", "2027-03-10 00:00Z to 2027-03-11 00:00Z"),
        ("2027-03-10", "2027-03-11", "2027-03-10 00:00Z to 2027-03-12 00:00Z"),
        ("2027-03-09T22:00Z", "2027-03-10", "2027-03-09 22:00Z to 2027-03-11 00:00Z"),
        ("2027-03-10", "2027-03-10T06:00Z", "2027-03-10 00:00Z to 06:00Z"),
    ],
)
def test_days_are_whole_and_moments_have_a_zone(begins: str, ends: str, read: str) -> None:
    assert str(outage_of(planned(begins, ends))) == read
    assert outage_problem({"from": begins, "to": ends}, LAST_DAY) == ""


@pytest.mark.parametrize(
    ("value", "until", "problem"),
    [
        (None, "", ""),
        ("2027-03-10", LAST_DAY, f"it has two keys: `from` and `to`, each {FORM}"),
        ({"from": "2027-03-10"}, LAST_DAY, f"it has two keys: `from` and `to`, each {FORM}"),
        ({"from": "2027-03-10T09:00", "to": "2027-03-11"}, LAST_DAY, f"`from` is {FORM}"),
        ({"from": 20270310, "to": "2027-03-11"}, LAST_DAY, f"`from` is {FORM}"),
        ({"from": "2027-03-10", "to": "9999-12-31"}, LAST_DAY, f"`to` is {FORM}"),
        ({"from": "0001-01-01T00:00+14:00", "to": "2027-03-10"}, LAST_DAY, f"`from` is {FORM}"),
        ({"from": "2027-03-11", "to": "2027-03-10"}, LAST_DAY, "it ends before it begins"),
        ({"from": NINE, "to": NINE}, LAST_DAY, "it ends before it begins"),
        ({"from": "2027-03-10", "to": "2027-03-17"}, LAST_DAY, "it is longer than 7 days"),
        ({"from": "2027-03-10", "to": "2027-03-16"}, LAST_DAY, ""),
        ({"from": NINE, "to": NOON}, "", "there is no last day that it could come before"),
        ({"from": NINE, "to": NOON}, "2027-03-11", ""),
        ({"from": "2027-03-10", "to": "2027-03-10"}, "2027-03-11", ""),
        (
            {"from": NINE, "to": NOON},
            "2027-03-10",
            "it has to be over before the last day begins, 2027-03-10",
        ),
    ],
)
def test_what_is_wrong_with_an_outage(value: Any, until: str, problem: str) -> None:
    assert outage_problem(value, until) == problem


@pytest.mark.parametrize(
    ("now", "is_on"),
    [
        ("2027-03-10T08:59:59.999Z", False),
        (NINE, True),
        ("2027-03-10T11:59:59.999Z", True),
        (NOON, False),
    ],
)
def test_it_is_on_between_its_moments(now: str, is_on: bool) -> None:
    assert Outage(NINE, NOON).is_on(now) is is_on
    assert suspended_until(planned(NINE, NOON), Status.DEPRECATED, now) == NOON * is_on


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.DEPRECATED])
def test_only_what_is_deprecated_has_an_outage(status: Status) -> None:
    assert suspended_until(planned(NINE, NOON), status, NINE) == ""


@pytest.mark.parametrize("contract", [{}, planned("soon", "later"), planned(NOON, NINE)])
def test_what_cannot_be_read_is_no_outage(contract: dict[str, Any]) -> None:
    assert outage_of(contract) is None
