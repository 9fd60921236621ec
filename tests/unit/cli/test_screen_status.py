"""Promise against reality on a screen and for programs, drawn from nouns made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from weft.app.status import Beside, PlannedOutage, Preview
from weft.app.zones import zone_named
from weft.cli.output import written
from weft.cli.screen import Screen
from weft.cli.screens.status import levels_table, status_result
from weft.contract.attainment import Attainment, LevelState, attainment, worst_first
from weft.contract.budget import Budget
from weft.contract.service_levels import service_levels
from weft.mesh.contract import Status
from weft.mesh.service_level import Measurement, Probe, ServiceLevel

Golden = Callable[[str, str], None]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FLIGHTS, MEMBERS = "operations.flights.departures@1", "loyalty.members.members@1"


def level(property: str, value: object, unit: str = "", element: str = "") -> dict[str, object]:
    return {"property": property, "value": value, "unit": unit, "element": element}


CONTRACT = {
    "schema": [
        {
            "name": "departures",
            "properties": [{"name": "departed_at", "logicalType": "timestamp"}],
        }
    ],
    "slaProperties": [
        level("latency", 24, "h", "departures.departed_at"),
        level("frequency", 1, "d"),
        level("timeOfAvailability", "06:00", "UTC"),
        level("availability", 99.5, "percent"),
        level("completeness", 90, "percent"),
        level("endOfLife", "2026-11-19"),
        level("retention", 3, "y"),
        level("smoothness", "a \x1b[2J word"),
    ],
}


def found(name: str, at: str, value: int | None, problem: str = "") -> Measurement:
    return Measurement(
        "operations.flights", "departures", 1, name, f"2026-11-{at}Z", value, problem
    )


LEVEL = ServiceLevel("frequency", "frequency", "1 d", Probe.REFRESH, 86_400, 0.99)
MEASURED = (
    found("latency of departures.departed_at", "10T05:00:00", 7_200),
    found("latency of departures.departed_at", "20T05:00:00", 7_200),
    found("frequency", "20T05:00:00", 0),
    found("frequency", "21T05:00:00", 0),
    found("timeOfAvailability", "20T05:00:00", 0),
    found("timeOfAvailability", "21T05:00:00", 0),
    found("availability", "21T11:50:00", 0, "the server is not there"),
    found("completeness", "20T05:00:00", 100),
    found("completeness", "21T05:00:00", 95),
)


def attained() -> tuple[Attainment, ...]:
    levels = service_levels(CONTRACT, zone_named)
    here = [
        attainment(
            FLIGHTS,
            each,
            [it for it in MEASURED if it.level == each.name],
            NOW.timestamp(),
            zone_named,
        )
        for each in levels
    ]
    other = [attainment(MEMBERS, each, (), NOW.timestamp(), zone_named) for each in levels[1:2]]
    return worst_first([*other, *here])


@pytest.mark.parametrize("width", [0, 80, 120, 40])
def test_levels_by_port(golden: Golden, width: int) -> None:
    result = status_result(attained(), "prod", "", "", whole=False)
    golden(f"status_{width}", written(result, Screen(width=width)))


def test_what_is_shown_before_it_is_released(golden: Golden) -> None:
    second = Preview("operations.flights.departures@2", Status.DRAFT, "2027-03-10")
    draft = Preview("sales.orders.orders@3", Status.DRAFT, "")
    outage = PlannedOutage(FLIGHTS, "2027-03-10T10:00:00Z", "2027-03-10T12:00:00Z", "")
    beside = Beside((outage,), (second, draft))
    result = status_result(attained(), "dev", " --env dev", "", beside, whole=False)
    golden("status_previews", written(result, Screen(width=80)))
    told = json.loads(written(result, Screen("json")))["previews"]
    assert [(each["port"], each["until"]) for each in told] == [
        ("operations.flights.departures@2", "2027-03-10"),
        ("sales.orders.orders@3", ""),
    ]


def test_every_window(golden: Golden) -> None:
    result = status_result(attained(), "dev", " --env dev", "", whole=True)
    golden("status_whole", written(result, Screen()))


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (1.0, "100% left"),
        (0.9999, ">99.9% left"),
        (0.0, "0% left"),
        (-0.04, "used 1.0x"),
        (-1.5, "used 2.5x"),
        (-99.0, "used 100x"),
        (-4999.0, "used 5,000x"),
    ],
)
def test_a_budget_is_left_or_was_used_more_than_once(left: float, said: str) -> None:
    counted = Budget(30, 0.5, 1.0, left, 1.0)
    it = Attainment(FLIGHTS, LEVEL, LevelState.KEPT, "found", budgets=(counted,))
    [row] = levels_table([it]).data["rows"]
    assert row["left_30d"] == said


def test_nothing_is_promised(golden: Golden) -> None:
    golden("status_none", written(status_result((), "prod", "", "", whole=False), Screen()))
    text = written(status_result((), "prod", "", "sales.orders", whole=False), Screen())
    assert text.startswith("sales.orders promises no service level in prod.\n")


def test_programs_get_everything() -> None:
    document = json.loads(
        written(status_result(attained(), "prod", "", "", whole=False), Screen("json"))
    )
    assert (document["schema"], document["environment"]) == ("weft.status/1", "prod")
    worst = document["levels"][0]
    assert (worst["port"], worst["state"]) == (FLIGHTS, "broken")
    assert [each["days"] for each in worst["budgets"]] == [7, 30, 90]
    assert worst["level"]["probe"] == "newest value"
    unmeasured = next(it for it in document["levels"] if it["level"]["name"] == "smoothness")
    assert unmeasured["found"] == "the standard has no such property"
    rows = written(status_result(attained(), "prod", "", "", whole=False), Screen("csv"))
    assert rows.splitlines()[0].startswith("port,level,promised,state,found,kept_7d")


@pytest.mark.parametrize("format", ["table", "json", "yaml", "csv", "md"])
def test_definitions_steer_no_terminal(format: str) -> None:
    result = status_result(attained(), "prod", "", "", whole=False)
    assert "\x1b" not in written(result, Screen(format)) or format == "csv"
