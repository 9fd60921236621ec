"""Compare a build with what its readers have on another warehouse, before they get this one."""

from __future__ import annotations

from collections.abc import Iterator

from arro3.core import RecordBatchReader

from weft.mesh.check import CheckResult, Verdict
from weft.plan.plan import VerifySpec
from weft.warehouses.protocol import Outcome, Warehouse


def verify(spec: VerifySpec, warehouse: Warehouse) -> Outcome:
    """Carry out a comparison; what differs is a failed check, which holds the product back.

    Raises WarehouseError.
    """
    before, after, missing = _numbers(spec.whole, spec, warehouse)
    same = CheckResult(
        check="same_rows",
        label=f"the same rows as on {spec.source}",
        verdict=Verdict.PASS if before == after and not missing else Verdict.FAIL,
        rows=after,
        failed=max(missing, abs(after - before)),
        expected=f"{before:,} rows",
    )
    checks = [same]
    if same.verdict is Verdict.FAIL:
        checks += _differing(spec, warehouse, after)
    return Outcome(rows=after, checks=tuple(checks))


def _differing(spec: VerifySpec, warehouse: Warehouse, rows: int) -> Iterator[CheckResult]:
    """The columns of which there are values that have no equal."""
    for each in spec.columns:
        (failed,) = _numbers(each.statement, spec, warehouse)
        if failed:
            yield CheckResult(
                check=f"same_{each.column}",
                label=f"the same `{each.column}` as on {spec.source}",
                verdict=Verdict.FAIL,
                rows=rows,
                failed=failed,
            )


def _numbers(select: str, spec: VerifySpec, warehouse: Warehouse) -> list[int]:
    """The one row that a statement gives, all of whole numbers."""
    with warehouse.rows(select, (spec.key, spec.copy), {}) as rows:
        (batch,) = list(RecordBatchReader.from_arrow(rows))
        return [int(column[0].as_py()) for column in batch.columns]
