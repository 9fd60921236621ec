"""Read the service levels of a contract: what each promises, and by which probe it is measured.

What has no probe, or says too little for one, is a level all the same, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, tzinfo

from weft.contract.document import Element, custom_properties, object_named
from weft.contract.durations import seconds_of
from weft.mesh.service_level import Probe, ServiceLevel

Zones = Callable[[str], tzinfo | None]
"""Gives a time zone by its name; None where there is none of this name."""

OBJECTIVE = 0.99
"""The share of time in which a level is to be kept whose contract names no other."""

PROBES: Mapping[str, Probe] = {
    "latency": Probe.REFRESH,
    "freshness": Probe.REFRESH,
    "frequency": Probe.REFRESH,
    "timeOfAvailability": Probe.BY_TIME,
    "availability": Probe.ANSWER,
    "completeness": Probe.ROWS,
    "retention": Probe.OLDEST,
    "errorRate": Probe.FAILING,
    "endOfSupport": Probe.END,
    "endOfLife": Probe.END,
    "generalAvailability": Probe.BEGIN,
}
"""How each property of the standard is measured; latency of an element by its newest value."""

UNMEASURED: Mapping[str, str] = {
    "throughput": "Weft does not carry the reads of others",
    "timeToDetect": "Weft keeps no list of incidents",
    "timeToNotify": "Weft keeps no list of incidents",
    "timeToRepair": "Weft keeps no list of incidents",
}
_AGES = frozenset(("latency", "freshness"))
_TIMES = frozenset(("date", "timestamp"))
_MEASURES_A_COLUMN = frozenset((Probe.NEWEST, Probe.OLDEST))
_PERCENT = frozenset(("percent", "%", "pct", "percentage"))
_LONGEST = 1_000 * 31_556_952.0
"""What a calendar still holds: a thousand years."""

_END_OF_DAY = timedelta(days=1)


class _Unmeasurable(Exception):
    """A level says too little, or what nothing measures; the message says why."""


class _Mistaken(_Unmeasurable):
    """A level says what cannot be."""


def service_levels(contract: Element, zones: Zones) -> tuple[ServiceLevel, ...]:
    """The service levels of a resolved ODCS document, in its order; one that is said twice once."""
    found = (_level(entry, contract, zones) for entry in contract.get("slaProperties") or ())
    return tuple({each.name: each for each in found}.values())


def _level(entry: Element, contract: Element, zones: Zones) -> ServiceLevel:
    name = str(entry["property"])
    element = str(entry.get("element") or "")
    level = ServiceLevel(
        name=" of ".join(filter(None, (name, element))), property=name, promised=_promised(entry)
    )
    try:
        return _measured(level, entry, element, contract, zones)
    except _Unmeasurable as problem:
        return replace(level, why=str(problem), mistaken=isinstance(problem, _Mistaken))


def _promised(entry: Element) -> str:
    values = (entry.get("value"), entry.get("valueExt"), entry.get("unit"))
    return " ".join(str(each) for each in values if each not in (None, ""))


def _measured(
    level: ServiceLevel, entry: Element, element: str, contract: Element, zones: Zones
) -> ServiceLevel:
    """The level with its probe, its target and what it is about. Raises _Unmeasurable."""
    probe = PROBES.get(level.property)
    if probe is None:
        raise _Unmeasurable(UNMEASURED.get(level.property, "the standard has no such property"))
    if element and level.property in _AGES:
        probe = Probe.NEWEST
    of_column = probe in _MEASURES_A_COLUMN
    obj, column = (
        _place(element, contract, of_time=of_column) if probe in _OF_ELEMENTS else ("", "")
    )
    if of_column and not column:
        raise _Unmeasurable("`element` names no column that says how old a row is")
    target = _TARGETS[probe](entry, zones)
    objective = target if probe is Probe.ANSWER else _objective(entry)
    zone = _zone_name(entry) if probe is Probe.BY_TIME else ""
    return replace(
        level,
        probe=probe,
        target=target,
        objective=objective,
        object=obj,
        column=column if of_column else "",
        zone=zone,
    )


_OF_ELEMENTS = frozenset((*_MEASURES_A_COLUMN, Probe.ROWS, Probe.FAILING))


def _place(element: str, contract: Element, *, of_time: bool) -> tuple[str, str]:
    """The object and the column that an element names, "" where it names none.

    Without an object in front a column is that of the only object. Raises _Mistaken, also for a
    column that holds no times where it has to.
    """
    objects = [str(each["name"]) for each in contract.get("schema", ())]
    first, _, rest = element.partition(".")
    if not element or element in objects:
        return element, ""
    obj, column = (first, rest) if first in objects else ("", element)
    if not obj and len(objects) == 1:
        obj = objects[0]
    kinds = {
        str(each.get("name")): str(each.get("logicalType") or "")
        for each in object_named(contract, obj).get("properties", ())
    }
    if column not in kinds:
        raise _Mistaken(f"`element: {element}` is no column of the port")
    if of_time and kinds[column] and kinds[column] not in _TIMES:
        raise _Mistaken(f"`element: {element}` is no date or timestamp")
    return obj, column


def _duration(entry: Element, _: Zones) -> float:
    seconds = seconds_of(entry.get("value"), str(entry.get("unit") or ""))
    if seconds is None or not 0 < seconds <= _LONGEST:
        raise _Mistaken(f"`{_promised(entry)}` is no length of time, such as `24 h`")
    return seconds


def _share(entry: Element, _: Zones) -> float:
    """A share: of a percentage, or of a plain number that is no more than 1."""
    value, unit = entry.get("value"), str(entry.get("unit") or "").strip().lower()
    text = str(value).strip()
    percent = unit in _PERCENT or text.endswith("%")
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = -1.0
    if isinstance(value, bool) or (unit and not percent) or not 0 <= number <= 100:
        raise _Mistaken(f"`{_promised(entry)}` is no share, such as `99.5 percent`")
    return number / 100 if percent or number > 1 else number


def _objective(entry: Element) -> float:
    wanted = custom_properties(entry).get("objective")
    if wanted is None:
        return OBJECTIVE
    try:
        share = float(str(wanted).strip().removesuffix("%")) / 100
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        raise _Mistaken(f"`objective: {wanted}` is no percentage, such as 99.5")
    return share


def _moment(entry: Element) -> tuple[datetime, bool]:
    """A day or a moment, and whether it is a day. Raises _Mistaken."""
    text = str(entry.get("value")).strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _Mistaken(f"`{text}` is no date, such as `2027-03-01`") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC), len(text) <= len("2027-03-01")


def _begin(entry: Element, _: Zones) -> float:
    return _moment(entry)[0].timestamp()


def _end(entry: Element, _: Zones) -> float:
    """When a last day is over: it belongs to what was promised."""
    found, is_day = _moment(entry)
    try:
        return (found + _END_OF_DAY if is_day else found).timestamp()
    except OverflowError:
        raise _Mistaken(f"`{entry.get('value')}` is beyond the calendar") from None


def _time_of_day(entry: Element, zones: Zones) -> float:
    found = _time(entry)
    if zones(_zone_name(entry)) is None:
        raise _Mistaken(f"`{_zone_name(entry)}` is no time zone, such as `Europe/Berlin`")
    return (found.hour * 60 + found.minute) * 60.0 + found.second


def _time(entry: Element) -> time:
    text = str(entry.get("value")).strip()
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise _Mistaken(f"`{text}` is no time of day, such as `06:00`") from None


def _zone_name(entry: Element) -> str:
    """The zone of a time of day: an offset behind the time, the unit, or UTC."""
    found = _time(entry)
    return str(found.tzinfo) if found.tzinfo else str(entry.get("unit") or "UTC").strip()


_Target = Callable[[Element, Zones], float]
_TARGETS: Mapping[Probe, _Target] = {
    Probe.NEWEST: _duration,
    Probe.REFRESH: _duration,
    Probe.BY_TIME: _time_of_day,
    Probe.ANSWER: _share,
    Probe.ROWS: _share,
    Probe.OLDEST: _duration,
    Probe.FAILING: _share,
    Probe.END: _end,
    Probe.BEGIN: _begin,
}
