"""Every entry of `slaProperties` has a probe and a target, or says why it has none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from weft.app.zones import zone_named
from weft.contract.service_levels import OBJECTIVE, PROBES, UNMEASURED, service_levels
from weft.mesh.service_level import Probe, ServiceLevel

DAY = 86_400.0
SCHEMA = [
    {
        "name": "lines",
        "properties": [
            {"name": "sold_at", "logicalType": "timestamp"},
            {"name": "sold_on", "logicalType": "date"},
            {"name": "amount", "logicalType": "number"},
            {"name": "untyped"},
        ],
    }
]
OTHER = {"name": "returns", "properties": [{"name": "at", "logicalType": "timestamp"}]}


def level(objects: int = 1, **entry: Any) -> ServiceLevel:
    schema = SCHEMA if objects == 1 else [*SCHEMA, OTHER]
    [found] = service_levels({"schema": schema, "slaProperties": [entry]}, zone_named)
    return found


def since_1970(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


MEASURED = [
    (("latency", 24, "h", ""), Probe.REFRESH, DAY),
    (("freshness", "1.5", "days", ""), Probe.REFRESH, 1.5 * DAY),
    (("latency", 24, "h", "lines.sold_at"), Probe.NEWEST, DAY),
    (("latency", 24, "h", "sold_on"), Probe.NEWEST, DAY),
    (("latency", 24, "h", "untyped"), Probe.NEWEST, DAY),
    (("frequency", 1, "d", "lines.sold_at"), Probe.REFRESH, DAY),
    (("timeOfAvailability", "06:30", "UTC", ""), Probe.BY_TIME, 6.5 * 3600),
    (("timeOfAvailability", "06:30:15", "", ""), Probe.BY_TIME, 6.5 * 3600 + 15),
    (("timeOfAvailability", "09:00-08:00", "", ""), Probe.BY_TIME, 9 * 3600),
    (("availability", 99.5, "percent", ""), Probe.ANSWER, 0.995),
    (("availability", "99%", "", ""), Probe.ANSWER, 0.99),
    (("availability", 0.9, "", ""), Probe.ANSWER, 0.9),
    (("completeness", 90, "%", "lines"), Probe.ROWS, 0.9),
    (("retention", 3, "y", "sold_on"), Probe.OLDEST, 3 * 31_556_952.0),
    (("errorRate", 1, "percent", ""), Probe.FAILING, 0.01),
    (("endOfSupport", "2027-03-01", "", ""), Probe.END, since_1970("2027-03-02")),
    (("endOfLife", "2027-03-01T09:30:00Z", "", ""), Probe.END, since_1970("2027-03-01T09:30:00")),
    (("generalAvailability", "2026-01-01", "", ""), Probe.BEGIN, since_1970("2026-01-01")),
]


@pytest.mark.parametrize(("entry", "probe", "target"), MEASURED)
def test_a_level_is_measured_by_a_probe(
    entry: tuple[str, Any, str, str], probe: Probe, target: float
) -> None:
    name, value, unit, element = entry
    found = level(property=name, value=value, unit=unit, element=element)
    assert (found.why, found.probe, found.target) == ("", probe, pytest.approx(target))


def test_every_measurable_property_is_tried_above() -> None:
    assert {entry[0] for entry, _, _ in MEASURED} == set(PROBES)


SAID = "`element` names no column that says how old a row is"
UNMEASURABLE = [
    (("latency", 4, "rows", ""), "`4 rows` is no length of time, such as `24 h`"),
    (("latency", 0, "h", ""), "`0 h` is no length of time, such as `24 h`"),
    (("latency", -1, "h", ""), "`-1 h` is no length of time, such as `24 h`"),
    (("latency", True, "h", ""), "`True h` is no length of time, such as `24 h`"),
    (("latency", "inf", "h", ""), "`inf h` is no length of time, such as `24 h`"),
    (("latency", "nan", "h", ""), "`nan h` is no length of time, such as `24 h`"),
    (("frequency", 1001, "y", ""), "`1001 y` is no length of time, such as `24 h`"),
    (("latency", 4, "h", "lines.gone"), "`element: lines.gone` is no column of the port"),
    (("latency", 4, "h", "amount"), "`element: amount` is no date or timestamp"),
    (("latency", 4, "h", "lines"), SAID),
    (("retention", 3, "y", ""), SAID),
    (("timeOfAvailability", "soon", "", ""), "`soon` is no time of day, such as `06:00`"),
    (
        ("timeOfAvailability", "06:00", "Mars/Olympus", ""),
        "`Mars/Olympus` is no time zone, such as `Europe/Berlin`",
    ),
    (("availability", 101, "percent", ""), "`101 percent` is no share, such as `99.5 percent`"),
    (("availability", 99, "h", ""), "`99 h` is no share, such as `99.5 percent`"),
    (("availability", "nan", "percent", ""), "`nan percent` is no share, such as `99.5 percent`"),
    (("errorRate", "low", "", ""), "`low` is no share, such as `99.5 percent`"),
    (("endOfLife", "never", "", ""), "`never` is no date, such as `2027-03-01`"),
    (("endOfLife", "9999-12-31", "", ""), "`9999-12-31` is beyond the calendar"),
    (("smoothness", 3, "", ""), "the standard has no such property"),
    *(((name, 3, "h", ""), why) for name, why in UNMEASURED.items()),
]


@pytest.mark.parametrize(("entry", "why"), UNMEASURABLE)
def test_a_level_that_cannot_be_measured_says_why(
    entry: tuple[str, Any, str, str], why: str
) -> None:
    name, value, unit, element = entry
    found = level(property=name, value=value, unit=unit, element=element)
    assert (found.probe, found.why) == (None, why)
    blameless = name in UNMEASURED or name == "smoothness" or why == SAID
    assert found.mistaken is not blameless


def test_a_column_without_its_object_needs_an_only_object() -> None:
    assert level(2, property="latency", value=1, unit="h", element="at").probe is None
    named = level(2, property="latency", value=1, unit="h", element="returns.at")
    assert (named.object, named.column) == ("returns", "at")


def test_the_column_of_what_is_counted_by_object_need_not_be_a_time() -> None:
    found = level(property="errorRate", value=1, unit="percent", element="lines.amount")
    assert (found.object, found.column, found.why) == ("lines", "", "")


def test_the_zone_of_a_time_of_day_is_its_offset_or_its_unit_or_utc() -> None:
    zones = [
        level(property="timeOfAvailability", value=value, unit=unit).zone
        for value, unit in (("06:00+02:00", ""), ("06:00", "Europe/Berlin"), ("06:00", ""))
    ]
    assert zones == ["UTC+02:00", "Europe/Berlin", "UTC"]
    assert all(zone_named(each) for each in zones)


@pytest.mark.parametrize(("wanted", "objective"), [(99.9, 0.999), ("95%", 0.95), (100, 1.0)])
def test_a_contract_says_in_what_share_of_time_a_level_is_to_be_kept(
    wanted: object, objective: float
) -> None:
    custom = [{"property": "objective", "value": wanted, "vendor": "weft"}]
    found = level(property="latency", value=1, unit="h", customProperties=custom)
    assert found.objective == pytest.approx(objective)
    assert level(property="latency", value=1, unit="h").objective == OBJECTIVE


@pytest.mark.parametrize("wanted", [0, 101, "most", "nan"])
def test_an_objective_that_is_no_share_is_said(wanted: object) -> None:
    custom = [{"property": "objective", "value": wanted, "vendor": "weft"}]
    found = level(property="latency", value=1, unit="h", customProperties=custom)
    assert found.why == f"`objective: {wanted}` is no percentage, such as 99.5"


def test_the_objective_of_availability_is_what_is_promised() -> None:
    assert level(property="availability", value=99.5, unit="percent").objective == 0.995


def test_levels_of_one_name_are_one() -> None:
    entries = [{"property": "latency", "value": each, "unit": "h"} for each in (1, 2)]
    [found] = service_levels({"schema": SCHEMA, "slaProperties": entries}, zone_named)
    assert found.promised == "2 h"


def test_a_contract_without_levels_has_none() -> None:
    assert service_levels({"schema": SCHEMA}, zone_named) == ()
    assert service_levels({"slaProperties": None}, zone_named) == ()
