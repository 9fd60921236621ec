"""What a column may promise of its values, given what its values are like."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from weft.contract.profile import ColumnProfile, Profile
from weft.mesh.contract import SchemaProperty

Promises = dict[tuple[str, ...], Any]

_OPTIONS = "logicalTypeOptions"
# A list of values is one where each of them is met again and again.
_OFTEN = 20


def kept_values(prop: SchemaProperty, values: ColumnProfile) -> Promises:
    """The promises of a column that its values do not keep, so wide that they do.

    A promise that its author wrote is never made narrower: the data of one day proves nothing.
    """
    found: Promises = dict(_wider_bounds(prop, values))
    for option, length, is_beyond in (
        ("minLength", values.shortest, int.__lt__),
        ("maxLength", values.longest, int.__gt__),
    ):
        promised = prop.options.get(option)
        if isinstance(promised, int) and length >= 0 and is_beyond(length, promised):
            found[_OPTIONS, option] = length
    listed = {_as_text(each) for each in prop.enum}
    missing = [each for each in values.values if each not in listed] if listed else []
    if missing:
        found["enum",] = [*prop.enum, *(_typed(each, prop) for each in missing)]
    return found


def new_values(
    prop: SchemaProperty, values: ColumnProfile, profile: Profile, *, ranges: bool, examples: bool
) -> Promises:
    """Promises that a column does not make yet and that its values suggest.

    A short list of values, the length that all texts have, that no number is negative; with
    `ranges` the least and the greatest value. None for a column that makes a promise of the kind.
    """
    found: Promises = {}
    if examples and values.low is not None:
        found["examples",] = list(dict.fromkeys(_ends(prop, values)))
    if prop.enum or not _is_free(prop):
        return found
    if _is_list(prop, values, profile):
        found["enum",] = [_typed(each, prop) for each in values.values]
        return found
    if values.shortest == values.longest > 0 and prop.logical_type == "string":
        found |= {(_OPTIONS, "minLength"): values.shortest, (_OPTIONS, "maxLength"): values.longest}
    if values.low is None or prop.logical_type == "string":
        return found
    low, high = _ends(prop, values)
    if ranges and prop.logical_type != "timestamp":
        found |= {(_OPTIONS, "minimum"): low, (_OPTIONS, "maximum"): high}
    elif values.is_number and isinstance(low, int | float) and low >= 0:
        found[_OPTIONS, "minimum"] = 0
    return found


def _is_free(prop: SchemaProperty) -> bool:
    """Whether nothing is promised of the values themselves yet."""
    return not (prop.options.keys() - {"timezone", "defaultTimezone"})


def _is_list(prop: SchemaProperty, values: ColumnProfile, profile: Profile) -> bool:
    few = values.values if prop.logical_type == "string" else ()
    return len(few) > 1 and profile.rows >= _OFTEN * len(few)


def _wider_bounds(
    prop: SchemaProperty, values: ColumnProfile
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Bounds that a value lies beyond, at the place of that value."""
    if values.low is None or prop.logical_type not in ("integer", "number", "date"):
        return
    low, high = _ends(prop, values)
    options = prop.options
    if "minimum" in options and _comparable(options["minimum"], low) and low < options["minimum"]:
        yield (_OPTIONS, "minimum"), low
    if "maximum" in options and _comparable(options["maximum"], high) and high > options["maximum"]:
        yield (_OPTIONS, "maximum"), high
    least, most = options.get("exclusiveMinimum"), options.get("exclusiveMaximum")
    if _comparable(least, low) and low <= least:
        yield (_OPTIONS, "exclusiveMinimum"), None
        yield (_OPTIONS, "minimum"), low
    if _comparable(most, high) and high >= most:
        yield (_OPTIONS, "exclusiveMaximum"), None
        yield (_OPTIONS, "maximum"), high


def _comparable(promised: Any, found: Any) -> bool:
    numbers = (int, float)
    both = isinstance(promised, numbers) and isinstance(found, numbers)
    return both or (isinstance(promised, str) and isinstance(found, str))


def _ends(prop: SchemaProperty, values: ColumnProfile) -> tuple[Any, Any]:
    low, high = values.low or "", values.high or ""
    return _typed(low, prop), _typed(high, prop)


def _typed(text: str, prop: SchemaProperty) -> Any:
    """A value as a contract writes it: numbers as numbers, everything else as text."""
    if prop.logical_type not in ("integer", "number"):
        return text
    number = Decimal(text)
    if not number.is_finite():
        return text
    whole = number == number.to_integral_value()
    return int(number) if whole else float(number)


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
