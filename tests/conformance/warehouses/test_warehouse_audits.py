"""What every warehouse measures alike, and which failing rows it keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from warehouse_kinds import Kind
from warehouse_steps import bound, build, measured, required, rows, unique

from weft.mesh.check import Check, CheckKind, Measure, Promise, Verdict

# How a warehouse writes its types of small and of large integers.
NARROW = {"duckdb": ("SMALLINT", "BIGINT"), "postgres": ("smallint", "bigint")}

ROWS = "SELECT * FROM (VALUES (1, 'x'), (2, NULL), (2, 'y'), (NULL, NULL)) t(id, name)"


@pytest.fixture
def filled(warehouse: Any) -> Any:
    warehouse.run(build("a", ROWS), bound())
    return warehouse


def sql_check(statement: str, rows_select: str = "") -> Measure:
    return Measure(Check("rule", "rule", CheckKind.SQL), statement=statement, rows=rows_select)


def test_passing_checks_keep_nothing(filled: Any, audit: Any) -> None:
    filled.run(build("good", "SELECT 1 AS id"), bound())
    promise = [Promise("id", "integer")]
    outcome = filled.run(audit("good", [*required("id"), unique("id")], promise), bound())
    assert outcome.rows == 1
    assert [(each.check, each.verdict) for each in outcome.checks] == [
        ("columns", Verdict.PASS),
        ("required_id", Verdict.PASS),
        ("unique", Verdict.PASS),
    ]
    with pytest.raises(KeyError):
        filled.failing_rows("audit_1", "required_id")


def test_failing_rows_are_kept_in_full(filled: Any, audit: Any) -> None:
    step = audit("a", [*required("id", "name"), unique("id")], identity=["id"])
    found = {each.check: each for each in filled.run(step, bound()).checks}
    assert found["required_name"].failed == 2
    assert found["required_name"].rows == 4
    assert found["required_name"].keys == ("2", "null")
    assert all(each.quarantined for each in found.values())
    assert sorted(rows(filled.failing_rows("audit_1", "unique")), key=str) == [(2, "y"), (2, None)]
    assert rows(filled.failing_rows("audit_1", "required_id")) == [(None, None)]


def test_at_most_three_keys_and_all_rows(warehouse: Any, audit: Any) -> None:
    warehouse.run(
        build("a", "SELECT x AS id, NULL AS y, x AS z FROM generate_series(1, 5000) t(x)"), bound()
    )
    step = audit("a", required("y"), identity=["id", "z"])
    result = warehouse.run(step, bound()).checks[0]
    assert (result.failed, result.keys) == (5000, ("1, 1", "2, 2", "3, 3"))
    assert len(rows(warehouse.failing_rows("audit_1", "required_y"))) == 5000


def test_views_are_audited(filled: Any, relation: Any, audit: Any) -> None:
    filled.run(build("v", f"SELECT a.name FROM {relation('a')} AS a", ["a"], "view"), bound())
    result = filled.run(audit("v", required("name")), bound()).checks[0]
    assert (result.verdict, result.failed) == (Verdict.FAIL, 2)


def test_checks_read_other_builds(filled: Any, relation: Any) -> None:
    filled.run(build("other", "SELECT 4 AS n"), bound())
    step = measured(
        "a",
        f"SELECT count(*) FROM {relation('a')}",
        [sql_check(f"SELECT (SELECT count(*) FROM {relation('a')}) - n FROM {relation('other')}")],
    )
    step = replace(step, audit=replace(step.audit, reads=("other",)))
    result = filled.run(step, bound()).checks[0]
    assert result.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELECT no_such_column", "no_such_column"),
        ("SELECT CAST('x' AS INTEGER)", "x"),
        ("SELECT 'text'", "it gave `text` and not a number"),
        ("SELECT 1 < 2", "it gave `true` and not a number"),
        (
            "SELECT CAST('2026-01-31 10:00:00+02' AS TIMESTAMP WITH TIME ZONE)",
            "it gave `2026-01-31 08:00:00+00` and not a number",
        ),
        ("SELECT CAST('2026-01-31' AS DATE)", "it gave `2026-01-31` and not a number"),
        ("SELECT CAST('nan' AS DOUBLE PRECISION)", "measured `nan`"),
        ("SELECT 1 WHERE 1 = 0", "0 rows"),
        ("SELECT NULL", "measured nothing"),
    ],
)
def test_what_cannot_be_measured_is_an_error(
    filled: Any, statement: str, message: str, relation: Any
) -> None:
    step = measured("a", f"SELECT count(*) FROM {relation('a')}", [sql_check(statement)])
    result = filled.run(step, bound()).checks[0]
    assert result.verdict is Verdict.ERROR
    assert result.blocks
    assert message in result.message
    assert len(result.message) < 400


def test_one_faulty_check_does_not_hide_the_others(filled: Any, audit: Any) -> None:
    good, bad = required("id"), Check("bad", "bad", CheckKind.REQUIRED, ("missing",))
    outcome = filled.run(audit("a", [*good, bad]), bound())
    assert outcome.rows == 4
    assert [(each.check, each.verdict, each.failed) for each in outcome.checks] == [
        ("required_id", Verdict.FAIL, 1),
        ("bad", Verdict.ERROR, 0),
    ]
    assert "missing" in outcome.checks[1].message


def test_columns_are_compared_with_the_contract(filled: Any, audit: Any) -> None:
    promises = [Promise("id", "string"), Promise("name", "string"), Promise("gone", "date")]
    results = filled.run(audit("a", [], promises), bound()).checks
    assert [(each.check, each.verdict) for each in results] == [
        ("type_id", Verdict.FAIL),
        ("column_gone", Verdict.FAIL),
    ]


LIST = {"duckdb": ("[1]", "[1]"), "postgres": ("ARRAY[1]", "{1}")}


def test_a_list_is_no_number(filled: Any, warehouse_kind: Kind, relation: Any) -> None:
    value, told = LIST[warehouse_kind.name]
    step = measured("a", f"SELECT count(*) FROM {relation('a')}", [sql_check(f"SELECT {value}")])
    [result] = filled.run(step, bound()).checks
    assert result.verdict is Verdict.ERROR
    assert f"it gave `{told}` and not a number" in result.message


def test_columns_are_compared_with_the_build_that_readers_have(
    warehouse: Any, audit: Any, warehouse_kind: Kind
) -> None:
    warehouse.run(build("old", "SELECT CAST(1 AS BIGINT) AS n, 'x' AS t"), bound())
    warehouse.run(build("new", "SELECT CAST(1 AS SMALLINT) AS n, 'y' AS t"), bound())
    warehouse.run(build("wide", "SELECT CAST(1 AS BIGINT) AS n, 'z' AS t, 1 AS more"), bound())
    promises = [Promise("n", "integer"), Promise("t", "string")]

    def audited(key: str, succeeds: str) -> list[tuple[str, str, str]]:
        step = audit(key, [], promises)
        step = replace(step, audit=replace(step.audit, succeeds=succeeds))
        results = warehouse.run(step, bound()).checks
        assert all(each.blocks for each in results)
        return [(each.check, each.verdict, each.message) for each in results]

    narrow, wide = NARROW[warehouse_kind.name]
    assert audited("new", "old") == [
        ("type_n", Verdict.FAIL, f"n is {narrow} now, it was {wide}"),
    ]
    passing = [("columns", Verdict.PASS, "")]
    for key, succeeds in (("new", ""), ("new", "nowhere"), ("new", "new"), ("wide", "new")):
        assert audited(key, succeeds) == passing


def test_odd_names_of_checks_and_columns(warehouse: Any, audit: Any) -> None:
    warehouse.run(build("a", 'SELECT NULL AS "a/../""b", 1 AS id'), bound())
    check = Check("../../Über 1", "x", CheckKind.REQUIRED, ('a/../"b',))
    result = warehouse.run(audit("a", [check], identity=['a/../"b', "id"]), bound()).checks[0]
    assert (result.failed, result.keys) == (1, ("null, 1",))
    assert rows(warehouse.failing_rows("audit_1", "../../Über 1")) == [(None, 1)]


def test_an_empty_table_passes(warehouse: Any, audit: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id WHERE 1 = 0"), bound())
    outcome = warehouse.run(audit("a", [*required("id"), unique("id")]), bound())
    assert {each.verdict for each in outcome.checks} == {Verdict.PASS}


def test_auditing_again_replaces_the_rows(filled: Any, audit: Any) -> None:
    step = audit("a", required("id"))
    assert filled.run(step, bound()).checks == filled.run(step, bound("run_2")).checks
    assert len(rows(filled.failing_rows("audit_1", "required_id"))) == 1


def test_failing_rows_are_forgotten_after_a_fortnight(filled: Any, audit: Any) -> None:
    filled.run(audit("a", required("id")), bound())
    filled.forget([], frozenset(["a"]), "2026-03-15T09:59:59+00:00")
    assert len(rows(filled.failing_rows("audit_1", "required_id"))) == 1
    names = filled.forget([], frozenset(["a"]), "2026-03-15T10:00:01+00:00").names
    assert any("required_id" in name for name in names)
    with pytest.raises(KeyError):
        filled.failing_rows("audit_1", "required_id")
