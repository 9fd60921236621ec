"""What is wrong with a contract's promises beyond what its JSON Schema sees.

Whether a relationship's target exists is known to `weft.project`, which has the other relations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from weft.contract.checks import METRICS, is_measured, split_reference
from weft.mesh.contract import (
    DataContract,
    Operator,
    QualityRule,
    Relationship,
    SchemaObject,
    SchemaProperty,
)
from weft.mesh.diagnostic import Severity, as_written
from weft.mesh.nearest import did_you_mean, nearest

_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format")
_TIMES = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format")

OPTIONS = {
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
_DESCRIBING = frozenset(["timezone", "defaultTimezone", *OPTIONS["vector"]])

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
    "integer": "a number",
    "number": "a number",
    "date": 'a date in quotes, such as "2026-01-31"',
    "time": 'a time in quotes, such as "08:30:00"',
    "timestamp": 'a time in quotes, such as "2026-01-31T08:30:00"',
}

_METRIC_ARGUMENTS = {
    "nullValues": (),
    "missingValues": ("missingValues",),
    "invalidValues": ("validValues", "pattern"),
    "duplicateValues": ("properties",),
    "rowCount": (),
}

_SEVERITIES = ("error", "warning", "info")

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class ContractProblem:
    """One finding; `path` leads to it in the contract's document, as keys and indexes."""

    code: str
    path: Path
    message: str
    note: str = ""
    help: str = ""
    severity: Severity = Severity.ERROR


def contract_problems(contract: DataContract) -> list[ContractProblem]:
    """Return everything that is wrong with the promises of a contract, in its order."""
    found: list[ContractProblem] = []
    for number, obj in enumerate(contract.objects):
        found += _object_problems(obj, ("schema", number))
    return found


def _object_problems(obj: SchemaObject, path: Path) -> Iterator[ContractProblem]:
    for number, each in enumerate(obj.properties):
        yield from _property_problems(obj, each, (*path, "properties", number))
    yield from _key_problems(obj, path)
    for number, relationship in enumerate(obj.relationships):
        yield from _relationship_problems(obj, relationship, (*path, "relationships", number))
    for number, rule in enumerate(obj.quality):
        yield from _rule_problems(obj, rule, "", (*path, "quality", number))


def _key_problems(obj: SchemaObject, path: Path) -> Iterator[ContractProblem]:
    """Several key columns need positions, each its own."""
    keys = [(n, each) for n, each in enumerate(obj.properties) if each.primary_key]
    seen: dict[int, str] = {}
    for number, each in keys if len(keys) > 1 else ():
        position = each.primary_key_position
        here = (*path, "properties", number)
        if position < 1:
            yield ContractProblem(
                "W262",
                (*here, "primaryKey"),
                f"`{each.name}` has no place in the primary key",
                f"the key has {len(keys)} columns",
                "give each a primaryKeyPosition, counted from 1",
            )
        elif position in seen:
            yield ContractProblem(
                "W262",
                (*here, "primaryKeyPosition"),
                f"`{each.name}` and `{seen[position]}` have the same place in the primary key",
            )
        seen.setdefault(position, each.name)


def _property_problems(
    obj: SchemaObject, each: SchemaProperty, path: Path
) -> Iterator[ContractProblem]:
    if "\0" in each.name:
        yield ContractProblem("W263", (*path, "name"), "a column's name holds a zero character")
    yield from _enum_problems(each, path)
    yield from _option_problems(each, (*path, "logicalTypeOptions"))
    for number, relationship in enumerate(each.relationships):
        yield from _relationship_problems(obj, relationship, (*path, "relationships", number))
    for number, rule in enumerate(each.quality):
        yield from _rule_problems(obj, rule, each.name, (*path, "quality", number))
    inside = each.properties or ((each.items,) if each.items is not None else ())
    if any(map(_promises, inside)):
        yield ContractProblem(
            "W261",
            (*path, "properties" if each.properties else "items"),
            f"promises inside `{each.name}` are only shown",
            "checks are made of columns, not of fields inside them",
            severity=Severity.WARNING,
        )


def _promises(each: SchemaProperty) -> bool:
    return bool(
        each.required
        or each.unique
        or each.enum
        or each.options
        or each.quality
        or any(map(_promises, each.properties))
        or (each.items is not None and _promises(each.items))
    )


def _enum_problems(each: SchemaProperty, path: Path) -> Iterator[ContractProblem]:
    wanted = _VALUES.get(each.logical_type)
    for number, value in enumerate(each.enum):
        if value is None or (wanted is not None and not _is_of(value, wanted)):
            yield ContractProblem(
                "W256",
                (*path, "enum", number),
                f"`{as_written(value)}` is no {each.logical_type or 'value'}",
                f"`{each.name}` cannot have it",
            )


def _is_of(value: Any, wanted: tuple[type, ...]) -> bool:
    return isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool))


