"""Every kind of check is measured on a real engine and compared with counting in Python."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.contract.checks import checks_of
from weft.contract.formats import INTEGER_RANGES, STRING_PATTERNS
from weft.contract.measure import fused_scan
from weft.mesh.check import Check, Measure
from weft.mesh.contract import Operator, QualityRule, Relationship, SchemaObject, SchemaProperty
from weft.sql.dialect import dialect_named

DIALECT = dialect_named("duckdb")
NASTY = ["id", "order", "a b", 'a"b', "ünï", "count(*)", "a", "b.c", "'; drop table t; --"]
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("create schema builds")
    yield connection
    connection.close()


def filled(
    database: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str], rows: Rows
) -> str:
    relation = DIALECT.relation("builds", name)
    body = ", ".join(f"{DIALECT.quote(column)} {native}" for column, native in columns.items())
    database.execute(f"create or replace table {relation} ({body})")
    if rows:
        marks = ", ".join("?" for _ in columns)
        database.executemany(f"insert into {relation} values ({marks})", rows)
    return relation


def measured(
    database: duckdb.DuckDBPyConnection,
    relation: str,
    checks: tuple[Check, ...],
    refers: dict[str, str] | None = None,
) -> list[tuple[Measure, int, Rows]]:
    """Each check's measure, its count, and the rows that it says are failing."""
    scan, measures = fused_scan(relation, checks, DIALECT, {}, refers or {})
    counts = database.execute(scan).fetchall()[0]
    assert counts[0] == database.execute(f"select count(*) from {relation}").fetchall()[0][0]
    return [
        (each, counts[each.column], database.execute(each.rows).fetchall() if each.rows else [])
        for each in measures
    ]


def prop(name: str = "c", logical: str = "", **rest: Any) -> SchemaProperty:
    return SchemaProperty(name, logical, **rest)


def rule(metric: str, **arguments: Any) -> tuple[QualityRule, ...]:
    return (QualityRule(metric=metric, operator=Operator.EQUAL, threshold=0, arguments=arguments),)


NAN = float("nan")

