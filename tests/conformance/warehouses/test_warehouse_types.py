"""Values of every type, and nulls, both ways: built and queried, loaded and queried."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from arro3.core import Array, DataType, RecordBatchReader, Table
from warehouse_kinds import Kind
from warehouse_steps import bound, build, values_of_rows

MOMENT = "1969-07-20T20:17:40.123456"
UUID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
LEAP = "2024-02-29T00:00:00"
ZONED = "2024-03-31T00:59:59.999999Z"

TYPES: dict[str, tuple[str, Any]] = {
    "boolean": ("true", True),
    "smallint": ("CAST(-7 AS SMALLINT)", -7),
    "integer": ("CAST(2147483647 AS INTEGER)", 2147483647),
    "bigint": ("CAST(9223372036854775807 AS BIGINT)", 9223372036854775807),
    "lowest": ("CAST('-9223372036854775808' AS BIGINT)", -9223372036854775808),
    "decimal": (
        "CAST('12345678901234567890.123' AS DECIMAL(38,3))",
        Decimal("12345678901234567890.123"),
    ),
    "most_digits": (f"CAST('-{'9' * 38}' AS DECIMAL(38,0))", Decimal("-" + "9" * 38)),
    "most_places": (f"CAST('0.{'1' * 37}' AS DECIMAL(38,37))", Decimal(f"0.{'1' * 37}")),
    "zeros": ("CAST('1.10' AS DECIMAL(5,2))", Decimal("1.10")),
    "real": ("CAST(0.5 AS REAL)", 0.5),
    "double": ("CAST(0.1 AS DOUBLE PRECISION)", 0.1),
    "infinite": ("CAST('-Infinity' AS DOUBLE PRECISION)", "-Infinity"),
    "varchar": ("'naïve ☃ 👍'", "naïve ☃ 👍"),
    "empty": ("''", ""),
    "lines": ("'a\tb\r\n\"c\" \\ \\N'", 'a\tb\r\n"c" \\ \\N'),
    "date": ("DATE '2024-02-29'", "2024-02-29"),
    "old_date": ("DATE '0001-01-01'", "0001-01-01"),
    "time": ("TIME '12:34:56.123456'", "12:34:56.123456"),
    "midnight": ("TIME '00:00:00'", "00:00:00"),
    "timestamp": ("TIMESTAMP '1969-07-20 20:17:40.123456'", MOMENT),
    "timestamptz": (
        "CAST('2024-03-31 02:59:59.999999+02' AS TIMESTAMP WITH TIME ZONE)",
        ZONED,
    ),
}

OWN: dict[str, dict[str, tuple[str, Any]]] = {
    "duckdb": {
        "utinyint": ("255::UTINYINT", 255),
        "ubigint": ("18446744073709551615::UBIGINT", 2**64 - 1),
        "hugeint": ("170141183460469231731::HUGEINT", 170141183460469231731),
        "blob": (r"'\x00\xFF'::BLOB", r"\x00\xFF"),
        "list": ("[1, NULL, 3]", [1, None, 3]),
        "lists": ("[['a'], [], NULL]", [["a"], [], None]),
        "struct": ("{'a': 1, 'b c': [DATE '2024-02-29']}", {"a": 1, "b c": ["2024-02-29"]}),
    },
    "postgres": {
        "char": ("'a'::char(3)", "a  "),
        "limited": ("'ab'::varchar(2)", "ab"),
        "bytea": (r"'\x00ff'::bytea", r"\x00ff"),
        "list": ("ARRAY[1, NULL, 3]", [1, None, 3]),
        "texts": ("ARRAY['a,b', 'c\"d', NULL, '']", ["a,b", 'c"d', None, ""]),
        "jsonb": ("""'{"b": [1, null], "a": "ü"}'::jsonb""", '{"a": "ü", "b": [1, null]}'),
        "uuid": ("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", UUID),
        "interval": ("INTERVAL '1 month 2 days'", "1 mon 2 days"),
        "moments": ("ARRAY[TIMESTAMP '1969-07-20 20:17:40.123456']", [MOMENT]),
        "no_items": ("ARRAY[]::bigint[]", []),
        "wide_sum": (
            "(SELECT sum(x) FROM (VALUES (9223372036854775807), (1)) t(x))",
            Decimal(2**63),
        ),
    },
}


@pytest.fixture
def types(warehouse_kind: Kind) -> dict[str, tuple[str, Any]]:
    return {**TYPES, **OWN[warehouse_kind.name]}


def test_every_type_and_its_null(warehouse: Any, relation: Any, types: Any) -> None:
    names = [f"{name}_x" for name in types]
    row = ", ".join(f"{sql} AS {name}_x" for name, (sql, _) in types.items())
    nulls = ", ".join("NULL" for _ in types)
    warehouse.run(build("a", f"SELECT {row} UNION ALL SELECT {nulls}"), bound())
    values = [value for _, value in types.values()]
    first, second = values_of_rows(warehouse, "a", names)
    assert dict(zip(names, first, strict=True)) == dict(zip(names, values, strict=True))
    assert second == (None,) * len(types)
    again = f"SELECT * FROM {relation('a')} AS t"
    built = warehouse.run(build("b", again, ["a"]), bound())
    viewed = warehouse.run(build("v", again, ["a"], "view"), bound())
    assert (
        values_of_rows(warehouse, "b", names)
        == values_of_rows(warehouse, "v", names)
        == [first, second]
    )
    assert built.columns == viewed.columns


def test_not_a_number(warehouse: Any) -> None:
    warehouse.run(build("a", "SELECT CAST('NaN' AS DOUBLE PRECISION) AS x"), bound())
    [(value,)] = values_of_rows(warehouse, "a", ["x"])
    assert value == "NaN"


def test_a_sum_keeps_every_digit(warehouse: Any) -> None:
    select = f"SELECT sum(x) AS total FROM (VALUES ({2**62}), ({2**62}), ({2**62})) t(x)"
    warehouse.run(build("a", select), bound())
    assert values_of_rows(warehouse, "a", ["total"]) == [(3 * 2**62,)]


# Two values of each Arrow type, as DuckDB writes them.
STREAMED: dict[str, tuple[str, list[Any]]] = {
    "bool": ("[true, false]", [True, False]),
    "int8": ("[-128, 127]::TINYINT[]", [-128, 127]),
    "int16": ("[-32768, 32767]::SMALLINT[]", [-(2**15), 2**15 - 1]),
    "int32": ("[-2147483648, 2147483647]::INTEGER[]", [-(2**31), 2**31 - 1]),
    "int64": (f"[{-(2**63)}, {2**63 - 1}]::BIGINT[]", [-(2**63), 2**63 - 1]),
    "uint8": ("[0, 255]::UTINYINT[]", [0, 2**8 - 1]),
    "uint16": ("[0, 65535]::USMALLINT[]", [0, 2**16 - 1]),
    "uint32": ("[0, 4294967295]::UINTEGER[]", [0, 2**32 - 1]),
    "uint64": (f"[0, {2**64 - 1}]::UBIGINT[]", [0, 2**64 - 1]),
    "float32": ("['0.5', '-Infinity']::FLOAT[]", [0.5, "-Infinity"]),
    "float64": ("[0.1, 1e300]::DOUBLE[]", [0.1, 1e300]),
    "decimal_38_3": (
        "['12345678901234567890.123', '0.100']::DECIMAL(38,3)[]",
        [Decimal("12345678901234567890.123"), Decimal("0.100")],
    ),
    "decimal_5_2": (
        "['-999.99', '0.01']::DECIMAL(5,2)[]",
        [Decimal("-999.99"), Decimal("0.01")],
    ),
    "decimal_38_0": (f"['{'9' * 38}', '-1']::DECIMAL(38,0)[]", [Decimal("9" * 38), Decimal(-1)]),
    "string": ("['naïve ☃', 'a\tb\n\\N \" ,']", ["naïve ☃", 'a\tb\n\\N " ,']),
    "long_string": ("['', repeat('x', 5000)]", ["", "x" * 5000]),
    "binary": (r"['\x00\xFF', '']::BLOB[]", [r"\x00\xFF", ""]),
    "date": ("['0001-01-01', '2024-02-29']::DATE[]", ["0001-01-01", "2024-02-29"]),
    "time": (
        "['12:34:56.123456', '00:00:00']::TIME[]",
        ["12:34:56.123456", "00:00:00"],
    ),
    "timestamp": ("['1969-07-20 20:17:40.123456', '2024-02-29']::TIMESTAMP[]", [MOMENT, LEAP]),
    "seconds": ("['2024-02-29', '2024-02-29']::TIMESTAMP_S[]", [LEAP, LEAP]),
    "millis": ("['2024-02-29', '2024-02-29']::TIMESTAMP_MS[]", [LEAP, LEAP]),
    "timestamptz": (
        "['2024-03-31 02:59:59.999999+02', '1900-01-01 00:00:00+00']::TIMESTAMPTZ[]",
        [ZONED, "1900-01-01T00:00:00Z"],
    ),
    "uuid": (f"['{UUID}', '{UUID}']::UUID[]", [UUID, UUID]),
    "whole_list": ("[[1, NULL, 3], []]::BIGINT[][]", [[1, None, 3], []]),
    "text_list": ("""[['a,b', 'c"d', NULL], ['']]""", [["a,b", 'c"d', None], [""]]),
}

# What another warehouse writes otherwise.
WRITTEN: dict[str, dict[str, list[Any]]] = {
    "duckdb": {},
    "postgres": {"binary": [r"\x00ff", r"\x"]},
}

# Values that hold others, but for simple lists.
NESTED: dict[str, tuple[str, list[Any]]] = {
    "struct": (
        "[{'a': 1, 'b \"c': ['x', NULL]}, {'a': NULL, 'b \"c': NULL}]",
        [{"a": 1, 'b "c': ["x", None]}, {"a": None, 'b "c': None}],
    ),
    "lists": ("[[[1.5]], [[], NULL]]::DOUBLE[][][]", [[[1.5]], [[], None]]),
}


def streamed(names: Iterable[str], rest: str = "") -> RecordBatchReader:
    """The two values of each type and a null, as columns of these names."""
    values = {name: text for name, (text, _) in {**STREAMED, **NESTED}.items()}
    columns = ", ".join(f'unnest({values[name]} || [NULL]) AS "{name}"' for name in names)
    select = f"SELECT * FROM (SELECT unnest([1, 2, 3]) AS id, {columns}) {rest}"
    return RecordBatchReader.from_stream(duckdb.sql(select))


@pytest.mark.parametrize("name", STREAMED)
def test_a_stream_of_every_type(warehouse: Any, warehouse_kind: Kind, name: str) -> None:
    assert warehouse.load("landed", streamed([name])).rows == 3
    found = sorted(values_of_rows(warehouse, "landed", ["id", name]))
    expected = WRITTEN[warehouse_kind.name].get(name, STREAMED[name][1])
    assert [value for _, value in found] == [*expected, None]


@pytest.mark.parametrize("name", NESTED)
def test_a_stream_of_nested_values(warehouse: Any, warehouse_kind: Kind, name: str) -> None:
    assert warehouse.load("landed", streamed([name])).rows == 3
    *found, null = (value for _, value in sorted(values_of_rows(warehouse, "landed", ["id", name])))
    assert null is None
    assert [json.loads(each) if warehouse_kind.documents else each for each in found] == (
        NESTED[name][1]
    )


def test_an_empty_stream(warehouse: Any) -> None:
    names = [*STREAMED, *NESTED]
    outcome = warehouse.load("landed", streamed(names, "WHERE id > 3"))
    assert outcome.rows == 0
    assert [column.name for column in outcome.columns] == ["id", *names]
    assert values_of_rows(warehouse, "landed", names) == []


def test_many_batches(warehouse: Any) -> None:
    table = Table.from_pydict({"x": Array(list(range(100_000)), DataType.int64())})
    assert warehouse.load("landed", table.rechunk(max_chunksize=7_000).to_reader()).rows == 100_000
    found = values_of_rows(warehouse, "landed", ["x"])
    assert sorted(found) == [(number,) for number in range(100_000)]


@pytest.mark.parametrize("count", [1, 500])
def test_any_number_of_columns(warehouse: Any, relation: Any, count: int) -> None:
    names = [f"c{number}" for number in range(count)]
    select = ", ".join(f"{number} AS {name}" for number, name in enumerate(names))
    warehouse.run(build("a", f"SELECT {select}"), bound())
    view = f"SELECT t.* FROM {relation('a')} AS t"
    warehouse.run(build("v", view, ["a"], "view"), bound())
    assert (
        values_of_rows(warehouse, "a", names)
        == values_of_rows(warehouse, "v", names)
        == [tuple(range(count))]
    )
    table = Table.from_pydict({name: Array([1], DataType.int64()) for name in names})
    warehouse.load("landed", table.to_reader())
    assert values_of_rows(warehouse, "landed", names) == [(1,) * count]


def test_no_rows_but_columns(warehouse: Any) -> None:
    outcome = warehouse.run(build("a", "SELECT 1 AS id, 'x' AS name WHERE 1 = 0"), bound())
    assert outcome.rows == 0
    assert [column.name for column in outcome.columns] == ["id", "name"]
    assert values_of_rows(warehouse, "a", ["name"]) == []
