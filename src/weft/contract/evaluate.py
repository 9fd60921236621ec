"""From a measured number to a verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from weft.contract.checks import expected_text
from weft.mesh.check import Check, CheckKind, CheckResult, Measure, Verdict
from weft.mesh.contract import Operator
from weft.mesh.run import StepResult

_HOLDS: dict[Operator, Callable[[float, Any], bool]] = {
    Operator.EQUAL: lambda value, bound: value == bound,
    Operator.NOT_EQUAL: lambda value, bound: value != bound,
    Operator.GREATER: lambda value, bound: value > bound,
    Operator.GREATER_OR_EQUAL: lambda value, bound: value >= bound,
    Operator.LESS: lambda value, bound: value < bound,
    Operator.LESS_OR_EQUAL: lambda value, bound: value <= bound,
    Operator.BETWEEN: lambda value, bound: bound[0] <= value <= bound[1],
    Operator.NOT_BETWEEN: lambda value, bound: not bound[0] <= value <= bound[1],
}

_COUNTS_NO_ROWS = (CheckKind.ROW_COUNT, CheckKind.SQL)


def evaluate(measure: Measure, rows: int, value: int | float | None) -> CheckResult:
    """Judge what was measured.

    `rows` is the size of the relation, `value` what the check's column or statement gave: failing
    rows, the row count, or a SQL rule's number. Percentages are of `rows`, and 0 of none. A value
    that is missing or not a number is an error.
    """
    check = measure.check
    if value is None or not math.isfinite(value):
        told = "nothing" if value is None else f"`{value}`"
        return unmeasured(check, f"measured {told}, which is no number", rows)
    compared: float = value
    if check.unit == "percent" and check.kind not in _COUNTS_NO_ROWS:
        compared = 100 * value / rows if rows else 0
    good = (
        value == 0 if check.operator is None else _HOLDS[check.operator](compared, check.threshold)
    )
    return CheckResult(
        check=check.id,
        label=check.label,
        verdict=Verdict.PASS if good else _bad(check),
        rows=rows,
        failed=0 if check.kind in _COUNTS_NO_ROWS else int(value),
        value=None if check.operator is None else compared,
        expected=expected_text(check),
        blocks=check.blocks,
        notify=check.notify,
    )


def unmeasured(check: Check, message: str, rows: int = 0) -> CheckResult:
    """Return the result of a check that could not be measured, and why."""
    return CheckResult(
        check=check.id,
        label=check.label,
        verdict=Verdict.ERROR,
        rows=rows,
        expected=expected_text(check),
        blocks=check.blocks,
        notify=check.notify,
        message=message,
    )


def blocked(results: Iterable[CheckResult]) -> bool:
    """Whether these results keep a product from being published."""
    return any(
        result.blocks and result.verdict in (Verdict.FAIL, Verdict.ERROR) for result in results
    )


def holds(steps: Iterable[StepResult]) -> bool:
    """Whether what steps found keeps their product, and not a preview alone, from being shown."""
    return any(blocked(each.checks) and not each.only_of for each in steps)


def _bad(check: Check) -> Verdict:
    lenient = check.severity in ("info", "warning") and not check.blocks
    return Verdict.WARN if lenient else Verdict.FAIL
