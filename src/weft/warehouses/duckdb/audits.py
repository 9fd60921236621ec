"""Carry out audit steps: measure the checks on a candidate, and keep the rows that fail."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from weft.contract.evaluate import evaluate, unmeasured
from weft.mesh.check import CheckResult, Measure, Promise, Verdict
from weft.mesh.diagnostic import as_written
from weft.mesh.manifest import Column
from weft.plan.plan import AuditSpec, Source, Step
from weft.sql.duckdb import DIALECT, quote
from weft.sql.nested import misfits
from weft.sql.retyped import retyped
from weft.sql.types import family_of
from weft.warehouses.duckdb.disk import Disk, names_in, read
from weft.warehouses.duckdb.layout import Layout, checked, is_name
from weft.warehouses.duckdb.manifests import refuse_rotten
from weft.warehouses.duckdb.reading import Reading, build_relation, parquet
from weft.warehouses.duckdb.relations import Relations
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.duckdb.sessions import Sessions
from weft.warehouses.protocol import Bound, Outcome, Unmeasurable, WarehouseError

KEPT_KEYS = 3
KEPT_DAYS = 14

# The engine's own driver gives some values only where other packages are installed; as texts all.
_TEXTS = "SELECT typeof(value), CAST(value AS VARCHAR) FROM ( {statement} ) AS answer(value)"
_NUMBERS = {"integer": int, "decimal": float, "float": float}

_CHECK = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


@dataclass(frozen=True)
class Quarantined:
    """What lies in a quarantine file, as it is told in the JSON beside it."""

    product: str
    object: str
    check: str
    label: str
    run: str
    at: str


_decoder = msgspec.json.Decoder(Quarantined)


@dataclass(frozen=True)
class _Failing:
    """A check that found failing rows, in which audit, and what its statements read."""

    product: str
    spec: AuditSpec
    measure: Measure
    reading: Reading


class Auditor:
    """Measures checks. Nothing it does can change a build."""

    def __init__(
        self, layout: Layout, disk: Disk, scratch: Scratch, sessions: Sessions, relations: Relations
    ) -> None:
        self._layout = layout
        self._disk = disk
        self._scratch = scratch
        self._sessions = sessions
        self._relations = relations

    def audit(self, step: Step, spec: AuditSpec, bound: Bound) -> Outcome:
        """Measure every check of a candidate. Raises WarehouseError when the outside fails.

        A check that cannot be measured is a result of its own and blocks.
        """
        build = self._relations.manifests.need(spec.key)
        keys = (spec.key, *spec.reads)
        reading = audited(self._relations, spec, bound.sources)
        with self._relations.blaming(keys):
            rows, results = self._measured(spec, reading)
        if any(result.verdict is Verdict.ERROR for result in results):
            refuse_rotten(self._relations.manifests, keys)
        kept = tuple(
            self._quarantined(_Failing(step.product, spec, measure, reading), result, bound)
            if result.failed
            else result
            for measure, result in zip(spec.measures, results, strict=True)
        )
        columns = column_results(spec, build.columns, self._earlier_columns(spec), rows)
        return Outcome(rows=rows, checks=(*columns, *kept))

    def _earlier_columns(self, spec: AuditSpec) -> tuple[Column, ...]:
        """The columns that readers have now; none where that build is not there any more."""
        earlier = self._relations.manifests.find(spec.succeeds) if spec.succeeds else None
        return earlier.columns if earlier else ()

    def _measured(self, spec: AuditSpec, reading: Reading) -> tuple[int, list[CheckResult]]:
        try:
            counts = self._ask(spec.scan, reading)[0]
        except Unmeasurable:
            return self._measured_alone(spec, reading)
        rows = counts[0]
        return rows, [
            evaluate(measure, rows, counts[measure.column])
            if measure.column >= 0
            else self._stated(measure, measure.statement, rows, reading)
            for measure in spec.measures
        ]

    def _measured_alone(self, spec: AuditSpec, reading: Reading) -> tuple[int, list[CheckResult]]:
        """Measure check by check when the fused scan fails, to find the one that is to blame."""
        relation = build_relation(spec.key)
        rows = self._ask(" ".join(("SELECT count(*) FROM", relation)), reading)[0][0]
        results = []
        for measure in spec.measures:
            statement = measure.statement
            if not statement and measure.rows:
                statement = " ".join(("SELECT count(*) FROM (\n", measure.rows, "\n)"))
            if statement:
                results.append(self._stated(measure, statement, rows, reading))
            else:
                results.append(evaluate(measure, rows, rows))
        return rows, results

    def _stated(self, measure: Measure, statement: str, rows: int, reading: Reading) -> CheckResult:
        try:
            found = self._ask(_as_text(statement), reading)
        except Unmeasurable as error:
            return unmeasured(measure.check, str(error), rows)
        if len(found) != 1:
            return unmeasured(measure.check, f"it gave {len(found)} rows and not one", rows)
        native, text = found[0]
        if text is None:
            return evaluate(measure, rows, None)
        family = family_of(native, DIALECT)
        if family not in _NUMBERS:
            return unmeasured(measure.check, f"it gave `{as_written(text)}` and not a number", rows)
        return evaluate(measure, rows, _NUMBERS[family](text))

    def _ask(self, select: str, reading: Reading) -> list[tuple[Any, ...]]:
        statement = reading.over(select)
        return self._sessions.execute(statement, reading.is_small(statement))

    def _quarantined(self, failing: _Failing, result: CheckResult, bound: Bound) -> CheckResult:
        """Keep the failing rows of a check that did not pass."""
        spec, check, select = failing.spec, failing.measure.check, failing.measure.rows
        if result.verdict in (Verdict.PASS, Verdict.ERROR) or not select:
            return result
        draft = self._scratch.file(bound.run, "rows.parquet")
        statement = failing.reading.over(select)
        try:
            self._sessions.write_parquet(statement, draft, failing.reading.is_small(statement))
        except Unmeasurable as error:
            return replace(result, message=f"its rows could not be kept: {error}")
        keys = self._keys(spec.identity, draft)
        note = Quarantined(failing.product, spec.object, check.id, check.label, bound.run, bound.at)
        self._keep(draft, note, self._stem(spec.audit, check.id))
        return replace(result, keys=keys, quarantined=True)

    def _keep(self, draft: str, note: Quarantined, stem: str) -> None:
        self._disk.make_folder(os.path.dirname(stem))
        note_draft = self._scratch.file(note.run, "rows.json")
        self._disk.write(note_draft, msgspec.json.encode(note))
        self._disk.rename(note_draft, f"{stem}.json")
        self._disk.rename(draft, f"{stem}.parquet")

    def _keys(self, identity: tuple[str, ...], path: str) -> tuple[str, ...]:
        if not identity:
            return ()
        texts = ", ".join(f"CAST({quote(name)} AS VARCHAR)" for name in identity)
        found = self._sessions.execute(
            " ".join(("SELECT", texts, "FROM", parquet([path]), "LIMIT", str(KEPT_KEYS))),
            small=True,
        )
        return tuple(", ".join("null" if x is None else x for x in row) for row in found)

    def _stem(self, audit: str, check: str) -> str:
        return f"{self._layout.quarantine}/{checked(audit)}/{file_name(check)}"

    def rows_file(self, audit: str, check: str) -> str:
        """Return the path of the kept rows of a check. Raises KeyError when there are none."""
        path = self._stem(audit, check) + ".parquet"
        if not os.path.isfile(path):
            raise KeyError(check)
        return path

    def old_rows(self, now: str) -> list[str]:
        """Return the paths of all rows that were kept long enough, and of the notes beside them."""
        oldest = datetime.fromisoformat(now) - timedelta(days=KEPT_DAYS)
        found: list[str] = []
        for audit in filter(is_name, names_in(self._layout.quarantine)):
            folder = os.path.join(self._layout.quarantine, audit)
            for name in names_in(folder):
                stem, ending = os.path.splitext(os.path.join(folder, name))
                data = read(f"{stem}.json") if ending == ".json" else None
                if data is not None and _kept_since(stem, data) < oldest:
                    found += [f"{stem}.parquet", f"{stem}.json"]
        return found


def audited(relations: Relations, spec: AuditSpec, sources: Mapping[str, Source]) -> Reading:
    """Return what the statements of an audit read. Raises WarehouseError."""
    reading = relations.reading((spec.key, *spec.reads), sources)
    return reading + relations.growth(spec.key, spec.base) if spec.base else reading


def statements_of(spec: AuditSpec) -> tuple[str, ...]:
    """Return what an audit asks, over what it reads, while nothing fails."""
    own = (_as_text(each.statement) for each in spec.measures if each.column < 0)
    return (spec.scan, *own)


def _as_text(statement: str) -> str:
    return _TEXTS.format(statement=f"\n{statement}\n")


def file_name(check: str) -> str:
    """Return the name of a check's files: its id, or a hash where that is no name for a file."""
    if _CHECK.fullmatch(check):
        return check
    return f"x-{hashlib.sha256(check.encode()).hexdigest()[:32]}"


