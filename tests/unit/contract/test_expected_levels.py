"""What somebody expects of a port is judged by what was measured of what the port promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from weft.app.zones import zone_named
from weft.contract.attainment import LevelState
from weft.contract.expected_levels import measured_states
from weft.mesh.service_level import Measurement

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PROMISED = {
    "schema": [{"name": "orders", "properties": [{"name": "at", "logicalType": "timestamp"}]}],
    "slaProperties": [
        {"property": "latency", "value": 1, "unit": "d"},
        {"property": "freshness", "value": 1, "unit": "d", "element": "at"},
        {"property": "availability", "value": 99, "unit": "percent"},
    ],
}


def found(level: str, hours: float, value: int | None = 0) -> Measurement:
    at = (NOW - timedelta(hours=hours)).isoformat()
    return Measurement("a.b", "c", 1, level, at, value, "" if value is not None else "no route")


@pytest.mark.parametrize(
    ("expected", "state"),
    [
        ({"property": "latency", "value": 6, "unit": "h"}, LevelState.KEPT),
        ({"property": "latency", "value": 4, "unit": "h"}, LevelState.BROKEN),
        ({"property": "frequency", "value": 4, "unit": "h"}, LevelState.BROKEN),
        ({"property": "timeOfAvailability", "value": "08:00"}, LevelState.KEPT),
        ({"property": "freshness", "value": 1, "unit": "h", "element": "at"}, LevelState.BROKEN),
        ({"property": "availability", "value": 99.9, "unit": "percent"}, None),
        ({"property": "completeness", "value": 99, "unit": "percent"}, None),
        ({"property": "endOfSupport", "value": "2027-01-01"}, None),
        ({"property": "throughput", "value": 9}, None),
        ({"property": "latency", "value": "soon"}, None),
    ],
    ids=lambda each: each.get("property") if isinstance(each, dict) else str(each),
)
def test_what_is_expected_is_judged_by_what_was_measured(
    expected: dict[str, object], state: LevelState | None
) -> None:
    measured = {
        "latency": [found("latency", 5)],
        "freshness of at": [found("freshness of at", 1, 7_200)],
        "availability": [found("availability", 1, None)],
    }
    states = measured_states([expected], PROMISED, measured, NOW.timestamp(), zone_named)
    assert states == (state,)
    assert measured_states([expected], PROMISED, {}, NOW.timestamp(), zone_named) == (None,)