def _option_problems(each: SchemaProperty, path: Path) -> Iterator[ContractProblem]:
    known = OPTIONS.get(each.logical_type)
    for option, value in each.options.items():
        here = (*path, option)
        if known is not None and option not in known:
            yield ContractProblem(
                "W254",
                here,
                f"option `{option}` does not belong to {each.logical_type}",
                did_you_mean(option, known, "it would have no effect"),
            )
        elif known is None or option in _DESCRIBING:
            continue
        elif problem := _value_problem(each, option, value):
            yield ContractProblem("W255", here, problem[0], problem[1])
        elif not is_measured(each.logical_type, option, value) and value is not False:
            yield _only_shown(each, option, value, here)
    yield from _range_problems(each, path)


def _range_problems(each: SchemaProperty, path: Path) -> Iterator[ContractProblem]:
    options = {
        option: value
        for option, value in each.options.items()
        if not _value_problem(each, option, value)
    }
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


def _value_problem(each: SchemaProperty, option: str, value: Any) -> tuple[str, str] | None:
    """Say what is wrong with the value of an option, as message and note."""
    if option == "pattern":
        return _pattern_problem(value)
    if option in ("minLength", "maxLength", "minItems", "maxItems"):
        good = _is_of(value, (int,)) and value >= 0
        return (
            None
            if good
            else (f"`{option}` must be a whole number from 0", f"it is `{as_written(value)}`")
        )
    if option == "multipleOf":
        good = _is_of(value, (int, float)) and value > 0
        return (
            None
            if good
            else ("`multipleOf` must be greater than 0", f"it is `{as_written(value)}`")
        )
    if option.lower().endswith(("minimum", "maximum")):
        wanted = (int, float) if each.logical_type in ("integer", "number") else (str,)
        if not _is_of(value, wanted):
            what = _AS_VALUE.get(each.logical_type, "a number")
            return (f"`{option}` must be {what}", f"it is `{as_written(value)}`")
    return None


def _pattern_problem(value: Any) -> tuple[str, str] | None:
    if not isinstance(value, str):
        return ("a pattern must be text", f"it is `{as_written(value)}`")
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        return ("this is no regular expression", str(error).partition(" at position")[0])
    return None


def _relationship_problems(
    obj: SchemaObject, relationship: Relationship, path: Path
) -> Iterator[ContractProblem]:
    for column in relationship.columns:
        if column not in obj.column_names:
            yield _unknown_column(obj, column, "relationship", (*path, "from"))
    targets = [split_reference(reference) for reference in relationship.to]
    if not targets or ("", "") in targets:
        yield ContractProblem(
            "W258",
            (*path, "to"),
            "a relationship points to a column of an object",
            f"`{', '.join(relationship.to)}` is none",
            "write `object.column`, or `port.object.column`",
        )
    elif len({relation for relation, _ in targets}) > 1:
        yield ContractProblem(
            "W258",
            (*path, "to"),
            "a relationship points to columns of one object",
            "these are of several",
        )
    elif len(targets) != len(relationship.columns):
        yield ContractProblem(
            "W258",
            (*path, "to"),
            "a relationship has as many columns on both sides",
            f"{len(relationship.columns)} point to {len(targets)}",
        )


def _unknown_column(obj: SchemaObject, column: str, where: str, path: Path) -> ContractProblem:
    near = did_you_mean(column, obj.column_names)
    note = f"not in `{obj.name}`" + (f"; {near}" if near else "")
    return ContractProblem("W214", path, f"unknown column `{column}` in {where}", note)


def _rule_problems(
    obj: SchemaObject, rule: QualityRule, column: str, path: Path
) -> Iterator[ContractProblem]:
    unmeasured = _unmeasured(rule, path)
    if unmeasured is not None:
        yield unmeasured
        return
    yield from _word_problems(rule, path)
    if rule.operator is None:
        yield ContractProblem(
            "W251",
            path,
            "a quality rule does not say what must hold",
            "it has none of the eight operators, or several",
            "write one, such as `mustBe: 0`",
        )
    else:
        yield from _threshold_problems(rule, path)
    if rule.type == "sql":
        if not rule.query.strip():
            yield ContractProblem("W253", path, "a SQL rule has no query")
        return
    yield from _metric_problems(obj, rule, column, path)


def _unmeasured(rule: QualityRule, path: Path) -> ContractProblem | None:
    """A rule that Weft has no measure for: one in words, or under an older name of nothing."""
    if rule.type not in ("library", "sql"):
        key, what = "type", f"a quality rule of type {rule.type}"
    elif rule.rule and rule.metric == rule.rule and rule.metric not in METRICS:
        key, what = "rule", f"the quality rule `{rule.rule}`"
    else:
        return None
    note = "it is only shown"
    if key == "rule":
        note = did_you_mean(rule.rule, METRICS, f"{note}; there are {', '.join(METRICS)}")
    return ContractProblem(
        "W260", (*path, key), f"{what} is not measured", note, severity=Severity.WARNING
    )


