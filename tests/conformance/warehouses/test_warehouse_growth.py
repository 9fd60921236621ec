"""Builds that grow, on every warehouse: by time, by key, and as snapshots."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from warehouse_steps import PRODUCT, bound, growing, publish_grown, rows_of

from weft.mesh.growth import Grown, Growth, Interval, Range
from weft.warehouses.protocol import Scope, WarehouseError

BY_DAY = Growth("day")


def values(*rows: tuple[str, ...], columns: str = "day, amount") -> str:
    listed = ", ".join(f"({', '.join(row)})" for row in rows)
    return f"SELECT {columns} FROM (VALUES {listed}) AS v({columns})"


def days(*rows: tuple[int, int]) -> str:
    return values(*((f"DATE '2026-01-{day:02}'", str(amount)) for day, amount in rows))


def by_day(key: str, select: str, base: str = "", since: int = 0, **more: Any) -> Any:
    ranges = [Range(f"2026-01-{since:02}")] if since else [Range()]
    return growing(key, select, BY_DAY, base, ranges, **more)


def seen(warehouse: Any, key: str, columns: str = "day amount") -> list[tuple[Any, ...]]:
    return sorted(rows_of(warehouse, key, columns.split()))


def jan(*rows: tuple[int, int]) -> list[tuple[str, int]]:
    return [(f"2026-01-{day:02}", amount) for day, amount in rows]


def test_rows_of_new_days_are_added(warehouse: Any) -> None:
    first = warehouse.run(by_day("a", days((1, 10), (2, 20))), bound())
    second = warehouse.run(by_day("b", days((1, 99), (2, 21), (3, 30)), "a", 2), bound("run_2"))
    assert (first.rows, second.rows, second.columns) == (2, 3, first.columns)
    assert seen(warehouse, "a") == jan((1, 10), (2, 20))
    assert seen(warehouse, "b") == jan((1, 10), (2, 21), (3, 30))


def test_a_range_in_the_middle_is_read_anew_and_the_rest_stays(warehouse: Any) -> None:
    warehouse.run(by_day("a", days((1, 1), (2, 2), (3, 3), (4, 4))), bound())
    ranges = [Range("", "2026-01-02"), Range("2026-01-03", "2026-01-04")]
    again = growing("b", days((1, 9), (2, 9), (3, 9), (3, 8), (4, 9)), BY_DAY, "a", ranges)
    warehouse.run(again, bound("run_2"))
    assert seen(warehouse, "b") == jan((1, 9), (2, 2), (3, 8), (3, 9), (4, 4))


def test_rows_that_are_gone_from_what_is_read_are_gone(warehouse: Any) -> None:
    warehouse.run(by_day("a", days((1, 1), (2, 2), (3, 3))), bound())
    warehouse.run(by_day("b", days((3, 4)), "a", 2), bound("run_2"))
    assert seen(warehouse, "b") == jan((1, 1), (3, 4))


def test_a_start_leaves_earlier_rows_out(warehouse: Any) -> None:
    warehouse.run(by_day("a", days((1, 1), (2, 2)), since=2), bound())
    assert seen(warehouse, "a") == jan((2, 2))


def test_nothing_new_and_nothing_at_all(warehouse: Any) -> None:
    nothing = f"{days((1, 1))} WHERE FALSE"
    assert warehouse.run(by_day("a", nothing), bound()).rows == 0
    assert seen(warehouse, "a") == []
    warehouse.run(by_day("b", days((1, 1)), "a"), bound("run_2"))
    assert warehouse.run(by_day("c", nothing, "b", 5), bound("run_3")).rows == 1
    assert seen(warehouse, "c") == jan((1, 1))


def test_a_build_that_grew_is_made_once_and_seen_by_others(open_one: Any) -> None:
    one = open_one()
    one.run(by_day("a", days((1, 1))), bound())
    one.run(by_day("b", days((2, 2)), "a", 2), bound("run_2"))
    other = open_one()
    again = other.run(by_day("b", "SELECT 'never run'", "a", 2), bound("run_3"))
    assert (again.reused, again.rows) == (True, 2)
    assert seen(other, "b") == jan((1, 1), (2, 2))


@pytest.mark.parametrize(
    ("kind", "time", "interval", "since"),
    [
        ("DATE", "2026-01-02", "day", "2026-01-02"),
        ("TIMESTAMP", "2026-01-01 13:00:00", "hour", "2026-01-01T13:00:00"),
        ("TIMESTAMP WITH TIME ZONE", "2026-01-02 00:30:00+00", "day", "2026-01-02"),
        ("TIMESTAMP", "2026-02-01 00:00:00", "month", "2026-02-01"),
        ("DATE", "2026-01-01", "year", "2026-01-01"),
    ],
)
def test_every_kind_of_time(
    warehouse: Any, kind: str, time: str, interval: str, since: str
) -> None:
    def select(early: int, late: int) -> str:
        before = f"(CAST('2025-12-31 00:00:00' AS {kind}), {early})"
        after = f"(CAST('{time}' AS {kind}), {late})"
        return f"SELECT moment, amount FROM (VALUES {before}, {after}) AS v(moment, amount)"

    growth = Growth("moment", Interval(interval))
    warehouse.run(growing("a", select(1, 2), growth, ranges=[Range()]), bound())
    step = growing("b", select(8, 9), growth, "a", [Range(since)])
    warehouse.run(step, bound("run_2"))
    assert [amount for _, amount in seen(warehouse, "b", "moment amount")] == [1, 9]


def test_what_is_covered_is_told_to_the_next_plan(open_one: Any) -> None:
    warehouse = open_one()
    warehouse.run(by_day("a", days((3, 1), (7, 2))), bound())
    grown = {"orders": Grown("asked", "", BY_DAY)}
    warehouse.run(publish_grown("a", grown), bound())
    observed = open_one().observe(Scope("prod", (PRODUCT,)))
    base = observed.bases["a"]
    assert (base.covered, base.rows) == (Range("", "2026-01-07"), 2)
    assert [column.name for column in base.columns] == ["day", "amount"]
    step = by_day("b", days((8, 1)), "a", 8)
    warehouse.run(step, bound("run_2"))
    grown = {"orders": Grown("asked", "a", BY_DAY)}
    warehouse.run(publish_grown("b", grown, expected=1), bound("run_2"))
    observed = open_one().observe(Scope("prod", (PRODUCT,)))
    assert {key: each.covered for key, each in observed.bases.items()} == {
        "a": Range("", "2026-01-07"),
        "b": Range("", "2026-01-08"),
    }


def test_one_day_in_the_far_future_does_not_end_growth(warehouse: Any) -> None:
    far = values(("DATE '2026-02-26'", "1"), ("DATE '2999-01-01'", "2"))
    warehouse.run(growing("a", far, BY_DAY, ranges=[Range()]), bound())
    warehouse.run(publish_grown("a", {"orders": Grown("asked", "", BY_DAY)}), bound())
    observed = warehouse.observe(Scope("prod", (PRODUCT,)))
    assert observed.bases["a"].covered == Range("", "2026-03-01")


def test_an_added_column_is_null_in_rows_that_stay(warehouse: Any) -> None:
    warehouse.run(by_day("a", days((1, 1), (2, 2))), bound())
    wider = values(("DATE '2026-01-02'", "'x'", "5"), columns="day, note, amount")
    result = warehouse.run(by_day("b", wider, "a", 2), bound("run_2"))
    assert [column.name for column in result.columns] == ["day", "note", "amount"]
    assert seen(warehouse, "b", "day note amount") == [
        ("2026-01-01", None, 1),
        ("2026-01-02", "x", 5),
    ]
    warehouse.run(by_day("c", wider.replace("-02", "-03"), "b", 3), bound("run_3"))
    assert len(seen(warehouse, "c", "day note")) == 3


def test_another_type_is_refused(warehouse: Any) -> None:
    warehouse.run(by_day("a", days((1, 1))), bound())
    changed = values(("DATE '2026-01-02'", "'text'"))
    with pytest.raises(WarehouseError, match=r"`amount` is .* now and .* in the rows"):
        warehouse.run(by_day("b", changed, "a", 2), bound("run_2"))
    assert "b" not in warehouse.observe(Scope("prod", (PRODUCT,))).builds


def test_rows_without_a_time_are_refused_and_not_lost(warehouse: Any) -> None:
    nameless = values(("DATE '2026-01-02'", "1"), ("NULL", "2"))
    for base, since in (("", 0), ("a", 2)):
        with pytest.raises(WarehouseError, match="one row has no value in the `time_column` `day`"):
            warehouse.run(by_day("b", nameless, base, since), bound("run_2"))
        warehouse.run(by_day("a", days((1, 1))), bound())


def test_a_base_that_is_not_there_is_an_error(warehouse: Any) -> None:
    with pytest.raises(WarehouseError, match="missing"):
        warehouse.run(by_day("b", days((1, 1)), "a", 1), bound())


BY_ID = Growth(unique_key=("id",))
TIMED = Growth(unique_key=("id",), changed_at="changed")
MARKED = Growth(unique_key=("id",), changed_at="changed", deleted="gone")


def marked(*rows: tuple[int, int, bool]) -> str:
    """Rows of a key, when it changed, and whether it is gone."""
    texts = ((str(key), str(changed), str(gone)) for key, changed, gone in rows)
    return values(*texts, columns="id, changed, gone")


def by_key(key: str, select: str, growth: Growth = BY_ID, base: str = "") -> Any:
    return growing(key, select, growth, base)


def test_a_new_row_takes_the_place_of_the_one_with_its_key(warehouse: Any) -> None:
    columns = "id, name"
    first = values(("1", "'a'"), ("2", "'b'"), columns=columns)
    warehouse.run(by_key("a", first), bound())
    second = values(("2", "'c'"), ("3", "'d'"), columns=columns)
    assert warehouse.run(by_key("b", second, base="a"), bound("run_2")).rows == 3
    assert seen(warehouse, "b", "id name") == [(1, "a"), (2, "c"), (3, "d")]


def test_the_later_row_of_a_key_counts(warehouse: Any) -> None:
    rows = marked((1, 5, False), (1, 7, False), (2, 3, False), (3, 1, False), (3, 2, True))
    warehouse.run(by_key("a", rows, MARKED), bound())
    assert seen(warehouse, "a", "id changed") == [(1, 7), (2, 3)]
    rows = marked((1, 6, False), (2, 3, True), (3, 9, False), (4, 1, True))
    warehouse.run(by_key("b", rows, MARKED, "a"), bound("run_2"))
    assert seen(warehouse, "b", "id changed gone") == [(1, 7, False), (3, 9, False)]


@pytest.mark.parametrize(
    ("growth", "rows", "problem"),
    [
        (BY_ID, ("(1, 1)", "(1, 2)"), "2 rows have one key: id is 1.*`changed_at`"),
        (TIMED, ("(1, 2)", "(1, 2)"), "2 rows have one key: id is 1, and the latest `changed`"),
        (BY_ID, ("(NULL, 1)",), "a row has no value in its key: id is null"),
    ],
)
def test_a_key_that_no_row_can_be_kept_under(
    warehouse: Any, growth: Growth, rows: tuple[str, ...], problem: str
) -> None:
    select = f"SELECT id, changed FROM (VALUES {', '.join(rows)}, (7, 7)) AS v(id, changed)"
    with pytest.raises(WarehouseError, match=problem):
        warehouse.run(by_key("a", select, growth), bound())


def test_by_key_only_what_the_look_back_reads_is_merged(warehouse: Any) -> None:
    growth = Growth("day", unique_key=("amount",))
    warehouse.run(growing("a", days((1, 1), (2, 2)), growth, ranges=[Range()]), bound())
    late = [Range("2026-01-03")]
    warehouse.run(growing("b", days((2, 9), (3, 2), (4, 4)), growth, "a", late), bound("run_2"))
    assert seen(warehouse, "b") == jan((1, 1), (3, 2), (4, 4))


KEPT = Growth(unique_key=("id",), changed_at="changed", deleted="gone", closes=True)
COMPARED = Growth(unique_key=("id",), compare=("name",), closes=True)
LATER = "2026-03-02T11:30:00+01:00"
STATES = "id changed valid_from valid_to"


def state(key: str, select: str, growth: Growth, base: str = "") -> Any:
    return growing(key, select, growth, base, kind="snapshot")


def test_a_snapshot_keeps_every_state(warehouse: Any) -> None:
    result = warehouse.run(state("a", marked((1, 5, False), (2, 3, False)), TIMED), bound())
    names = [column.name for column in result.columns]
    assert names == ["id", "changed", "gone", "valid_from", "valid_to"]
    assert seen(warehouse, "a", STATES) == [(1, 5, 5, None), (2, 3, 3, None)]
    second = marked((1, 8, False), (2, 3, False), (3, 1, False))
    warehouse.run(state("b", second, TIMED, "a"), bound("run_2"))
    assert seen(warehouse, "b", STATES) == [
        (1, 5, 5, 8),
        (1, 8, 8, None),
        (2, 3, 3, None),
        (3, 1, 1, None),
    ]


def test_a_marked_row_ends_the_state_of_its_key(warehouse: Any) -> None:
    growth = replace(KEPT, closes=False)
    warehouse.run(state("a", marked((1, 5, False), (2, 3, False), (3, 1, True)), growth), bound())
    warehouse.run(state("b", marked((1, 9, True)), growth, "a"), bound("run_2"))
    ended = [(1, 5, 5, 9), (2, 3, 3, None)]
    assert seen(warehouse, "b", STATES) == ended
    warehouse.run(state("c", marked((1, 9, True), (2, 3, False)), growth, "b"), bound("run_3"))
    assert seen(warehouse, "c", STATES) == ended
    warehouse.run(state("d", marked((1, 7, False), (2, 3, False)), growth, "c"), bound("run_4"))
    assert seen(warehouse, "d", STATES) == ended
    warehouse.run(state("e", marked((1, 11, False)), growth, "d"), bound("run_5"))
    assert (1, 11, 11, None) in seen(warehouse, "e", STATES)


def named(*rows: tuple[int, str | None]) -> str:
    texts = ((str(key), "NULL" if name is None else f"'{name}'") for key, name in rows)
    return values(("0", "'zero'"), *texts, columns="id, name")


def test_a_difference_begins_a_state_at_the_time_of_the_run(warehouse: Any) -> None:
    now, later = "2026-03-01T10:00:00", "2026-03-02T10:30:00"
    warehouse.run(state("a", named((1, "a"), (2, "b"), (3, None)), COMPARED), bound())
    second = state("b", named((1, "a"), (2, "c"), (3, None)), COMPARED, "a")
    warehouse.run(second, replace(bound("run_2"), at=LATER))
    columns = "id name valid_from valid_to"
    assert seen(warehouse, "b", columns) == [
        (0, "zero", now, None),
        (1, "a", now, None),
        (2, "b", now, later),
        (2, "c", later, None),
        (3, None, now, None),
    ]


def test_a_key_that_vanishes_is_closed_and_can_come_back(warehouse: Any) -> None:
    now, later = "2026-03-01T10:00:00", "2026-03-02T10:30:00"
    last = "2026-03-05T00:00:00"
    warehouse.run(state("a", named((1, "a")), COMPARED), bound())
    warehouse.run(state("b", named(), COMPARED, "a"), replace(bound("run_2"), at=LATER))
    warehouse.run(
        state("c", named((1, "a")), COMPARED, "b"), replace(bound("run_3"), at=f"{last}+00:00")
    )
    columns = "id name valid_from valid_to"
    assert seen(warehouse, "b", columns)[1:] == [(1, "a", now, later)]
    assert seen(warehouse, "c", columns)[1:] == [(1, "a", now, later), (1, "a", last, None)]
