from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from weft.contract.evaluate import blocked, evaluate, unmeasured
from weft.mesh.check import Check, CheckKind, Measure, Verdict
from weft.mesh.contract import Operator

REQUIRED = Check("required_id", "required id", CheckKind.REQUIRED, ("id",), notify="ops")


def ruled(operator: Operator, threshold: Any, **rest: Any) -> Check:
    kind = rest.pop("kind", CheckKind.NULL_VALUES)
    return Check("rule", "rule", kind, ("id",), operator=operator, threshold=threshold, **rest)


def verdict(check: Check, rows: int, value: float | None) -> Verdict:
    return evaluate(Measure(check), rows, value).verdict


def test_no_row_may_fail() -> None:
    good, bad = (evaluate(Measure(REQUIRED), 10, failed) for failed in (0, 3))
    assert (good.verdict, good.failed, good.rows) == (Verdict.PASS, 0, 10)
    assert (bad.verdict, bad.failed, bad.rows) == (Verdict.FAIL, 3, 10)
    assert (bad.check, bad.label, bad.expected) == ("required_id", "required id", "no rows")
    assert (bad.blocks, bad.notify, bad.value) == (True, "ops", None)


@pytest.mark.parametrize(
    ("operator", "threshold", "passing", "failing"),
    [
        (Operator.EQUAL, 3, [3, 3.0], [2, 4]),
        (Operator.NOT_EQUAL, 3, [2, 4], [3]),
        (Operator.GREATER, 3, [4], [3, 2]),
        (Operator.GREATER_OR_EQUAL, 3, [3, 4], [2]),
        (Operator.LESS, 3, [2], [3, 4]),
        (Operator.LESS_OR_EQUAL, 3, [3, 2], [4]),
        (Operator.BETWEEN, [3, 5], [3, 4, 5], [2, 6]),
        (Operator.NOT_BETWEEN, [3, 5], [2, 6], [3, 4, 5]),
    ],
)
def test_the_eight_operators(
    operator: Operator, threshold: Any, passing: list[float], failing: list[float]
) -> None:
    check = ruled(operator, threshold)
    assert {verdict(check, 100, value) for value in passing} == {Verdict.PASS}
    assert {verdict(check, 100, value) for value in failing} == {Verdict.FAIL}


def test_percent_is_of_the_rows() -> None:
    check = ruled(Operator.LESS, 5, unit="percent")
    assert verdict(check, 1000, 49) is Verdict.PASS
    assert verdict(check, 1000, 50) is Verdict.FAIL
    result = evaluate(Measure(check), 1000, 50)
    assert (result.value, result.failed, result.expected) == (5.0, 50, "< 5 %")


def test_an_empty_relation() -> None:
    assert verdict(REQUIRED, 0, 0) is Verdict.PASS
    assert verdict(ruled(Operator.LESS, 5, unit="percent"), 0, 0) is Verdict.PASS
    assert verdict(ruled(Operator.GREATER, 0, kind=CheckKind.ROW_COUNT), 0, 0) is Verdict.FAIL


def test_numbers_that_are_not_rows() -> None:
    count = evaluate(Measure(ruled(Operator.BETWEEN, [1, 5], kind=CheckKind.ROW_COUNT)), 7, 7)
    assert (count.verdict, count.failed, count.value) == (Verdict.FAIL, 0, 7)
    sql = evaluate(Measure(ruled(Operator.LESS, 0.5, kind=CheckKind.SQL, unit="percent")), 7, 0.4)
    assert (sql.verdict, sql.failed, sql.value) == (Verdict.PASS, 0, 0.4)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_no_number_is_an_error(value: float | None) -> None:
    result = evaluate(Measure(ruled(Operator.LESS, 5, kind=CheckKind.SQL)), 10, value)
    assert result.verdict is Verdict.ERROR
    assert "no number" in result.message
    assert blocked([result])


@pytest.mark.parametrize(
    ("severity", "blocks", "expected", "held"),
    [
        ("error", True, Verdict.FAIL, True),
        ("error", False, Verdict.FAIL, False),
        ("warning", False, Verdict.WARN, False),
        ("info", False, Verdict.WARN, False),
        ("warning", True, Verdict.FAIL, True),
    ],
)
def test_severity_and_what_it_holds_back(
    severity: str, blocks: bool, expected: Verdict, held: bool
) -> None:
    check = replace(REQUIRED, severity=severity, blocks=blocks)
    result = evaluate(Measure(check), 10, 1)
    assert result.verdict is expected
    assert blocked([result]) is held
    assert blocked([unmeasured(check, "no such function", 10)]) is blocks


def test_nothing_blocks_where_all_passed() -> None:
    assert not blocked([])
    assert not blocked([evaluate(Measure(REQUIRED), 10, 0)])
