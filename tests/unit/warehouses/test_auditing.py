"""Measuring checks by any way to ask: fused first, one by one when that fails."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from weft.mesh.check import Check, CheckKind, Measure, Verdict
from weft.plan.plan import AuditSpec
from weft.warehouses.auditing import Quarantined, keeps_rows, key_texts, measured, stored_name
from weft.warehouses.protocol import Unmeasurable

REQUIRED = Measure(Check("r", "r", CheckKind.REQUIRED, ("id",)), column=1, rows="SELECT failing")
RULE = Measure(Check("s", "s", CheckKind.SQL), statement="SELECT rule")


def measure(answers: dict[str, Any], *measures: Measure) -> list[Any]:
    """Measure where each statement that begins so has this answer, or none is known."""

    def ask(statement: str) -> list[tuple[Any, ...]]:
        for begin, answer in answers.items():
            if statement.startswith(begin):
                return answer
        raise Unmeasurable("no such thing")

    spec = AuditSpec("a", "k", "o", "SCAN", measures)
    rows, results = measured(spec, "candidate", ask)
    return [rows, *((each.verdict, each.failed, each.message) for each in results)]


def test_one_scan_for_all() -> None:
    found = measure({"SCAN": [(9, 2)], "SELECT rule": [(Decimal(0),)]}, REQUIRED, RULE)
    assert found == [9, (Verdict.FAIL, 2, ""), (Verdict.PASS, 0, "")]


def test_one_by_one_where_the_scan_fails() -> None:
    answers = {"SELECT count(*) FROM candidate": [(9,)], "SELECT count(*) FROM (": [(3,)]}
    found = measure(answers, REQUIRED, RULE)
    assert found == [9, (Verdict.FAIL, 3, ""), (Verdict.ERROR, 0, "no such thing")]


@pytest.mark.parametrize(
    ("answer", "message"),
    [([], "0 rows"), ([(1,), (2,)], "2 rows"), ([("x",)], "`x`"), ([(True,)], "`True`")],
)
def test_no_number(answer: Any, message: str) -> None:
    (_, (verdict, _, said)) = measure({"SCAN": [(9,)], "SELECT rule": answer}, RULE)
    assert verdict is Verdict.ERROR and message in said


def test_rows_are_kept_of_what_fails() -> None:
    spec = AuditSpec("a", "k", "o", "SCAN", (REQUIRED,))
    for failing, kept in ((2, True), (0, False)):
        _, [result] = measured(spec, "c", lambda _, failing=failing: [(9, failing)])
        assert keeps_rows(REQUIRED, result) is kept
        assert not keeps_rows(RULE, result)


def test_keys_and_names() -> None:
    assert key_texts([("1", None), ("2", "x")]) == ("1, null", "2, x")
    assert stored_name("required_id") == "required_id"
    assert stored_name("../x") != stored_name("../y")
    assert "/" not in stored_name("../x")


@pytest.mark.parametrize(("day", "old"), [(14, False), (16, True)])
def test_kept_for_a_fortnight(day: int, old: bool) -> None:
    kept = Quarantined("p", "o", "c", "l", "r", "2026-03-01T00:00:00+00:00")
    assert kept.is_old(f"2026-03-{day}T00:00:00+00:00") is old
