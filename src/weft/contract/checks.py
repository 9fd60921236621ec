"""From a contract's promises to checks: what is to be measured, free of any warehouse.

Promises that make no sense are reported by `problems.py` and passed over here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from weft.contract.formats import INTEGER_RANGES, STRING_PATTERNS
from weft.mesh.check import Check, CheckKind
from weft.mesh.contract import Operator, QualityRule, Relationship, SchemaObject, SchemaProperty

METRICS = {
    "nullValues": CheckKind.NULL_VALUES,
    "missingValues": CheckKind.MISSING_VALUES,
    "invalidValues": CheckKind.INVALID_VALUES,
    "duplicateValues": CheckKind.DUPLICATE_VALUES,
    "rowCount": CheckKind.ROW_COUNT,
}

_OPTION_LABELS = {
    "minLength": "{column} has at least {value} characters",
    "maxLength": "{column} has at most {value} characters",
    "pattern": "{column} matches {value}",
    "format": "{column} is {value}",
    "minimum": "{column} >= {value}",
    "maximum": "{column} <= {value}",
    "exclusiveMinimum": "{column} > {value}",
    "exclusiveMaximum": "{column} < {value}",
    "multipleOf": "{column} is a multiple of {value}",
    "minItems": "{column} has at least {value} items",
    "maxItems": "{column} has at most {value} items",
    "uniqueItems": "{column} has no item twice",
}

_METRIC_LABELS = {
    CheckKind.NULL_VALUES: "null values in {column}",
    CheckKind.MISSING_VALUES: "missing values in {column}",
    CheckKind.INVALID_VALUES: "invalid values in {column}",
    CheckKind.DUPLICATE_VALUES: "duplicate values in {column}",
    CheckKind.ROW_COUNT: "row count",
}

_COMPARISONS = {
    Operator.EQUAL: "= {0}",
    Operator.NOT_EQUAL: "<> {0}",
    Operator.GREATER: "> {0}",
    Operator.GREATER_OR_EQUAL: ">= {0}",
    Operator.LESS: "< {0}",
    Operator.LESS_OR_EQUAL: "<= {0}",
    Operator.BETWEEN: "between {0} and {1}",
    Operator.NOT_BETWEEN: "not between {0} and {1}",
}

_NOT_IN_IDS = re.compile(r"[^a-z0-9]+")
_MAX_ID = 80


def checks_of(obj: SchemaObject) -> tuple[Check, ...]:
    """Return every check of an object, in the order of the contract; ids are unique in it."""
    key = obj.primary_key
    found: list[Check] = []
    for number, each in enumerate(obj.properties):
        found += _property_checks(each, f"properties/{number}")
    if key and not (len(key) == 1 and _is_unique(obj, key[0])):
        found.append(_unique_check(key, ""))
    found += _relationship_checks(obj.relationships, "relationships")
    for number, rule in enumerate(obj.quality):
        named = _named(obj, rule.arguments.get("properties"))
        found += _rule_checks(rule, named, f"quality/{number}")
    return _distinct(found)


def head_checks(required: Sequence[str], unique: Sequence[str]) -> tuple[Check, ...]:
    """Return the checks that a model's head asks for: each column for itself."""
    found = [_required_check(name, "") for name in required]
    found += [_unique_check((name,), "") for name in unique]
    return _distinct(found)


def split_reference(reference: str) -> tuple[str, str]:
    """Split what a relationship points to into relation and column; ("", "") when it is neither.

    A path, which a document may use for its own columns, is neither: it has been followed before,
    or leads nowhere.

    >>> split_reference("aircraft.tailnum"), split_reference("fleet.aircraft.tailnum")
    (('aircraft', 'tailnum'), ('fleet.aircraft', 'tailnum'))
    """
    relation, _, column = reference.rpartition(".")
    if is_path(reference) or not relation or not column or relation.count(".") > 1:
        return "", ""
    return relation, column


