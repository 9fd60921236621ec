"""What a contract says of its end is read where it stands, and only in its form."""

from __future__ import annotations

from typing import Any

import pytest

from weft.contract.endings import Ending, ending_of, override_problem
from weft.contract.outages import Outage


def custom(name: str, value: Any) -> dict[str, Any]:
    return {"vendor": "weft", "property": name, "value": value}


def test_all_of_an_ending() -> None:
    contract = {
        "slaProperties": [
            {"property": "latency", "value": 3},
            {"property": "endOfSupport", "value": "2027-03-01T00:00:00Z"},
        ],
        "customProperties": [
            custom("successor", "sales.orders.lines@2"),
            custom("reason", "new names"),
            custom("override", {"by": "kim", "reason": "it has names"}),
            custom("outage", {"from": "2027-02-10T09:00Z", "to": "2027-02-10T13:00+01:00"}),
        ],
    }
    found = ending_of(contract)
    outage = Outage("2027-02-10T09:00:00.000Z", "2027-02-10T12:00:00.000Z")
    assert found == Ending(
        "2027-03-01", "sales.orders.lines@2", "new names", "kim", "it has names", outage
    )
    assert str(found) == ("ends 2027-03-01; outage 2027-02-10 09:00Z to 12:00Z; successor @2")


@pytest.mark.parametrize(
    ("successor", "said"),
    [("", "is deprecated"), ("sales.orders.parts", "is deprecated; successor sales.orders.parts")],
)
def test_an_ending_without_a_day(successor: str, said: str) -> None:
    assert str(Ending(successor=successor)) == said


@pytest.mark.parametrize(
    "contract",
    [
        {},
        {"slaProperties": [{"property": "endOfSupport", "value": "soon"}]},
        {"customProperties": [custom("override", "yes"), custom("successor", 2)]},
        {"customProperties": [{"vendor": "acme", "property": "successor", "value": "a.b.c@2"}]},
    ],
)
def test_what_cannot_be_read_says_nothing(contract: dict[str, Any]) -> None:
    assert ending_of(contract) == Ending()


@pytest.mark.parametrize(
    "override",
    [True, [], {}, {"by": "kim"}, {"by": "", "reason": "x"}, {"by": "k", "reason": "x", "at": 1}],
)
def test_an_override_names_a_person_and_a_reason(override: Any) -> None:
    assert override_problem(override) == "it has two keys: `by`, who says so, and `reason`"
