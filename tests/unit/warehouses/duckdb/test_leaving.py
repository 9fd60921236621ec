"""Every type of the engine, from a query to Python."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from arro3.core import RecordBatchReader

from weft.app.values import values_of
from weft.warehouses.duckdb.leaving import leaving
from weft.warehouses.duckdb.queries import answer
from weft.warehouses.duckdb.session import Engine
from weft.warehouses.protocol import Unmeasurable, WarehouseError

DUCKS = "🦆" * 6
INTS = [42, 999, None, None, -42]
TEXTS = [DUCKS, "goose", None, ""]
EMPTY_DUCK: dict[str, Any] = {"a": None, "b": None}
DUCK = {"a": 42, "b": DUCKS}
GREATEST = int(sys.float_info.max)
# None of these queries reads a build.
NOTHING: Any = None
MOMENT = "TIMESTAMP '2024-07-01 12:00:00'"
GEOMETRY = """
    GEOMETRYCOLLECTION (POINT (1 2), POINT EMPTY, LINESTRING (0 0, 1 1), LINESTRING EMPTY,
    POLYGON ((0 0, 0 1, 1 1, 1 0, 0 0)), POLYGON EMPTY, MULTIPOINT (5 6, EMPTY),
    MULTILINESTRING ((0 0, 1 1), EMPTY, (2 2, 3 3), EMPTY), MULTILINESTRING EMPTY,
    MULTIPOLYGON (((0 0, 0 1, 1 1, 1 0, 0 0)), EMPTY, ((0 0, 0 2, 2 2, 2 0, 0 0)), EMPTY),
    MULTIPOLYGON EMPTY, GEOMETRYCOLLECTION (POINT (5 6)), GEOMETRYCOLLECTION EMPTY)
