"""A build that grew elsewhere, on every warehouse: its rows are kept as they are, and grow on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from test_warehouse_growth import BY_DAY, COMPARED, LATER, by_day, days, jan, named, seen, state
from warehouse_steps import PRODUCT, bound, build, growing, publish_grown, relation

from weft.mesh.growth import Brought, Grown, Growth, Range
from weft.plan.plan import Step
from weft.sql.dialect import dialect_named
from weft.warehouses.protocol import Scope, WarehouseError

COVERED = Range("", "2026-01-20")
TIMES = "id name valid_from valid_to"


def kept(warehouse: Any, step: Step, columns: Sequence[str], covered: Range | None = None) -> Step:
    """The same build, not read but brought: its rows are those of the build `copy`."""
    assert step.build
    assert step.build.growing
    brought = Brought(tuple(columns), step.build.select, covered)
    listed = ", ".join(f'"{each}"' for each in columns)
    copy = relation("copy", dialect_named(warehouse.dialect))
    spec = replace(
        step.build,
        select=f"SELECT {listed} FROM {copy}",
        reads=(*step.build.reads, "copy"),
        growing=replace(step.build.growing, brought=brought),
    )
    return replace(step, build=spec)


def test_rows_are_those_that_were_brought_and_none_is_read(warehouse: Any) -> None:
    warehouse.run(build("copy", days((1, 10), (2, 20))), bound())
    step = kept(warehouse, by_day("a", days((9, 99))), ["day", "amount"], COVERED)
    outcome = warehouse.run(step, bound())
    assert (outcome.rows, outcome.reused) == (2, False)
    assert seen(warehouse, "a") == jan((1, 10), (2, 20))
    assert warehouse.run(step, bound("run_2")).reused


def test_what_is_covered_is_as_it_was_and_growth_goes_on_from_there(warehouse: Any) -> None:
    warehouse.run(build("copy", days((1, 10), (2, 20))), bound())
    warehouse.run(kept(warehouse, by_day("a", days((9, 99))), ["day", "amount"], COVERED), bound())
    warehouse.run(publish_grown("a", {"orders": Grown("asked", "gone", BY_DAY)}), bound())
    base = warehouse.observe(Scope("prod", (PRODUCT,))).bases["a"]
    assert (base.covered, base.base, base.rows) == (COVERED, "", 2)
    warehouse.run(by_day("b", days((1, 0), (2, 21), (3, 30)), "a", 2), bound("run_2"))
    assert seen(warehouse, "b") == jan((1, 10), (2, 21), (3, 30))


def test_columns_get_the_types_that_the_query_has_here(warehouse: Any) -> None:
    """Later rows could not stand beside rows of another type."""
    shape = "SELECT DATE '2026-01-09' AS day, CAST(9 AS BIGINT) AS amount"
    warehouse.run(build("copy", days((1, 10))), bound())
    step = kept(warehouse, growing("a", shape, BY_DAY, ranges=[Range()]), ["day", "amount"])
    outcome = warehouse.run(step, bound())
    assert {each.name: each.type.lower() for each in outcome.columns} == {
        "day": "date",
        "amount": "bigint",
    }
    warehouse.run(growing("b", shape, BY_DAY, "a", [Range("2026-01-09")]), bound("run_2"))
    assert seen(warehouse, "b") == jan((1, 10), (9, 9))


def test_a_column_that_was_not_there_yet_is_added_by_the_next_build(warehouse: Any) -> None:
    wider = "SELECT DATE '2026-01-09' AS day, 9 AS amount, 'x' AS note"
    warehouse.run(build("copy", days((1, 10))), bound())
    step = kept(warehouse, growing("a", wider, BY_DAY, ranges=[Range()]), ["day", "amount"])
    assert [each.name for each in warehouse.run(step, bound()).columns] == ["day", "amount"]
    warehouse.run(growing("b", wider, BY_DAY, "a", [Range("2026-01-09")]), bound("run_2"))
    assert seen(warehouse, "b", "day note") == [("2026-01-01", None), ("2026-01-09", "x")]


def test_rows_by_key_are_replaced_by_later_ones(warehouse: Any) -> None:
    growth = Growth(unique_key=("id",))
    warehouse.run(build("copy", named((1, "a"), (2, "b"))), bound())
    step = kept(warehouse, growing("a", named((7, "never")), growth), ["id", "name"])
    assert warehouse.run(step, bound()).rows == 3
    warehouse.run(growing("b", named((2, "c")), growth, "a"), bound("run_2"))
    assert seen(warehouse, "b", "id name") == [(0, "zero"), (1, "a"), (2, "c")]


def test_states_keep_their_times(warehouse: Any) -> None:
    early, late = "2025-12-01T08:00:00", "2026-02-01T09:30:00"
    states = (
        "SELECT id, name, CAST(valid_from AS TIMESTAMP) AS valid_from,"
        " CAST(valid_to AS TIMESTAMP) AS valid_to FROM (VALUES"
        f" (0, 'zero', '{early}', NULL), (1, 'a', '{early}', '{late}'), (1, 'b', '{late}', NULL)"
        ") AS v(id, name, valid_from, valid_to)"
    )
    warehouse.run(build("copy", states), bound())
    warehouse.run(
        kept(warehouse, state("a", named((5, "never")), COMPARED), TIMES.split()), bound()
    )
    before = [(0, "zero", early, None), (1, "a", early, late), (1, "b", late, None)]
    assert seen(warehouse, "a", TIMES) == before
    warehouse.run(state("b", named((1, "c")), COMPARED, "a"), replace(bound("run_2"), at=LATER))
    now = "2026-03-02T10:30:00"
    assert seen(warehouse, "b", TIMES) == [
        *before[:2],
        (1, "b", late, now),
        (1, "c", now, None),
    ]


def test_nothing_at_all_can_be_brought(warehouse: Any) -> None:
    warehouse.run(build("copy", f"{days((1, 1))} WHERE FALSE"), bound())
    warehouse.run(kept(warehouse, by_day("a", days((9, 99))), ["day", "amount"]), bound())
    assert seen(warehouse, "a") == []
    warehouse.run(by_day("b", days((1, 1)), "a"), bound("run_2"))
    assert seen(warehouse, "b") == jan((1, 1))


def test_a_copy_that_is_missing_leaves_nothing_behind(warehouse: Any) -> None:
    with pytest.raises(WarehouseError, match="copy"):
        warehouse.run(kept(warehouse, by_day("a", days((9, 99))), ["day", "amount"]), bound())
    assert not warehouse.built(["a"])