def _word_problems(rule: QualityRule, path: Path) -> Iterator[ContractProblem]:
    """Words that decide what a failed check does, and that nobody knows."""
    if rule.blocks not in ("", "publish", "nothing"):
        yield ContractProblem(
            "W259",
            (*path, "customProperties"),
            f"`blocks: {rule.blocks}` is neither publish nor nothing",
            did_you_mean(rule.blocks, ("publish", "nothing"), "write one of the two"),
        )
    if rule.type == "library" and rule.unit not in ("rows", "percent"):
        yield ContractProblem(
            "W259",
            (*path, "unit"),
            f"`unit: {rule.unit}` is neither rows nor percent",
            did_you_mean(rule.unit, ("rows", "percent"), "write one of the two"),
        )
    near = nearest(rule.severity, _SEVERITIES)
    if near and rule.severity not in _SEVERITIES:
        yield ContractProblem(
            "W259",
            (*path, "severity"),
            f"the severity `{rule.severity}` blocks like an error",
            f"did you mean `{near}`?",
            severity=Severity.WARNING,
        )


def _threshold_problems(rule: QualityRule, path: Path) -> Iterator[ContractProblem]:
    operator, threshold = rule.operator, rule.threshold
    here = (*path, str(operator))
    if operator in (Operator.BETWEEN, Operator.NOT_BETWEEN):
        pair = isinstance(threshold, Sequence) and not isinstance(threshold, str)
        if not pair or len(threshold) != 2 or not all(_is_of(n, (int, float)) for n in threshold):
            yield ContractProblem(
                "W252", here, f"`{operator}` needs two numbers", f"it has `{as_written(threshold)}`"
            )
        elif threshold[0] > threshold[1]:
            yield ContractProblem("W252", here, f"`{operator}` needs the smaller number first")
    elif not _is_of(threshold, (int, float)):
        yield ContractProblem(
            "W252", here, f"`{operator}` needs a number", f"it has `{as_written(threshold)}`"
        )
    if rule.unit == "percent" and rule.metric == "rowCount":
        yield ContractProblem(
            "W252", (*path, "unit"), "a row count has no percentage", "write `unit: rows`"
        )


def _metric_problems(
    obj: SchemaObject, rule: QualityRule, column: str, path: Path
) -> Iterator[ContractProblem]:
    if rule.metric not in METRICS:
        yield ContractProblem(
            "W253",
            (*path, "metric"),
            f"unknown metric `{rule.metric}`",
            did_you_mean(rule.metric, METRICS, f"there are {', '.join(METRICS)}"),
        )
        return
    if rule.rule in METRICS and rule.rule != rule.metric:
        yield ContractProblem(
            "W253",
            (*path, "rule"),
            f"`rule: {rule.rule}` and `metric: {rule.metric}` say different things",
            "keep `metric`, the newer word",
        )
    known = _METRIC_ARGUMENTS[rule.metric]
    arguments = (*path, "arguments")
    for name in rule.arguments:
        if name not in known and not (name == "properties" and not column):
            yield ContractProblem(
                "W253",
                (*arguments, name),
                f"metric {rule.metric} has no argument `{name}`",
                did_you_mean(name, known, f"it has {', '.join(known) or 'none'}"),
            )
    columns = rule.arguments.get("properties") or ()
    listed = columns if isinstance(columns, list | tuple) else (columns,)
    yield from _listed_columns(obj, listed, (*arguments, "properties"))
    if not column and not columns and rule.metric != "rowCount":
        yield ContractProblem(
            "W253",
            path,
            f"metric {rule.metric} does not say of which columns",
            help="put it under a property, or name them: `arguments: {properties: [id]}`",
        )
    if rule.metric == "invalidValues":
        yield from _validity_problems(rule, path)


def _listed_columns(
    obj: SchemaObject, columns: Sequence[Any], path: Path
) -> Iterator[ContractProblem]:
    """Check the columns that a rule lists: each is there, and listed once."""
    known, seen = frozenset(obj.column_names), set()
    for number, each in enumerate(columns):
        if not isinstance(each, str) or each not in known:
            yield _unknown_column(obj, as_written(each), "quality rule", (*path, number))
        elif each in seen:
            message = f"column `{each}` stands in this rule twice"
            yield ContractProblem("W253", (*path, number), message, "write it once")
        else:
            seen.add(each)


def _validity_problems(rule: QualityRule, path: Path) -> Iterator[ContractProblem]:
    arguments = (*path, "arguments")
    if not any(rule.arguments.get(name) for name in ("validValues", "pattern")):
        yield ContractProblem(
            "W253",
            path,
            "metric invalidValues does not say what is valid",
            help="write `arguments: {validValues: [a, b]}` or `{pattern: …}`",
        )
    pattern = rule.arguments.get("pattern")
    problem = _pattern_problem(pattern) if pattern is not None else None
    if problem:
        yield ContractProblem("W255", (*arguments, "pattern"), *problem)