def is_path(reference: str) -> bool:
    """Whether a relationship points to a place in a document and not to a column by its name."""
    return "/" in reference


def expected_text(check: Check) -> str:
    """Say what a check wants in a few words: `no rows`, `< 5 %`, `between 1 and 10`."""
    if check.operator is None:
        return "no rows"
    bounds = check.threshold if isinstance(check.threshold, list | tuple) else [check.threshold]
    text = _COMPARISONS[check.operator].format(*bounds)
    return f"{text} %" if check.unit == "percent" else text


def _is_unique(obj: SchemaObject, name: str) -> bool:
    return any(each.unique for each in obj.properties if each.name == name)


def _property_checks(each: SchemaProperty, where: str) -> Iterator[Check]:
    if each.required or each.primary_key:
        yield _required_check(each.name, where)
    if each.unique:
        yield _unique_check((each.name,), where)
    if each.enum:
        yield _enum_check(each, where)
    for option, value in each.options.items():
        yield from _option_checks(each, option, value, where)
    yield from _relationship_checks(each.relationships, f"{where}/relationships")
    for number, rule in enumerate(each.quality):
        yield from _rule_checks(rule, (each,), f"{where}/quality/{number}")


def _required_check(column: str, where: str) -> Check:
    return Check(
        id=slug("required", column),
        label=f"required {column}",
        kind=CheckKind.REQUIRED,
        columns=(column,),
        dimension="completeness",
        where=where,
    )


def _unique_check(columns: tuple[str, ...], where: str) -> Check:
    return Check(
        id=slug("unique", *columns),
        label=f"unique {', '.join(columns)}",
        kind=CheckKind.UNIQUE,
        columns=columns,
        dimension="uniqueness",
        where=where,
    )


def _enum_check(each: SchemaProperty, where: str) -> Check:
    values = tuple(str(v) if each.logical_type == "string" else v for v in each.enum)
    some = ", ".join(str(value) for value in values[:3])
    more = f" and {len(values) - 3} more" if len(values) > 3 else ""
    return Check(
        id=slug("enum", each.name),
        label=f"{each.name} in {some}{more}",
        kind=CheckKind.ENUM,
        columns=(each.name,),
        arguments={"values": list(values)},
        dimension="conformity",
        where=where,
    )


def _option_checks(each: SchemaProperty, option: str, value: Any, where: str) -> Iterator[Check]:
    if not is_measured(each.logical_type, option, value):
        return
    yield Check(
        id=slug(option, each.name),
        label=_OPTION_LABELS[option].format(column=each.name, value=value),
        kind=CheckKind.OPTION,
        columns=(each.name,),
        arguments={"option": option, "value": value, "type": each.logical_type},
        dimension="conformity",
        where=f"{where}/logicalTypeOptions/{option}",
    )


def is_measured(logical_type: str, option: str, value: Any) -> bool:
    """Whether an option of a logical type becomes a check."""
    if option == "uniqueItems":
        return value is True
    if option != "format":
        return option in _OPTION_LABELS
    known = STRING_PATTERNS if logical_type == "string" else INTEGER_RANGES
    return logical_type in ("string", "integer") and value in known


def _relationship_checks(relationships: Iterable[Relationship], where: str) -> Iterator[Check]:
    for number, each in enumerate(relationships):
        targets = [split_reference(reference) for reference in each.to]
        relations = {relation for relation, _ in targets}
        if len(relations) != 1 or "" in relations or len(targets) != len(each.columns):
            continue
        relation = relations.pop()
        yield Check(
            id=slug(*each.columns, "exists"),
            label=f"{', '.join(each.columns)} exists in {relation}",
            kind=CheckKind.RELATIONSHIP,
            columns=each.columns,
            arguments={"to": relation, "to_columns": [column for _, column in targets]},
            blocks=each.blocks != "nothing",
            notify=each.notify,
            dimension="consistency",
            reads=(relation,),
            where=f"{where}/{number}",
        )


