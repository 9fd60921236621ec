"""Carry out audit steps: measure the checks on a candidate, and keep the rows that fail."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from weft.mesh.check import CheckResult, Measure, Verdict
from weft.mesh.manifest import Column
from weft.plan.plan import AuditSpec, Source, Step
from weft.sql.duckdb import DIALECT, quote
from weft.warehouses.auditing import (
    KEPT_KEYS,
    Asking,
    Quarantined,
    column_results,
    keeps_rows,
    key_texts,
    measured,
    stored_name,
)
from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.layout import Layout, checked
from weft.warehouses.duckdb.manifests import refuse_rotten
from weft.warehouses.duckdb.reading import Reading, parquet
from weft.warehouses.duckdb.relations import Relations
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.duckdb.sessions import Sessions
from weft.warehouses.protocol import Bound, Outcome, Unmeasurable

TYPE_OF = "typeof"
"""The engine's function for the name of a value's type."""

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
        asking = Asking(DIALECT, TYPE_OF, lambda select: self._ask(select, reading))
        with self._relations.blaming(keys):
            rows, results = measured(spec, asking)
        if any(result.verdict is Verdict.ERROR for result in results):
            refuse_rotten(self._relations.manifests, keys)
        kept = tuple(
            self._quarantined(_Failing(step.product, spec, measure, reading), result, bound)
            if keeps_rows(measure, result)
            else result
            for measure, result in zip(spec.measures, results, strict=True)
        )
        columns = column_results(spec, build.columns, self._earlier_columns(spec), rows, DIALECT)
        return Outcome(rows=rows, checks=(*columns, *kept))

    def _earlier_columns(self, spec: AuditSpec) -> tuple[Column, ...]:
        """The columns that readers have now; none where that build is not there any more."""
        earlier = self._relations.manifests.find(spec.succeeds) if spec.succeeds else None
        return earlier.columns if earlier else ()

    def _ask(self, select: str, reading: Reading) -> list[tuple[Any, ...]]:
        statement = reading.over(select)
        return self._sessions.execute(statement, reading.is_small(statement))

    def _quarantined(self, failing: _Failing, result: CheckResult, bound: Bound) -> CheckResult:
        """Keep the failing rows of a check that did not pass."""
        spec, check, select = failing.spec, failing.measure.check, failing.measure.rows
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
        return key_texts(found)

    def _stem(self, audit: str, check: str) -> str:
        return f"{self._layout.quarantine}/{checked(audit)}/{stored_name(check)}"

    def rows_file(self, audit: str, check: str) -> str:
        """Return the path of the kept rows of a check. Raises KeyError when there are none."""
        path = self._stem(audit, check) + ".parquet"
        if not os.path.isfile(path):
            raise KeyError(check)
        return path


def audited(relations: Relations, spec: AuditSpec, sources: Mapping[str, Source]) -> Reading:
    """Return what the statements of an audit read. Raises WarehouseError."""
    reading = relations.reading((spec.key, *spec.reads), sources)
    return reading + relations.growth(spec.key, spec.base) if spec.base else reading
