"""What is wrong with a quality rule: its words, what it compares with, and what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from weft.contract.checks import METRICS, listed, valid_values
from weft.contract.patterns import pattern_problem
from weft.contract.problem import ContractProblem, Path, unknown_column
from weft.contract.value_problems import is_of, listed_problems
from weft.mesh.contract import Operator, QualityRule, SchemaObject, SchemaProperty
from weft.mesh.diagnostic import Severity, as_written
from weft.mesh.nearest import did_you_mean, nearest

_METRIC_ARGUMENTS = {
    "nullValues": (),
    "missingValues": ("missingValues",),
    "invalidValues": ("validValues", "pattern"),
    "duplicateValues": (),
    "rowCount": (),
}

_SEVERITIES = ("error", "warning", "info")


def rule_problems(
    obj: SchemaObject, rule: QualityRule, column: str, path: Path
) -> Iterator[ContractProblem]:
    """Report what is wrong with a rule at `path`; `column` is its column, "" at an object."""
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
        note = "it is only shown"
    elif rule.rule and rule.metric == rule.rule and rule.metric not in METRICS:
        key, what = "rule", f"the quality rule `{rule.rule}`"
        known = ", ".join(METRICS)
        note = did_you_mean(rule.rule, METRICS, f"it is only shown; there are {known}")
    else:
        return None
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
    if rule.severity not in _SEVERITIES and (near := nearest(rule.severity, _SEVERITIES)):
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
        if not pair or len(threshold) != 2 or not all(is_of(n, (int, float)) for n in threshold):
            yield ContractProblem(
                "W252", here, f"`{operator}` needs two numbers", f"it has `{as_written(threshold)}`"
            )
        elif threshold[0] > threshold[1]:
            yield ContractProblem("W252", here, f"`{operator}` needs the smaller number first")
    elif not is_of(threshold, (int, float)):
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
    columns = listed(rule.arguments.get("properties") or ())
    yield from _listed_columns(obj, columns, (*arguments, "properties"))
    if not column and not columns and rule.metric != "rowCount":
        yield ContractProblem(
            "W253",
            path,
            f"metric {rule.metric} does not say of which columns",
            help="put it under a property, or name them: `arguments: {properties: [id]}`",
        )
    if rule.metric == "invalidValues":
        about = {column, *columns}
        yield from _validity_problems(rule, [p for p in obj.properties if p.name in about], path)


def _listed_columns(
    obj: SchemaObject, columns: Sequence[Any], path: Path
) -> Iterator[ContractProblem]:
    """Check the columns that a rule lists: each is there, and listed once."""
    known, seen = frozenset(obj.column_names), set()
    for number, each in enumerate(columns):
        if not isinstance(each, str) or each not in known:
            yield unknown_column(obj, as_written(each), "quality rule", (*path, number))
        elif each in seen:
            message = f"column `{each}` stands in this rule twice"
            yield ContractProblem("W253", (*path, number), message, "write it once")
        else:
            seen.add(each)


def _validity_problems(
    rule: QualityRule, about: Sequence[SchemaProperty], path: Path
) -> Iterator[ContractProblem]:
    arguments = (*path, "arguments")
    if not (valid_values(rule, about) or rule.arguments.get("pattern")):
        yield ContractProblem(
            "W253",
            path,
            "metric invalidValues does not say what is valid",
            help="write `arguments: {validValues: [a, b]}` or `{pattern: …}`, or an `enum`",
        )
    # The older rule has its values beside it.
    place = path if rule.rule == "validValues" else arguments
    values = listed(rule.arguments.get("validValues"))
    for each in about:
        yield from listed_problems(each, values, (*place, "validValues"), nulls=True)
    pattern = rule.arguments.get("pattern")
    problem = pattern_problem(pattern) if pattern is not None else None
    if problem:
        yield ContractProblem("W255", (*arguments, "pattern"), *problem)
