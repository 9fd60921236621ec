"""What a warehouse's rows show of their columns, in every type, the same on each of them."""

from __future__ import annotations

from typing import Any

import pytest
from warehouse_steps import bound, build

from weft.app.profiling import Made, profile_of
from weft.contract.profile import ColumnProfile, Profile
from weft.sql.dialect import dialect_named

ROWS = """
SELECT CAST(id AS INTEGER) AS id,
    CASE WHEN id % 2 = 0 THEN 'even' WHEN id % 5 = 0 THEN NULL ELSE 'odd' END AS word,
    CAST(id * 0.25 AS DECIMAL(10,2)) AS exact,
    CAST(id AS DOUBLE PRECISION) / 4 AS rough,
    id % 3 = 0 AS truth,
    DATE '2024-02-28' + CAST(id % 2 AS INTEGER) AS day,
    CAST('2024-02-28 10:00:00' AS TIMESTAMP) AS moment,
    CAST(NULL AS TEXT) AS nothing
FROM generate_series(1, 40) AS given(id)
"""


def profiled(warehouse: Any, select: str, *key: str) -> Profile:
    warehouse.run(build("a", select), bound())
    made = Made("a", warehouse.built(["a"])["a"].columns)
    dialect = dialect_named(warehouse.dialect)
    return profile_of(made, dialect, lambda each: warehouse.rows(each, ("a",), {}), key)


def test_every_column_has_its_profile(warehouse: Any) -> None:
    found = profiled(warehouse, ROWS)
    assert (found.rows, found.repeated) == (40, 0)
    columns = found.columns
    assert columns["id"] == ColumnProfile("integer", distinct=40, low="1", high="40")
    assert columns["word"] == ColumnProfile(
        "string", 4, 2, "even", "odd", shortest=3, longest=4, values=("even", "odd")
    )
    assert (columns["exact"].distinct, float(columns["exact"].low or "")) == (40, 0.25)
    assert (columns["rough"].distinct, columns["rough"].low) == (-1, "0.25")
    assert float(columns["rough"].high or "") == 10
    assert (columns["truth"].low, columns["truth"].values) == (None, ("false", "true"))
    assert columns["day"] == ColumnProfile(
        "date", 0, 2, "2024-02-28", "2024-02-29", values=("2024-02-28", "2024-02-29")
    )
    assert columns["moment"].distinct == 1
    assert columns["nothing"] == ColumnProfile("string", nulls=40, distinct=0)
    assert [name for name in columns if found.identifies(name)] == ["id", "exact"]


def test_a_key_of_several_columns_is_looked_at(warehouse: Any) -> None:
    assert profiled(warehouse, ROWS, "day", "truth").repeated == 36
    assert profiled(warehouse, ROWS, "id", "truth").repeated == 0


def test_hundreds_of_columns_have_their_profiles(warehouse: Any) -> None:
    names = [f"c{number}" for number in range(300)]
    nothing = ", ".join(f"CAST(NULL AS TEXT) AS {name}" for name in names)
    found = profiled(warehouse, f"SELECT {nothing}, 7 AS id", "id")
    assert (found.rows, found.repeated) == (1, 0)
    assert list(found.columns) == [*names, "id"]
    assert found.columns["id"].values == ("7",)


def test_of_no_rows_nothing_is_known(warehouse: Any) -> None:
    found = profiled(warehouse, f"SELECT * FROM ({ROWS}) AS given WHERE id < 0")
    assert found.rows == 0
    assert found.columns["word"] == ColumnProfile("string", distinct=0)


def test_names_and_values_are_quoted(warehouse: Any) -> None:
    found = profiled(warehouse, """SELECT 'it''s "so"' AS "a ""b"" 'c'" """)
    assert found.columns["a \"b\" 'c'"].values == ('it\'s "so"',)


@pytest.mark.parametrize("what", ["[1, 2]", "ARRAY[1, 2]"])
def test_what_holds_other_values_is_only_counted(warehouse: Any, what: str) -> None:
    if what.startswith("[") and warehouse.dialect == "postgres":
        what = "'{\"a\": 1}'::jsonb"
    found = profiled(warehouse, f"SELECT {what} AS several UNION ALL SELECT NULL")
    several = found.columns["several"]
    assert (several.nulls, several.distinct, several.low) == (1, -1, None)
