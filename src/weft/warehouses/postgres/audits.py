"""Carry out audit steps: measure the checks on a candidate, and keep the rows that fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from weft.mesh.check import CheckResult, Measure
from weft.mesh.manifest import Column
from weft.plan.plan import AuditSpec, Step
from weft.sql.postgres import DIALECT, quote
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
from weft.warehouses.postgres.catalog import Located, relation
from weft.warehouses.postgres.increments import ends, increment, near, sought
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.marks import Mark, marking
from weft.warehouses.postgres.names import Names, Place, rows_name
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.reading import Reading, defined, named
from weft.warehouses.postgres.sessions import LOOKING_UP, Row, Sessions
from weft.warehouses.protocol import Bound, Outcome, Unmeasurable

TYPE_OF = "pg_typeof"
"""The server's function for the name of a value's type."""


@dataclass(frozen=True)
class _Candidate:
    """What is audited, where its failing rows are kept, and what the statements read, by name."""

    spec: AuditSpec
    product: str
    place: Place
    reads: Mapping[str, str]


class Auditor:
    """Measures checks. Nothing it does can change a build."""

    def __init__(
        self, sessions: Sessions, known: Known, places: Places, reading: Reading, names: Names
    ) -> None:
        self._sessions = sessions
        self._known = known
        self._places = places
        self._reading = reading
        self._names = names

    def audit(self, step: Step, spec: AuditSpec, bound: Bound) -> Outcome:
        """Measure every check of a candidate. Raises WarehouseError when the outside fails.

        A check that cannot be measured is a result of its own and blocks.
        """
        place = self._places.prepared(self._names.place(step.product, bound.environment))
        reads = self._reading.found((spec.key, *spec.reads), place, bound)
        named_reads = self._named(spec, reads, place)
        candidate = self._nearer(_Candidate(spec, step.product, place, named_reads), reads[0])
        asking = Asking(DIALECT, TYPE_OF, lambda select: self._ask(select, candidate))
        rows, results = measured(spec, asking)
        kept = tuple(
            self._quarantined(candidate, measure, result, bound)
            if keeps_rows(measure, result)
            else result
            for measure, result in zip(spec.measures, results, strict=True)
        )
        earlier, columns = self._earlier_columns(spec), reads[0].build.columns
        promised = column_results(spec, columns, earlier, rows, DIALECT)
        return Outcome(rows=rows, checks=(*promised, *kept))

    def rows(self, audit: str, check: str) -> Located:
        """Return where the failing rows of a check are kept. Raises KeyError when none are."""
        name = rows_name(audit, stored_name(check))
        for found in self._known.catalog.rows():
            if found.name == name:
                return found
        raise KeyError(check)

    def _named(self, spec: AuditSpec, reads: tuple[Located, ...], place: Place) -> dict[str, str]:
        """What the statements read by name, which the internals of the place may read."""
        candidate = reads[0]
        found = increment(spec, candidate)
        for each in candidate.tables if found else ():
            if each.schema != place.internal:
                self._places.let_read(place.internal_owner, each)
        return {**named(reads), **found}

    def _nearer(self, candidate: _Candidate, build: Located) -> _Candidate:
        """Leave out kept rows that can have no key of a new one, where keys are looked for."""
        spec = candidate.spec
        keys = sought(spec, build) if spec.base else ()
        if not keys:
            return candidate
        try:
            [values] = self._ask(ends(spec, keys), candidate)
        except Unmeasurable:
            # Values without an order do not lie outside of others.
            return candidate
        return replace(candidate, reads=near(spec, keys, values, candidate.reads))

    def _earlier_columns(self, spec: AuditSpec) -> tuple[Column, ...]:
        """The columns that readers have now; none where that build is not there any more."""
        found = self._known.find([spec.succeeds]) if spec.succeeds else {}
        return found[spec.succeeds].build.columns if found else ()

    def _ask(self, select: str, candidate: _Candidate) -> list[Row]:
        """Ask with the rights of the product's internals, and of nobody else."""
        with self._sessions.acting_as(candidate.place.internal_owner, LOOKING_UP):
            return self._sessions.ask_users(defined(select, candidate.reads))

    def _quarantined(
        self, candidate: _Candidate, measure: Measure, result: CheckResult, bound: Bound
    ) -> CheckResult:
        """Keep the failing rows of a check that did not pass, in place of earlier ones."""
        spec, check, place = candidate.spec, measure.check, candidate.place
        target = relation(place.internal, rows_name(spec.audit, stored_name(check.id)))
        note = Quarantined(
            candidate.product, spec.object, check.id, check.label, bound.run, bound.at
        )
        select = defined(measure.rows, candidate.reads)
        sessions = self._sessions
        try:
            with sessions.acting_as(place.internal_owner):
                sessions.ask(f"DROP TABLE IF EXISTS {target}")
                sessions.change_by_users(" ".join(("CREATE TABLE", target, "AS\n", select)))
                sessions.ask(marking("TABLE", target, Mark(rows=note)))
        except Unmeasurable as error:
            return replace(result, message=f"its rows could not be kept: {error}")
        return replace(result, keys=self._keys(spec.identity, target), quarantined=True)

    def _keys(self, identity: tuple[str, ...], target: str) -> tuple[str, ...]:
        if not identity:
            return ()
        texts = ", ".join(f"CAST({quote(name)} AS text)" for name in identity)
        found = self._sessions.ask(
            " ".join(("SELECT", texts, "FROM", target, "LIMIT", str(KEPT_KEYS)))
        )
        return key_texts(found)
