"""What auditing is on every warehouse: which statement is asked, and how its answer is judged.

How statements run and where failing rows are kept is each warehouse's own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from weft.contract.evaluate import evaluate, unmeasured
from weft.mesh.check import CheckResult, Measure, Verdict
from weft.mesh.manifest import Column
from weft.plan.plan import AuditSpec
from weft.sql.dialect import Dialect
from weft.warehouses.protocol import Unmeasurable

KEPT_KEYS = 3
KEPT_DAYS = 14

Ask = Callable[[str], list[tuple[Any, ...]]]

_CHECK = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


@dataclass(frozen=True)
class Quarantined:
    """What is noted of the failing rows that are kept; `at` is an ISO time."""

    product: str
    object: str
    check: str
    label: str
    run: str
    at: str

    def is_old(self, now: str) -> bool:
        """Whether they have been kept long enough. Raises ValueError for what is no time."""
        oldest = datetime.fromisoformat(now) - timedelta(days=KEPT_DAYS)
        return datetime.fromisoformat(self.at) < oldest


def measured(spec: AuditSpec, relation: str, ask: Ask) -> tuple[int, list[CheckResult]]:
    """Measure every check of a candidate; return its rows, and a result per measure.

    `relation` is the name of the candidate in statements. `ask` runs one, and raises Unmeasurable
    when the statement is at fault: that is a result of its own and blocks.
    """
    try:
        counts = ask(spec.scan)[0]
    except Unmeasurable:
        return _measured_alone(spec, relation, ask)
    rows = counts[0]
    return rows, [
        _judged(measure, rows, counts[measure.column])
        if measure.column >= 0
        else _stated(measure, measure.statement, rows, ask)
        for measure in spec.measures
    ]


def _measured_alone(spec: AuditSpec, relation: str, ask: Ask) -> tuple[int, list[CheckResult]]:
    """Measure check by check when the fused scan fails, to find the one that is to blame."""
    rows = ask(" ".join(("SELECT count(*) FROM", relation)))[0][0]
    results = []
    for measure in spec.measures:
        statement = measure.statement
        if not statement and measure.rows:
            statement = " ".join(("SELECT count(*) FROM (\n", measure.rows, '\n) AS "failing"'))
        if statement:
            results.append(_stated(measure, statement, rows, ask))
        else:
            results.append(_judged(measure, rows, rows))
    return rows, results


def _stated(measure: Measure, statement: str, rows: int, ask: Ask) -> CheckResult:
    try:
        found = ask(statement)
    except Unmeasurable as error:
        return unmeasured(measure.check, str(error), rows)
    if len(found) != 1:
        return unmeasured(measure.check, f"it gave {len(found)} rows and not one", rows)
    return _judged(measure, rows, found[0][0])


def _judged(measure: Measure, rows: int, value: Any) -> CheckResult:
    number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    if value is not None and not number:
        return unmeasured(measure.check, f"it gave `{value}` and not a number", rows)
    return evaluate(measure, rows, float(value) if isinstance(value, Decimal) else value)


def keeps_rows(measure: Measure, result: CheckResult) -> bool:
    """Whether the failing rows of a check are to be kept: it did not pass, and rows can fail."""
    return bool(
        result.failed and measure.rows and result.verdict not in (Verdict.PASS, Verdict.ERROR)
    )


def key_texts(rows: Sequence[Sequence[str | None]]) -> tuple[str, ...]:
    """Return the keys of rows as people read them; each row has the columns of a key as texts."""
    return tuple(", ".join("null" if text is None else text for text in row) for row in rows)


def stored_name(check: str) -> str:
    """Return the name under which a check's rows are kept: its id, or a hash of an odd one."""
    if _CHECK.fullmatch(check):
        return check
    return f"x-{hashlib.sha256(check.encode()).hexdigest()[:32]}"


def column_results(
    spec: AuditSpec, columns: tuple[Column, ...], rows: int, dialect: Dialect
) -> tuple[CheckResult, ...]:
    """Compare a candidate's columns with the contract's: one result, or one per column at fault."""
    if not spec.columns:
        return ()
    from weft.sql.types import fit_problem  # reads types with sqlglot, which observing spares

    found = {dialect.fold(column.name, quoted=True): column.type for column in columns}
    faults = []
    for promise in spec.columns:
        name = promise.name
        native = found.get(dialect.fold(name, quoted=True))
        if native is None:
            faults.append(_fault(f"column_{name}", f"column {name}", "the model does not give it"))
        elif problem := fit_problem(promise, native, dialect):
            faults.append(_fault(f"type_{name}", f"type of {name}", problem))
    if faults:
        return tuple(replace(fault, rows=rows) for fault in faults)
    return (CheckResult("columns", "columns and their types", Verdict.PASS, rows),)


def _fault(check: str, label: str, message: str) -> CheckResult:
    return CheckResult(check, label, Verdict.FAIL, message=message)