"""
# The least and the greatest value of every type, as the engine's own function gives them.
ENDS: dict[str, tuple[Any, Any]] = {
    "bool": (False, True),
    "tinyint": (-(2**7), 2**7 - 1),
    "smallint": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
    "hugeint": (-(2**127), 2**127 - 1),
    "uhugeint": (0, 2**128 - 1),
    "utinyint": (0, 2**8 - 1),
    "usmallint": (0, 2**16 - 1),
    "uint": (0, 2**32 - 1),
    "ubigint": (0, 2**64 - 1),
    "bignum": (-GREATEST, GREATEST),
    "date": ("5877642-06-25 (BC)", "5881580-07-10"),
    "time": ("00:00:00", "24:00:00"),
    "timestamp": ("290309-12-22 (BC) 00:00:00", "294247-01-10 04:00:54.775806"),
    "timestamp_s": ("290309-12-22 (BC) 00:00:00", "294247-01-10 04:00:54"),
    "timestamp_ms": ("290309-12-22 (BC) 00:00:00", "294247-01-10 04:00:54.775"),
    "timestamp_ns": ("1677-09-22T00:00:00", "2262-04-11T23:47:16.854775806"),
    "time_tz": ("00:00:00+15:59:59", "24:00:00-15:59:59"),
    "timestamp_tz_ns": ("1677-09-22T00:00:00Z", "2262-04-11T23:47:16.854775806Z"),
    "float": (-3.4028234663852886e38, 3.4028234663852886e38),
    "double": (-1.7976931348623157e308, 1.7976931348623157e308),
    "dec_4_1": (Decimal("-999.9"), Decimal("999.9")),
    "dec_9_4": (Decimal("-99999.9999"), Decimal("99999.9999")),
    "dec_18_6": (Decimal("-999999999999.999999"), Decimal("999999999999.999999")),
    "dec38_10": (Decimal("-" + "9" * 28 + "." + "9" * 10), Decimal("9" * 28 + "." + "9" * 10)),
    "uuid": ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "interval": ("00:00:00", "83 years 3 months 999 days 00:16:39.999999"),
    "varchar": (DUCKS, "goo\0se"),
    "blob": (r"thisisalongblob\x00withnullbytes", r"\x00\x00\x00a"),
    "bit": ("0010001001011100010101011010111", "10101"),
    "small_enum": ("DUCK_DUCK_ENUM", "GOOSE"),
    "medium_enum": ("enum_0", "enum_299"),
    "large_enum": ("enum_0", "enum_69999"),
    "int_array": ([], INTS),
    "double_array": ([], [42.0, "NaN", "Infinity", "-Infinity", None, -42.0]),
    "date_array": ([], ["1970-01-01", "infinity", "-infinity", None, "2022-05-12"]),
    "timestamp_array": (
        [],
        ["1970-01-01T00:00:00", "infinity", "-infinity", None, "2022-05-12T16:23:45"],
    ),
    "timestamptz_array": (
        [],
        ["1970-01-01T00:00:00Z", "infinity", "-infinity", None, "2022-05-12T23:23:45Z"],
    ),
    "varchar_array": ([], TEXTS),
    "nested_int_array": ([], [[], INTS, None, [], INTS]),
    "struct": (EMPTY_DUCK, DUCK),
    "struct_of_arrays": (EMPTY_DUCK, {"a": INTS, "b": TEXTS}),
    "array_of_structs": ([], [EMPTY_DUCK, DUCK, None]),
    "map": ({}, {"key1": DUCKS, "key2": "goose"}),
    "union": ({"name": "Frank"}, {"age": 5}),
    "fixed_int_array": ([None, 2, 3], [4, 5, 6]),
    "fixed_varchar_array": (["a", None, "c"], ["d", "e", "f"]),
    "fixed_nested_int_array": (
        [[None, 2, 3], None, [None, 2, 3]],
        [[4, 5, 6], [None, 2, 3], [4, 5, 6]],
    ),
    "fixed_nested_varchar_array": (
        [["a", None, "c"], None, ["a", None, "c"]],
        [["d", "e", "f"], ["a", None, "c"], ["d", "e", "f"]],
    ),
    "fixed_struct_array": ([EMPTY_DUCK, DUCK, EMPTY_DUCK], [DUCK, EMPTY_DUCK, DUCK]),
    "struct_of_fixed_array": (
        {"a": [None, 2, 3], "b": ["a", None, "c"]},
        {"a": [4, 5, 6], "b": ["d", "e", "f"]},
    ),
    "fixed_array_of_int_list": ([[], INTS, []], [INTS, [], INTS]),
    "list_of_fixed_int_array": (
        [[None, 2, 3], [4, 5, 6], [None, 2, 3]],
        [[4, 5, 6], [None, 2, 3], [4, 5, 6]],
    ),
    "time_ns": ("00:00:00", "24:00:00"),
    "geometry": ("POINT EMPTY", " ".join(GEOMETRY.split())),
    "empty_struct": ("{}", "{}"),
    "tuple": ({"f1": None, "f2": None}, {"f1": 42, "f2": DUCKS}),
}
# One engine shows its last millisecond too late, whatever asks it.
ENDS_ELSEWHERE = {"timestamp_tz"}

VALUES: dict[str, Any] = {
    "sum(x) FROM (VALUES (1), (2)) AS t(x)": 3,
    "1::HUGEINT": 1,
    "('1' || repeat('0', 5000))::BIGNUM": "1" + "0" * 5000,
    "'infinity'::DATE": "infinity",
    "DATE '20000-01-01'": "20000-01-01",
    "DATE '0044-03-15 (BC)'": "0044-03-15 (BC)",
    "TIMESTAMP '0001-01-01 00:00:00'": "0001-01-01T00:00:00",
    "TIMESTAMP '9999-12-31 23:59:59.999999'": "9999-12-31T23:59:59.999999",
    "TIMESTAMP '0044-03-15 (BC) 01:02:03'": "0044-03-15 (BC) 01:02:03",
    "TIMESTAMP '10000-01-01 00:00:00'": "10000-01-01 00:00:00",
    "'-infinity'::TIMESTAMP": "-infinity",
    "TIMESTAMPTZ '2024-07-01 12:00:00+02'": "2024-07-01T10:00:00Z",
    "TIMESTAMPTZ '0044-03-15 (BC) 01:02:03+00'": "0044-03-15 (BC) 01:02:03+00",
    "'2024-07-01 12:00:00'": "2024-07-01 12:00:00",
    "'nan'::DOUBLE": "NaN",
    "'-inf'::FLOAT": "-Infinity",
    "0.1::DOUBLE": 0.1,
    "1.10::DECIMAL(5,2)": Decimal("1.10"),
    "7::DECIMAL(3,0)": 7,
    "('-' || repeat('9', 38))::DECIMAL(38,0)": -(10**38 - 1),
    "NULL::DECIMAL(38,0)": None,
    "[7::DECIMAL(38,0), NULL]": [7, None],
    "MAP([7::DECIMAL(38,0)], [7::DECIMAL(3,0)])": {"7": 7},
    "1::VARIANT": "1",
    "{'a': 1}::VARIANT": "{'a': 1}",
    "'{\"a\": 1.10}'::JSON": '{"a": 1.10}',
    "NULL": None,
    "[NULL]": [None],
    "row(1, 'a')": {"f1": 1, "f2": "a"},
    "[row(1.10::DECIMAL(5,2), 2)]": [{"f1": "1.10", "f2": 2}],
    "{'a b\"': 2::UHUGEINT, 'c': [1.10::DECIMAL(5,2)]}": {'a b"': 2, "c": ["1.10"]},
    "MAP([DATE '2024-01-01'], [1.5::DOUBLE])": {"2024-01-01": 1.5},
    f"{{'a b': {MOMENT}, 'c': [{MOMENT}, NULL], 'd': 1.10::DECIMAL(5,2)}}": {
        "a b": "2024-07-01T12:00:00",
        "c": ["2024-07-01T12:00:00", None],
        "d": "1.10",
    },
    f"[[{{'size': {MOMENT}}}, NULL], NULL]": [[{"size": "2024-07-01T12:00:00"}, None], None],
    f"row({MOMENT}, 1)": {"f1": "2024-07-01T12:00:00", "f2": 1},
    f"MAP([{MOMENT}], [{MOMENT}])": {"2024-07-01T12:00:00": "2024-07-01T12:00:00"},
    f"[{MOMENT}]::TIMESTAMP[1]": ["2024-07-01T12:00:00"],
    "NULL::STRUCT(a TIMESTAMP)": None,
    "NULL::MAP(VARCHAR, TIMESTAMP)": None,
    f"union_value(k := {MOMENT})": {"k": "2024-07-01 12:00:00"},
    "[union_value(k := 2.10::DECIMAL(5,2))]": [{"k": "2.10"}],
    "['{\"a\": 1.10}'::JSON]": ['{"a": 1.10}'],
    "[INTERVAL 1 MONTH, NULL]": ["1 month", None],
    "[['10101'::BIT]]": [["10101"]],
    "['a'::ENUM('a')]": ["a"],
    "[1::VARIANT]": ["1"],
}


def ask(select: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    with answer(select, (), NOTHING, Engine(())) as found:
        batches = RecordBatchReader.from_arrow(found)
        rows = [row for batch in batches for row in zip(*values_of(batch), strict=True)]
        return found.columns, rows


def test_the_ends_of_every_type() -> None:
    columns, rows = ask("SELECT * FROM test_all_types()")
    found = {name: values for name, *values in zip(columns, *rows, strict=True)}
    assert set(found) >= set(ENDS) - {"timestamp_tz_ns", "empty_struct", "tuple"}
    for name, values in found.items():
        assert values[2] is None
        if name not in ENDS_ELSEWHERE:
            assert repr(values[:2]) == repr(list(ENDS[name])), name


@pytest.mark.parametrize("value", VALUES)
def test_a_value_comes_whole(value: str) -> None:
    ((found,),) = ask(f"SELECT {value}")[1]
    assert repr(found) == repr(VALUES[value])


def test_columns_keep_their_names_and_rows_their_order() -> None:
    select = (
        'SELECT range::HUGEINT AS a, \'x\' AS "a", range AS "b""c" FROM range(4) ORDER BY 3 DESC'
    )
    columns, rows = ask(select)
    assert columns == ("a", "a", 'b"c')
    assert rows == [(n, "x", n) for n in (3, 2, 1, 0)]


def test_what_can_leave_as_it_is_is_not_wrapped() -> None:
    found = duckdb.connect().sql("SELECT 1 AS a, 'x' AS b, true AS c, 1.5 AS d")
    assert leaving("SELECT 1", found.columns, found.types) == "SELECT 1"


def test_an_error_that_comes_with_the_rows_is_ours() -> None:
    late = "SELECT CASE WHEN range = 2500000 THEN CAST('x' || range AS INT) ELSE range END AS x"
    with pytest.raises(
        Unmeasurable, match=r"^Conversion Error: Could not convert string 'x2500000'"
    ):
        ask(f"{late} FROM range(3000000)")


def test_an_error_of_the_outside_that_comes_with_the_rows_is_not_the_querys() -> None:
    select = "SELECT list(range ORDER BY hash(range)) AS x FROM range(3000000)"
    engine = Engine((), memory_limit="20MB")
    with (
        pytest.raises(WarehouseError, match="Out of Memory") as stopped,
        answer(select, (), NOTHING, engine) as found,
    ):
        list(RecordBatchReader.from_arrow(found))
    assert stopped.value.interrupted
    assert not isinstance(stopped.value, Unmeasurable)
