"""What is wrong with what a column promises of its values: options of its type, listed values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from weft.contract.checks import is_measured
from weft.contract.patterns import pattern_problem
from weft.contract.problem import ContractProblem, Path
from weft.mesh.contract import SchemaProperty
from weft.mesh.diagnostic import Severity, as_written
from weft.mesh.nearest import did_you_mean

_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format")
_TIMES = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format")

_OPTIONS = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "date": _TIMES,
    "time": (*_TIMES, "timezone", "defaultTimezone"),
    "timestamp": (*_TIMES, "timezone", "defaultTimezone"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("maxProperties", "minProperties", "required"),
    "boolean": (),
    "map": (),
    "vector": (
        "dimensions",
        "elementType",
        "distanceMetric",
        "embeddingModel",
        "embeddingModelVersion",
        "normalized",
    ),
}

# Options that say how a type is read or shown; they are kept by the type, not by a check.
_DESCRIBING = frozenset(["timezone", "defaultTimezone", *_OPTIONS["vector"]])

_ORDERED = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minimum", "maximum"),
    ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
)

_VALUES: dict[str, tuple[type, ...]] = {
    "string": (str, int, float),
    "date": (str,),
    "time": (str,),
    "timestamp": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}

_AS_VALUE = {
    "date": 'a date in quotes, such as "2026-01-31"',
    "time": 'a time in quotes, such as "08:30:00"',
    "timestamp": 'a time in quotes, such as "2026-01-31T08:30:00"',
}


def listed_problems(
    each: SchemaProperty, values: Iterable[Any], path: Path, *, nulls: bool = False
) -> Iterator[ContractProblem]:
    """Report allowed values that a column of its type cannot have; `path` is the list's.

    With `nulls`, null may be one of them.
    """
    wanted = _VALUES.get(each.logical_type)
    for number, value in enumerate(values):
        if value is None and nulls:
            continue
        if value is None or (wanted is not None and not is_of(value, wanted)):
            yield ContractProblem(
                "W256",
                (*path, number),
                f"`{as_written(value)}` is no {each.logical_type or 'value'}",
                f"`{each.name}` cannot have it",
            )


def is_of(value: Any, wanted: tuple[type, ...]) -> bool:
    """Whether a value is of these types; true and false are no numbers."""
    return isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool))


def option_problems(each: SchemaProperty, path: Path) -> Iterator[ContractProblem]:
    """Report options that do not belong to the type, make no sense, or are not measured.

    `path` is the column's.
    """
    known = _OPTIONS.get(each.logical_type)
    sound: dict[str, Any] = {}
    for option, value in each.options.items():
        here = (*path, "logicalTypeOptions", option)
        problem = _value_problem(each.logical_type, option, value)
        if problem is None:
            sound[option] = value
        if known is not None and option not in known:
            yield ContractProblem(
                "W254",
                here,
                f"option `{option}` does not belong to {each.logical_type}",
                did_you_mean(option, known, "it would have no effect"),
            )
        elif known is None or option in _DESCRIBING:
            continue
        elif problem is not None:
            yield ContractProblem("W255", here, *problem)
        elif not is_measured(each.logical_type, option, value) and value is not False:
            yield _only_shown(each, option, value, here)
    yield from _range_problems(sound, (*path, "logicalTypeOptions"))


def _range_problems(options: Mapping[str, Any], path: Path) -> Iterator[ContractProblem]:
    for low, high in _ORDERED:
        if low in options and high in options and options[low] > options[high]:
            yield ContractProblem(
                "W255",
                (*path, low),
                f"`{low}` is greater than `{high}`",
                "no value can keep both",
            )


def _only_shown(each: SchemaProperty, option: str, value: Any, path: Path) -> ContractProblem:
    return ContractProblem(
        "W260",
        path,
        f"`{option}: {as_written(value)}` of `{each.name}` is not measured",
        "it is only shown",
        severity=Severity.WARNING,
    )


def _value_problem(logical_type: str, option: str, value: Any) -> tuple[str, str] | None:
    """Say what is wrong with the value of an option, as message and note."""
    if option == "pattern":
        return pattern_problem(value)
    if option in ("minLength", "maxLength", "minItems", "maxItems"):
        good, wanted = is_of(value, (int,)) and value >= 0, "a whole number from 0"
    elif option == "multipleOf":
        good, wanted = is_of(value, (int, float)) and value > 0, "greater than 0"
    elif option.lower().endswith(("minimum", "maximum")):
        good = is_of(value, (int, float) if logical_type in ("integer", "number") else (str,))
        wanted = _AS_VALUE.get(logical_type, "a number")
    else:
        return None
    return None if good else (f"`{option}` must be {wanted}", f"it is `{as_written(value)}`")