def column_results(
    spec: AuditSpec, columns: tuple[Column, ...], earlier: tuple[Column, ...], rows: int
) -> tuple[CheckResult, ...]:
    """Compare a candidate's columns with the contract's and with the earlier build's.

    One result, or one per column at fault.
    """
    if not spec.columns:
        return ()
    found, before = (
        {DIALECT.fold(column.name): column.type for column in each} for each in (columns, earlier)
    )
    faults: list[CheckResult] = []
    for promise in spec.columns:
        name = DIALECT.fold(promise.name)
        native = found.get(name)
        if native is None:
            faults.append(_not_given(promise.name))
        else:
            # A type that the contract does not allow is no news beside that.
            faults += _misfitting(promise, native) or _changed(
                promise, native, before.get(name, "")
            )
    if faults:
        return tuple(replace(fault, rows=rows) for fault in faults)
    return (CheckResult("columns", "columns and their types", Verdict.PASS, rows),)


def _misfitting(promise: Promise, native: str) -> list[CheckResult]:
    return [
        _not_given(each.path) if each.missing else _of_type(each.path, each.problem)
        for each in misfits(promise, native, DIALECT)
    ]


def _changed(promise: Promise, native: str, before: str) -> list[CheckResult]:
    return [
        _of_type(each.path, f"{each.path} is {each.new or 'gone'} now, it was {each.old}")
        for each in retyped(promise, native, before, DIALECT)
    ]


def _of_type(path: str, problem: str) -> CheckResult:
    return _fault(f"type_{path}", f"type of {path}", problem)


def _not_given(path: str) -> CheckResult:
    return _fault(f"column_{path}", f"column {path}", "the model does not give it")


def _fault(check: str, label: str, message: str) -> CheckResult:
    return CheckResult(check, label, Verdict.FAIL, message=message)


def _kept_since(stem: str, data: bytes) -> datetime:
    try:
        return datetime.fromisoformat(_decoder.decode(data).at)
    except (msgspec.MsgspecError, ValueError) as error:
        raise WarehouseError(f"{stem}.json is damaged: {error}") from error
