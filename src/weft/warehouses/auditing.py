"""What auditing is on every warehouse: which statement is asked, and how its answer is judged.

How statements run and where failing rows are kept is each warehouse's own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from weft.contract.evaluate import evaluate, unmeasured
from weft.mesh.check import CheckResult, Measure, Promise, Verdict
from weft.mesh.diagnostic import as_written
from weft.mesh.manifest import Column
from weft.plan.plan import AuditSpec
from weft.sql.dialect import Dialect
from weft.sql.nested import misfits
from weft.sql.retyped import retyped
from weft.sql.types import family_of
from weft.warehouses.protocol import Unmeasurable

KEPT_KEYS = 3
KEPT_DAYS = 14

# Drivers give some values only where other packages are installed; as texts all.
_TEXTS = (
    "SELECT CAST({type_of}(value) AS VARCHAR), CAST(value AS VARCHAR) "
    "FROM ( {statement} ) AS answer(value)"
)
_NUMBERS = {"integer": int, "decimal": float, "float": float}

_CHECK = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


@dataclass(frozen=True)
class Asking:
    """How a warehouse is asked. `type_of` is its function for the name of a value's type.

    `ask` runs one statement and returns its rows; it raises Unmeasurable when the statement is at
    fault.
    """

    dialect: Dialect
    type_of: str
    ask: Callable[[str], list[tuple[Any, ...]]]


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


def measured(spec: AuditSpec, asking: Asking) -> tuple[int, list[CheckResult]]:
    """Measure every check of a candidate; return its rows, and a result per measure.

    A statement at fault is a result of its own and blocks.
    """
    try:
        counts = asking.ask(spec.scan)[0]
    except Unmeasurable:
        return _measured_alone(spec, asking)
    rows = int(counts[0])
    return rows, [
        evaluate(measure, rows, int(counts[measure.column]))
        if measure.column >= 0
        else _stated(measure, measure.statement, rows, asking)
        for measure in spec.measures
    ]


def statements_of(spec: AuditSpec, type_of: str) -> tuple[str, ...]:
    """Return what an audit asks, over what it reads, while nothing fails."""
    own = (_as_text(each.statement, type_of) for each in spec.measures if each.column < 0)
    return (spec.scan, *own)


def counted(rows: int | str) -> str:
    """Return the SELECT of the one row that says how many rows a build keeps of its base."""
    return f"SELECT {rows} AS rows"


def _measured_alone(spec: AuditSpec, asking: Asking) -> tuple[int, list[CheckResult]]:
    """Measure check by check when the fused scan fails, to find the one that is to blame."""
    relation = asking.dialect.relation("builds", spec.key)
    rows = asking.ask(" ".join(("SELECT count(*) FROM", relation)))[0][0]
    results = []
    for measure in spec.measures:
        statement = measure.statement
        if not statement and measure.rows:
            statement = " ".join(("SELECT count(*) FROM (\n", measure.rows, '\n) AS "failing"'))
        if statement:
            results.append(_stated(measure, statement, rows, asking))
        else:
            results.append(evaluate(measure, rows, rows))
    return rows, results


def _stated(measure: Measure, statement: str, rows: int, asking: Asking) -> CheckResult:
    try:
        found = asking.ask(_as_text(statement, asking.type_of))
    except Unmeasurable as error:
        return unmeasured(measure.check, str(error), rows)
    if len(found) != 1:
        return unmeasured(measure.check, f"it gave {len(found)} rows and not one", rows)
    native, text = found[0]
    if text is None:
        return evaluate(measure, rows, None)
    family = family_of(native, asking.dialect)
    if family not in _NUMBERS:
        return unmeasured(measure.check, f"it gave `{as_written(text)}` and not a number", rows)
    return evaluate(measure, rows, _NUMBERS[family](text))


def _as_text(statement: str, type_of: str) -> str:
    return _TEXTS.format(type_of=type_of, statement=f"\n{statement}\n")


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
    spec: AuditSpec,
    columns: tuple[Column, ...],
    earlier: tuple[Column, ...],
    rows: int,
    dialect: Dialect,
) -> tuple[CheckResult, ...]:
    """Compare a candidate's columns with the contract's and with the earlier build's.

    One result, or one per column at fault.
    """
    if not spec.columns:
        return ()
    found, before = (
        {dialect.fold(column.name, quoted=True): column.type for column in each}
        for each in (columns, earlier)
    )
    faults: list[CheckResult] = []
    for promise in spec.columns:
        name = dialect.fold(promise.name, quoted=True)
        native = found.get(name)
        if native is None:
            faults.append(_not_given(promise.name))
        else:
            # A type that the contract does not allow is no news beside that.
            faults += _misfitting(promise, native, dialect) or _changed(
                promise, native, before.get(name, ""), dialect
            )
    if faults:
        return tuple(replace(fault, rows=rows) for fault in faults)
    return (CheckResult("columns", "columns and their types", Verdict.PASS, rows),)


def _misfitting(promise: Promise, native: str, dialect: Dialect) -> list[CheckResult]:
    return [
        _not_given(each.path) if each.missing else _of_type(each.path, each.problem)
        for each in misfits(promise, native, dialect)
    ]


def _changed(promise: Promise, native: str, before: str, dialect: Dialect) -> list[CheckResult]:
    return [
        _of_type(each.path, f"{each.path} is {each.new or 'gone'} now, it was {each.old}")
        for each in retyped(promise, native, before, dialect)
    ]


def _of_type(path: str, problem: str) -> CheckResult:
    return _fault(f"type_{path}", f"type of {path}", problem)


def _not_given(path: str) -> CheckResult:
    return _fault(f"column_{path}", f"column {path}", "the model does not give it")


def _fault(check: str, label: str, message: str) -> CheckResult:
    return CheckResult(check, label, Verdict.FAIL, message=message)
