"""Service levels that somebody expects of a port, judged by what was measured of the port's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from weft.contract.attainment import LevelState, attainment
from weft.contract.document import Element
from weft.contract.service_levels import Zones, service_levels
from weft.mesh.service_level import Measurement, Probe, ServiceLevel


def measured_states(
    expected: Iterable[Element],
    contract: Element,
    measured: Mapping[str, Sequence[Measurement]],
    now: float,
    zones: Zones,
) -> tuple[LevelState | None, ...]:
    """How each of the expected entries of `slaProperties` is kept; None where nothing is known.

    `contract` is that of the port, `measured` what was found of its levels, by their names, and
    `now` is since 1970.
    """
    own: dict[tuple[object, ...], list[Measurement]] = {}
    for level in service_levels(contract, zones):
        own.setdefault(_about(level), []).extend(measured.get(level.name, ()))
    return tuple(_state(each, contract, own, now, zones) for each in expected)


def _about(level: ServiceLevel) -> tuple[object, ...]:
    """What was looked at, whatever was promised of it: two levels of one kind share their facts."""
    refreshed = level.probe in (Probe.REFRESH, Probe.BY_TIME)
    return (Probe.REFRESH if refreshed else level.probe, level.object, level.column)


def _state(
    entry: Element,
    contract: Element,
    own: Mapping[tuple[object, ...], Sequence[Measurement]],
    now: float,
    zones: Zones,
) -> LevelState | None:
    [level] = service_levels({**contract, "slaProperties": [entry]}, zones)
    found = own.get(_about(level), ())
    if level.probe in (None, Probe.BEGIN, Probe.END) or not found:
        return None
    state = attainment("", level, found, now, zones).state
    return None if state is LevelState.UNKNOWN else state
