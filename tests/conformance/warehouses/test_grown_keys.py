"""New rows are measured against the kept ones that may have their keys, whatever a key is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from warehouse_kinds import Kind
from warehouse_steps import bound, growing, measured, unique

from weft.contract.measure import Increment, fused_scan
from weft.mesh.growth import Growth, Range
from weft.plan.plan import Step
from weft.sql.dialect import Dialect
from weft.warehouses.postgres import layers

LONG = f"'{random.Random(1).randbytes(20_000).hex()}'"

# By the type of a key: its kept values, its new ones, and how many of these are kept ones too.
CASES = {
    "integer": (["5", "9", "10"], ["9", "10", "11"], 2),
    "bigint": (["1", "2", "3"], ["70", "80"], 0),
    "smallint": (["1", "NULL"], ["NULL", "NULL"], 0),
    "varchar": (["'B'", "'a'", "''", "'10'"], ["'a'", "'Z'", "'9'", "''"], 2),
    "text": ([LONG, "'x'"], [LONG, "'it''s'"], 1),
    "double precision": (["'1e300'", "'NaN'", "'0.1'", "'-Infinity'"], ["'NaN'", "'0.1'"], 2),
    "decimal(10,2)": (["9.5", "10", "-1"], ["10.00", "9.50"], 2),
    "date": (["'2026-01-31'", "'0044-03-15'"], ["'2026-01-31'", "'12026-01-01'"], 1),
    "timestamptz": (["'2026-01-01 00:00:00.000001+01'"], ["'2025-12-31 23:00:00.000001Z'"], 1),
    "time": (["'09:00'", "'23:59:59.999999'"], ["'23:59:59.999999'", "'10:00'"], 1),
    "uuid": (
        ["'00000000-0000-4000-8000-000000000009'", "'10000000-0000-4000-8000-000000000000'"],
        ["'10000000-0000-4000-8000-000000000000'", "'00000000-0000-4000-8000-00000000000a'"],
        1,
    ),
    "boolean": (["true"], ["false", "true"], 1),
    "integer[]": (["ARRAY[2]", "ARRAY[10, 1]"], ["ARRAY[10, 1]", "ARRAY[9]"], 1),
}


# A layer of hardly more rows than the next one is written anew with it.
MANY = 20


@pytest.fixture(autouse=True)
def layers_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is small is not written anew for that alone, so that there are kept rows."""
    monkeypatch.setattr(layers, "SMALL_ROWS", 0)


def grown(
    key: str, rows: Sequence[Sequence[str]], types: Sequence[str], day: int, base: str = ""
) -> Step:
    names = [f"k{place}" for place in range(len(types))]
    typed = zip(names, types, strict=True)
    columns = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in typed)
    values = ", ".join(f"({', '.join(row)})" for row in rows)
    select = f"SELECT {columns}, DATE '2026-01-0{day}' AS day FROM (VALUES {values})"
    step = growing(
        key,
        f"{select} AS v({', '.join(names)})",
        Growth("day"),
        base,
        [Range(f"2026-01-0{day}")] if base else [Range()],
    )
    assert step.build
    return replace(step, build=replace(step.build, looked_up=(tuple(names),)))


def of_what_is_new(key: str, base: str, columns: Sequence[str], dialect: Dialect) -> Step:
    check = unique(*columns)
    new, kept, count = (dialect.relation(part, key) for part in ("new", "kept", "count"))
    increment = Increment(new, kept, count, frozenset([check.id]))
    candidate = dialect.relation("builds", key)
    scan, measures = fused_scan(candidate, [check], dialect, {}, {}, increment)
    step = measured(key, scan, measures)
    assert step.audit
    return replace(step, audit=replace(step.audit, base=base))


@pytest.mark.parametrize("kind", sorted(CASES))
def test_a_new_key_that_a_kept_row_has_is_found(
    warehouse: Any, warehouse_kind: Kind, kind: str
) -> None:
    kept, new, repeated = CASES[kind]
    before = [[each] for each in (*kept, *["NULL"] * MANY)]
    warehouse.run(grown("a", before, [kind], 1), bound("run_1"))
    warehouse.run(grown("b", [[each] for each in new], [kind], 2, "a"), bound("run_2"))
    step = of_what_is_new("b", "a", ["k0"], warehouse_kind.dialect)
    outcome = warehouse.run(step, bound("run_2"))
    [result] = outcome.checks
    assert (outcome.rows, result.failed) == (len(before) + len(new), repeated), result.message


def test_a_key_of_two_columns_lies_where_both_do(warehouse: Any, warehouse_kind: Kind) -> None:
    types = ["integer", "varchar"]
    kept = [["9", "'a'"], ["10", "'b'"], *[["NULL", "'a'"]] * MANY]
    new = [["10", "'a'"], ["10", "'b'"], ["11", "'9'"], ["NULL", "'a'"]]
    warehouse.run(grown("a", kept, types, 1), bound("run_1"))
    warehouse.run(grown("b", new, types, 2, "a"), bound("run_2"))
    step = of_what_is_new("b", "a", ["k0", "k1"], warehouse_kind.dialect)
    assert [each.failed for each in warehouse.run(step, bound("run_2")).checks] == [1]