def _rule_checks(rule: QualityRule, about: Sequence[SchemaProperty], where: str) -> Iterator[Check]:
    kind = CheckKind.SQL if rule.type == "sql" else METRICS.get(rule.metric)
    if rule.type not in ("library", "sql") or kind is None or rule.operator is None:
        return
    if kind is CheckKind.SQL and not rule.query.strip():
        return
    if kind not in (CheckKind.SQL, CheckKind.ROW_COUNT) and not about:
        return
    columns = () if kind is CheckKind.ROW_COUNT else tuple(each.name for each in about)
    yield _ruled(rule, kind, columns, _rule_arguments(rule, kind, about), where)


def _rule_arguments(
    rule: QualityRule, kind: CheckKind, about: Sequence[SchemaProperty]
) -> dict[str, Any]:
    given = rule.arguments
    types = [each.logical_type for each in about]
    match kind:
        case CheckKind.SQL:
            return {"query": rule.query}
        case CheckKind.MISSING_VALUES:
            return {"missing": list(listed(given.get("missingValues"))), "types": types}
        case CheckKind.INVALID_VALUES:
            values = list(valid_values(rule, about))
            return {"values": values, "pattern": given.get("pattern") or "", "types": types}
    return {}


def valid_values(rule: QualityRule, about: Sequence[SchemaProperty]) -> tuple[Any, ...]:
    """The values that are valid under a rule: those it lists, or else those of its one column.

    Nulls are valid anyway, listed or not.
    """
    given = rule.arguments
    values = tuple(each for each in listed(given.get("validValues")) if each is not None)
    if values or given.get("pattern") or len(about) != 1:
        return values
    return about[0].enum


def listed(value: Any) -> tuple[Any, ...]:
    """Return the values of an argument: one may stand for a list of one, None for none."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _named(obj: SchemaObject, names: Any) -> tuple[SchemaProperty, ...]:
    """The columns that a rule at an object names, in its order; a missing one has no type."""
    by_name = {each.name: each for each in obj.properties}
    words = [each for each in listed(names) if isinstance(each, str)]
    return tuple(by_name.get(word) or SchemaProperty(word) for word in words)


def _ruled(
    rule: QualityRule,
    kind: CheckKind,
    columns: tuple[str, ...],
    arguments: dict[str, Any],
    where: str,
) -> Check:
    shown = ", ".join(columns)
    anonymous = f"SQL rule {rule.id or (f'on {shown}' if shown else '')}".rstrip()
    label = rule.name or (
        _METRIC_LABELS[kind].format(column=shown)
        if kind in _METRIC_LABELS
        else rule.description or anonymous
    )
    severity = rule.severity.lower() or "error"
    return Check(
        id=slug(rule.id or rule.name) or slug(kind, *columns),
        label=label,
        kind=kind,
        columns=columns,
        arguments=arguments,
        operator=rule.operator,
        threshold=rule.threshold,
        unit="percent" if rule.unit == "percent" else "rows",
        severity=severity,
        blocks=rule.blocks == "publish"
        or (rule.blocks != "nothing" and severity not in ("info", "warning")),
        notify=rule.notify,
        dimension=rule.dimension,
        where=where,
    )


def slug(*words: str) -> str:
    """Make an id that is safe as a file's name and in an address.

    >>> slug("required", "Flight ID")
    'required_flight_id'
    """
    return _NOT_IN_IDS.sub("_", "_".join(words).lower()).strip("_")[:_MAX_ID]


def _distinct(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Number the ids that stand twice; the first keeps its id, so that a new check moves none."""
    taken: set[str] = set()
    result = []
    for check in checks:
        wanted = check.id or "check"
        given, number = wanted, 1
        while given in taken:
            number += 1
            given = f"{wanted}_{number}"
        taken.add(given)
        result.append(check if given == check.id else replace(check, id=given))
    return tuple(result)
