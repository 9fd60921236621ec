"""Measuring checks by any way to ask: fused first, one by one when that fails."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from weft.mesh.check import Check, CheckKind, Measure, Verdict
from weft.plan.plan import AuditSpec
from weft.sql.dialect import dialect_named
from weft.warehouses.auditing import (
    Asking,
    Quarantined,
    keeps_rows,
    key_texts,
    measured,
    statements_of,
    stored_name,
)
from weft.warehouses.protocol import Unmeasurable

REQUIRED = Measure(Check("r", "r", CheckKind.REQUIRED, ("id",)), column=1, rows="SELECT failing")
RULE = Measure(Check("s", "s", CheckKind.SQL), statement="SELECT rule")

DUCKDB = dialect_named("duckdb")
ASKED = "SELECT CAST(kind_of(value) AS VARCHAR), CAST(value AS VARCHAR)"


def measure(answers: dict[str, Any], *measures: Measure) -> list[Any]:
    """Measure where each statement that holds a text has its answer, or none is known."""

    def ask(statement: str) -> list[tuple[Any, ...]]:
        for text, answer in answers.items():
            if text in statement:
                return answer
        raise Unmeasurable("no such thing")

    spec = AuditSpec("a", "k", "o", "SCAN", measures)
    rows, results = measured(spec, Asking(DUCKDB, "kind_of", ask))
    return [rows, *((each.verdict, each.failed, each.message) for each in results)]


def test_one_scan_for_all() -> None:
    found = measure({"SCAN": [(9, Decimal(2))], ASKED: [("DECIMAL(3,1)", "0.0")]}, REQUIRED, RULE)
    assert found == [9, (Verdict.FAIL, 2, ""), (Verdict.PASS, 0, "")]


def test_what_is_asked_while_nothing_fails() -> None:
    spec = AuditSpec("a", "k", "o", "SCAN", (REQUIRED, RULE))
    assert statements_of(spec, "kind_of") == (
        "SCAN",
        f"{ASKED} FROM ( \nSELECT rule\n ) AS answer(value)",
    )


def test_one_by_one_where_the_scan_fails() -> None:
    answers = {
        'SELECT count(*) FROM "builds.k"': [(9,)],
        "SELECT count(*) FROM (": [("BIGINT", "3")],
    }
    found = measure(answers, REQUIRED, RULE)
    assert found == [9, (Verdict.FAIL, 3, ""), (Verdict.ERROR, 0, "no such thing")]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([], "0 rows"),
        ([("INTEGER", "1"), ("INTEGER", "2")], "2 rows"),
        ([("VARCHAR", "x")], "`x`"),
        ([("BOOLEAN", "true")], "`true`"),
        ([("DOUBLE", "nan")], "`nan`"),
        ([("INTEGER", None)], "nothing"),
    ],
)
def test_no_number(answer: Any, message: str) -> None:
    (_, (verdict, _, said)) = measure({"SCAN": [(9,)], ASKED: answer}, RULE)
    assert verdict is Verdict.ERROR and message in said


def test_rows_are_kept_of_what_fails() -> None:
    spec = AuditSpec("a", "k", "o", "SCAN", (REQUIRED,))
    for failing, kept in ((2, True), (0, False)):
        _, [result] = measured(
            spec, Asking(DUCKDB, "kind_of", lambda _, failing=failing: [(9, failing)])
        )
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