# What is promised of column c, its native type, values that keep it, values that do not.
CASES: dict[str, tuple[SchemaProperty, str, list[Any], list[Any]]] = {
    "required": (prop(required=True), "integer", [1, 0], [None, None]),
    "nulls": (prop(quality=rule("nullValues")), "varchar", ["", "x"], [None]),
    "missing": (
        prop(quality=rule("missingValues", missingValues=[None, "", "N/A", "it's", 0])),
        "varchar", ["x", "n/a", " "], [None, "", "N/A", "it's", "0"],
    ),
    "missing without list": (prop(quality=rule("missingValues")), "varchar", ["", "x"], [None]),
    "missing numbers": (
        prop(quality=rule("missingValues", missingValues=[-1])), "integer", [1, 0], [None, -1],
    ),
    "missing values of numbers": (
        prop("c", "number", quality=rule("missingValues", missingValues=[-999, "0.5", True])),
        "double", [999.0, -999.5, 1.0], [None, -999.0, 0.5],
    ),
    "missing values of large numbers": (
        prop("c", "integer", quality=rule("missingValues", missingValues=[2**53, 0.0])),
        "bigint", [2**53 + 1, 1], [None, 2**53, 0],
    ),
    "missing values of truths": (
        prop("c", "boolean", quality=rule("missingValues", missingValues=[False])),
        "boolean", [True], [None, False],
    ),
    "valid numbers among texts": (
        prop("c", "string", quality=rule("invalidValues", validValues=[1, "a"])),
        "varchar", ["1", "a", None], ["b", "1.0"],
    ),
    "valid values": (
        prop(quality=rule("invalidValues", validValues=["a", "it's", 'q"'])),
        "varchar", ["a", "it's", 'q"', None], ["A", "", "b"],
    ),
    "valid values and null": (
        prop("c", "string", quality=rule("invalidValues", validValues=["a", None])),
        "varchar", ["a", None], ["None", "null", ""],
    ),
    "valid pattern": (
        prop(quality=rule("invalidValues", pattern="^[a-z]+$")),
        "varchar", ["a", "abc", None], ["A", "", "a1"],
    ),
    "valid numbers by pattern": (
        prop(quality=rule("invalidValues", pattern="^1")), "integer", [1, 10, None], [2, 21],
    ),
    "valid values and pattern": (
        prop(quality=rule("invalidValues", validValues=["a", "b1"], pattern="^[a-z]$")),
        "varchar", ["a"], ["b1", "c"],
    ),
    "enum": (prop("c", "string", enum=("EWR", "'", "")), "varchar", ["EWR", "'", "", None],
             ["ewr", "EWR ", "JFK"]),
    "enum of numbers": (prop("c", "integer", enum=(1, 2)), "bigint", [1, 2, None], [0, 3]),
    "enum of booleans": (prop("c", "boolean", enum=(True,)), "boolean", [True, None], [False]),
    "enum of dates": (prop("c", "date", enum=("2020-01-01",)), "date", [date(2020, 1, 1), None],
                      [date(2020, 1, 2)]),
    "minLength": (prop("c", "string", options={"minLength": 2}), "varchar",
                  ["ab", "äö", None], ["", "ä"]),
    "maxLength": (prop("c", "string", options={"maxLength": 2}), "varchar",
                  ["", "äö", None], ["abc"]),
    "pattern": (prop("c", "string", options={"pattern": "N[0-9]+'?$"}), "varchar",
                ["N1", "xN22", "N1'", None], ["N", "N1x", ""]),
    "minimum": (prop("c", "integer", options={"minimum": 0}), "integer", [0, 5, None], [-1]),
    "minimum of floats": (prop("c", "number", options={"minimum": 0}), "double",
                          [0.0, float("inf"), None], [-0.5, float("-inf"), NAN]),
    "minimum of numbers": (prop("c", "number", options={"minimum": 0}), "bigint", [0, None], [-1]),
    "exclusiveMinimum of floats": (prop("c", "number", options={"exclusiveMinimum": 0}), "float",
                                   [0.5, float("inf")], [0.0, float("-inf"), NAN]),
    "exclusiveMaximum of floats": (prop("c", "number", options={"exclusiveMaximum": 1}), "double",
                                   [0.5, float("-inf")], [1.0, float("inf"), NAN]),
    "multipleOf of no number": (prop("c", "number", options={"multipleOf": 2}), "double",
                                [4.0], [NAN, float("inf")]),
    "maximum": (prop("c", "number", options={"maximum": 1.5}), "double", [1.5, -9.0, None],
                [1.6, float("inf"), NAN]),
    "exclusiveMinimum": (prop("c", "number", options={"exclusiveMinimum": 0}), "decimal(9,2)",
                         [Decimal("0.01"), None], [Decimal(0), Decimal("-0.01")]),
    "exclusiveMaximum": (prop("c", "integer", options={"exclusiveMaximum": 3}), "tinyint",
                         [2, -5, None], [3, 4]),
    "minimum of dates": (prop("c", "date", options={"minimum": "2020-01-01"}), "date",
                         [date(2020, 1, 1), None], [date(2019, 12, 31)]),
    "maximum of timestamps": (
        prop("c", "timestamp", options={"maximum": "2020-01-01 12:00:00"}), "timestamp",
        ["2020-01-01 12:00:00", None], ["2020-01-01 12:00:01"],
    ),
    "minimum of times": (prop("c", "time", options={"minimum": "06:00:00"}), "time",
                         ["06:00:00", None], ["05:59:59"]),
    "multipleOf": (prop("c", "integer", options={"multipleOf": 5}), "bigint",
                   [0, 5, -10, None], [1, -4]),
    "multipleOf of decimals": (prop("c", "number", options={"multipleOf": 0.01}), "decimal(9,3)",
                               [Decimal("0.07"), Decimal("1.10"), None], [Decimal("0.005")]),
    "multipleOf of floats": (prop("c", "number", options={"multipleOf": 0.1}), "double",
                             [0.3, 0.7, 1e6, None], [0.25, 0.33]),
    "i8": (prop("c", "integer", options={"format": "i8"}), "bigint", [-128, 127, None],
           [-129, 128]),
    "u16": (prop("c", "integer", options={"format": "u16"}), "bigint", [0, 65535, None],
            [-1, 65536]),
    "i64": (prop("c", "integer", options={"format": "i64"}), "bigint", [-(2**63), 2**63 - 1], []),
    "u128": (prop("c", "integer", options={"format": "u128"}), "hugeint", [0, 2**126], [-1]),
    "minItems": (prop("c", "array", options={"minItems": 2}), "integer[]",
                 [[1, 2], [None, None], None], [[], [1]]),
    "maxItems": (prop("c", "array", options={"maxItems": 1}), "integer[]", [[], [1], None],
                 [[1, 2]]),
    "uniqueItems": (prop("c", "array", options={"uniqueItems": True}), "integer[]",
                    [[], [1, 2], [1, None], None], [[1, 1], [None, None], [1, None, 1]]),
    "uniqueItems of floats": (prop("c", "array", options={"uniqueItems": True}), "double[]",
                              ["[NaN]", "[0.1, NaN, NULL]", None],
                              ["[NaN, NaN]", "[0.0, -0.0]", "[0.1, 0.1]"]),
    "email": (prop("c", "string", options={"format": "email"}), "varchar",
              ["a@b.c", "a.b+c@x-y.example", None], ["a", "a@b", "a b@c.d", "@b.c", "a@b.c@d.e"]),
    "uuid": (prop("c", "string", options={"format": "uuid"}), "varchar",
             ["123e4567-e89b-12d3-a456-426614174000", None],
             ["123e4567e89b12d3a456426614174000", "x"]),
    "uuid as uuid": (prop("c", "string", options={"format": "uuid"}), "uuid",
                     ["123e4567-e89b-12d3-a456-426614174000"], []),
    "uri": (prop("c", "string", options={"format": "uri"}), "varchar",
            ["https://a.example/x?y", "urn:isbn:1", None], ["a.example", "//x", "http: x"]),
    "hostname": (prop("c", "string", options={"format": "hostname"}), "varchar",
                 ["a.example", "x", "a-b.c1", None], ["-a", "a-", "a..b", "a b", "a_b"]),
    "ipv4": (prop("c", "string", options={"format": "ipv4"}), "varchar",
             ["127.0.0.1", "255.255.255.255", None],
             ["256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4"]),
    "ipv6": (prop("c", "string", options={"format": "ipv6"}), "varchar",
             ["::1", "2001:db8::8a2e:370:7334", "1:2:3:4:5:6:7:8", "::", "fe80::", None,
              "::ffff:1.2.3.4", "64:ff9b::192.0.2.33", "1:2:3:4:5:6:7.8.9.10", "1::2:3.4.5.6"],
             ["1:2:3", ":::", "1::2::3", "12345::", "g::1", "1.2.3.4", "::1.2.3", "::256.1.1.1",
              "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "::ffff:1.2.3.4:5"]),
    "byte": (prop("c", "string", options={"format": "byte"}), "varchar",
             ["YQ==", "YWI=", "YWJj", "", None], ["a", "YQ", "Y===", "*"]),
}  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("case", sorted(CASES))
def test_failing_rows_are_counted_and_found(
    case: str, name: str, database: duckdb.DuckDBPyConnection
) -> None:
    promised, native, good, bad = CASES[case]
    promised = SchemaProperty(**{**vars(promised), "name": name})
    rows = [(value, number) for number, value in enumerate([*good, *bad])]
    relation = filled(database, "abc", {name: native, "number": "integer"}, rows)
    checks = checks_of(SchemaObject("o", (promised,)))
    ((_, count, failing),) = measured(database, relation, checks)
    assert count == len(bad)
    assert sorted(number for _, number in failing) == list(range(len(good), len(rows)))


@pytest.mark.parametrize("case", sorted(CASES))
def test_an_empty_relation_fails_nothing(case: str, database: duckdb.DuckDBPyConnection) -> None:
    promised, native, _, _ = CASES[case]
    relation = filled(database, "abc", {"c": native}, [])
    ((_, count, rows),) = measured(database, relation, checks_of(SchemaObject("o", (promised,))))
    assert (count, rows) == (0, [])


@pytest.mark.parametrize("format_", sorted(STRING_PATTERNS))
def test_patterns_mean_the_same_elsewhere(format_: str) -> None:
    good, bad = next(
        (good, bad)
        for promised, native, good, bad in CASES.values()
        if promised.options.get("format") == format_ and native == "varchar"
    )
    pattern = re.compile(STRING_PATTERNS[format_])
    assert all(pattern.search(each) for each in good if each is not None)
    assert not any(pattern.search(each) for each in bad)


def test_ipv6_is_what_python_takes_for_it() -> None:
    groups = st.sampled_from(["1", "ffff", "", "12345", "1.2.3.4", "256.1.1.1"])

    @given(st.lists(groups, min_size=1, max_size=9))
    def compared(parts: list[str]) -> None:
        text = ":".join(parts)
        try:
            known = bool(IPv6Address(text))
        except ValueError:
            known = False
        assert bool(re.search(STRING_PATTERNS["ipv6"], text)) is known

    compared()


def test_the_ranges_of_integers() -> None:
    assert INTEGER_RANGES["i32"] == (-(2**31), 2**31 - 1)
    assert INTEGER_RANGES["u64"] == (0, 2**64 - 1)
    assert len(INTEGER_RANGES) == 10


VALUES = st.one_of(st.none(), st.integers(0, 3))
TWO = st.lists(st.tuples(VALUES, VALUES), max_size=12)
SHARED = duckdb.connect()
SHARED.execute("create schema builds")


def surplus(keys: list[tuple[Any, ...]]) -> tuple[int, int]:
    """Rows beyond the first of each complete key, and all rows of keys that stand twice."""
    counted = Counter(key for key in keys if None not in key)
    return (
        sum(number - 1 for number in counted.values()),
        sum(number for number in counted.values() if number > 1),
    )


@given(TWO)
@settings(max_examples=40, deadline=None)
def test_duplicates_are_counted_as_in_python(rows: Rows) -> None:
    first, second = prop("order", unique=True), prop('a"b')
    twice = rule("duplicateValues", properties=["order", 'a"b'])
    relation = filled(SHARED, "dup", {"order": "integer", 'a"b': "integer"}, rows)
    one, both = measured(
        SHARED, relation, checks_of(SchemaObject("o", (first, second), quality=twice))
    )
    assert (one[1], len(one[2])) == surplus([(a,) for a, _ in rows])
    assert (both[1], len(both[2])) == surplus(rows)


@given(TWO, TWO)
@settings(max_examples=40, deadline=None)
def test_orphans_are_counted_as_in_python(rows: Rows, parents: Rows) -> None:
    single = prop("order", relationships=(Relationship(("order",), ("p.k",)),))
    pair = Relationship(("order", 'a"b'), ("p.k", "p.l w"))
    checks = checks_of(SchemaObject("o", (single, prop('a"b')), relationships=(pair,)))
    relation = filled(SHARED, "kids", {"order": "integer", 'a"b': "integer"}, rows)
    parent = filled(SHARED, "old", {"k": "integer", "l w": "integer"}, parents)
    for refers in (parent, f'(SELECT "k", "l w" FROM {parent})'):
        one, both = measured(SHARED, relation, checks, {each.id: refers for each in checks})
        keys = {k for k, _ in parents}
        wanted = [row for row in rows if row[0] is not None and row[0] not in keys]
        assert one[1] == len(wanted)
        assert sorted(map(repr, one[2])) == sorted(map(repr, wanted))
        wanted = [row for row in rows if None not in row and row not in parents]
        assert both[1] == len(wanted)
        assert sorted(map(repr, both[2])) == sorted(map(repr, wanted))


def test_a_relationship_inside_one_relation(database: duckdb.DuckDBPyConnection) -> None:
    to = Relationship(("boss",), ("people.id",))
    checks = checks_of(SchemaObject("people", (prop("id"), prop("boss", relationships=(to,)))))
    columns = {"id": "integer", "boss": "integer"}
    relation = filled(database, "abc", columns, [(1, None), (2, 1), (3, 9)])
    ((_, count, rows),) = measured(database, relation, checks, {checks[0].id: relation})
    assert (count, rows) == (1, [(3, 9)])


def test_row_counts_and_rules_of_sql(database: duckdb.DuckDBPyConnection) -> None:
    sql = QualityRule(type="sql", query="…", operator=Operator.EQUAL, threshold=1, id="own")
    count = QualityRule(metric="rowCount", operator=Operator.GREATER, threshold=0)
    checks = checks_of(SchemaObject("o", (prop("c", required=True),), quality=(sql, count)))
    relation = filled(database, "abc", {"c": "integer"}, [(1,), (None,)])
    scan, measures = fused_scan(relation, checks, DIALECT, {"own": "SELECT 1"}, {})
    assert [(each.column, each.statement, bool(each.rows)) for each in measures] == [
        (1, "", True),
        (-1, "SELECT 1", False),
        (0, "", False),
    ]
    assert database.execute(scan).fetchall() == [(2, 1)]


def test_what_is_counted_twice_is_measured_once() -> None:
    both = prop("c", required=True, quality=rule("nullValues"))
    scan, measures = fused_scan("t", checks_of(SchemaObject("o", (both,))), DIALECT, {}, {})
    assert scan == 'SELECT count(*), count(*) - count("c") FROM t'
    assert [each.column for each in measures] == [1, 1]


def test_without_checks_the_rows_are_counted() -> None:
    assert fused_scan("t", (), DIALECT, {}, {}) == ("SELECT count(*) FROM t", ())


GOLDEN = Path(__file__).parents[2] / "golden" / "sql" / "duckdb" / "checks.txt"


def test_the_statements_are_what_is_kept(environ_write: Callable[[Path, bytes], None]) -> None:
    lines = []
    for case, (promised, _, _, _) in CASES.items():
        scan, (measure,) = fused_scan(
            DIALECT.relation("builds", "k"),
            checks_of(SchemaObject("o", (promised,))),
            DIALECT,
            {},
            {},
        )
        lines += [case, f"  {scan}", f"  {measure.rows}", ""]
    shown = "\n".join(lines).encode()
    environ_write(GOLDEN, shown)
    assert shown == GOLDEN.read_bytes()
