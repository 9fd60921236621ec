"""The rows of models that grow, as a real engine gives them."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from weft.mesh.growth import Growth, Range
from weft.sql.dialect import dialect_named
from weft.sql.growing import first_states, latest, within

DIALECT = dialect_named("duckdb")
ROWS = (
    "SELECT * FROM (VALUES (1, DATE '2026-01-01', 'a', false), (1, DATE '2026-01-03', 'b', NULL),"
    " (2, DATE '2026-01-02', 'c', true)) AS t(\"i d\", day, place, gone)"
)
NAMES = ("i d", "day", "place", "gone")


def rows(select: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return sorted(connection.execute(select).fetchall(), key=repr)


def ids(select: str) -> list[int]:
    return [row[0] for row in rows(select)]


@pytest.mark.parametrize(
    ("ranges", "found"),
    [
        ((Range("2026-01-02"),), [1, 2]),
        ((Range("2026-01-01", "2026-01-02"),), [1]),
        ((Range("", "2026-01-03"),), [1, 2]),
        ((Range("", "2026-01-02"), Range("2026-01-03")), [1, 1]),
        ((Range(),), [1, 1, 2]),
        ((), []),
    ],
)
def test_rows_within_ranges(ranges: tuple[Range, ...], found: list[int]) -> None:
    assert ids(within(ROWS, "day", "DATE", ranges, DIALECT)) == found


def test_the_latest_row_of_a_key_counts() -> None:
    growth = Growth(unique_key=("i d",), changed_at="day")
    found = [(row[0], row[2]) for row in rows(latest(ROWS, NAMES, growth, DIALECT))]
    assert found == [(1, "b"), (2, "c")]


def test_a_key_that_is_marked_as_deleted_goes() -> None:
    growth = Growth(unique_key=("i d",), changed_at="day", deleted="gone")
    assert ids(latest(ROWS, NAMES, growth, DIALECT)) == [1]


def test_rows_that_are_equally_late_all_stay() -> None:
    assert ids(latest(ROWS, NAMES, Growth(unique_key=("i d",)), DIALECT)) == [1, 1, 2]


def test_first_states_are_valid_from_their_change_on() -> None:
    timed = first_states(ROWS, "DATE", Growth(unique_key=("i d",), changed_at="day"), DIALECT)
    assert all(row[-2] == row[1] and row[-1] is None for row in rows(timed))
    untimed = first_states(ROWS, "TIMESTAMP", Growth(unique_key=("i d",)), DIALECT)
    assert all(row[-2:] == (None, None) for row in rows(untimed))
