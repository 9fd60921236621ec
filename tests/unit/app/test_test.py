"""Unit tests and contracts, run on the example and on small meshes that are wrong on purpose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from arro3.core import Table

from applying import apply_files
from mesh_files import Port, Product, Source, document, lay_out, mesh_files
from weft.app import test as verb
from weft.app.bootstrap import opened
from weft.app.errors import NotFound, Usage
from weft.app.system import System
from weft.app.unit_tests import UnitResult
from weft.contract.evaluate import blocked
from weft.mesh.check import CheckResult, Verdict

COUNTED = {
    "name": "small",
    "type": "library",
    "metric": "invalidValues",
    "arguments": {"properties": ["n"], "validValues": [1, 2]},
    "mustBe": 0,
}


def results(folder: Path, *select: str, **kinds: bool) -> list[verb.Tested]:
    with opened(folder, "", System()) as mesh:
        return list(verb.run_tests(mesh, verb.TestOptions(select, **kinds)))


def small(
    *tests: dict[str, Any], rules: tuple[dict[str, Any], ...] = (), version: str = "1.0.0"
) -> dict[str, bytes]:
    """A product `a.b` that doubles the numbers of a file, with these unit tests."""
    product = Product(
        "a.b",
        {
            "doubled": "SELECT n, n * 2.0 AS twice FROM numbers",
            "halves": "SELECT n, n / 2 AS half FROM doubled",
        },
        (Port("doubled", {"n": "integer", "twice": "number"}, ("n",), rules, version),),
        sources=(Source("numbers", "numbers.csv", {"n": "integer"}),),
    )
    files = mesh_files([product]) | {"numbers.csv": b"n\n1\n2\n3\n"}
    for number, test in enumerate(tests):
        files[f"domains/a/b/tests/t{number}.yaml"] = document({"model": "doubled", **test})
    return files


def unit(folder: Path, **test: Any) -> UnitResult:
    """The result of one unit test, of `doubled` or of what never could be built."""
    spans = b"SELECT n * INTERVAL 1 DAY AS days FROM doubled"
    lay_out(folder, small({"test": "t", **test}) | {"domains/a/b/models/spans.sql": spans})
    [result] = results(folder, contracts=False)
    assert isinstance(result, UnitResult)
    return result


def given(*numbers: int | None) -> dict[str, Any]:
    return {"numbers": [{"n": number} for number in numbers]}


def test_the_example_passes_its_tests(skyline: Path) -> None:
    found = results(skyline)
    units = [each for each in found if isinstance(each, UnitResult)]
    contracts = [each for each in found if isinstance(each, verb.ContractResult)]
    assert found == [*units, *contracts]
    assert len(units) == 8
    assert all(each.passed for each in units), units
    assert {each.release for each in contracts} == {1}
    assert not any(each.problem for each in contracts)
    checks = [check for each in contracts for check in each.checks]
    assert "tailnum_american" in {each.check for each in checks if each.quarantined}
    assert not blocked(checks)


def test_only_what_is_selected_is_tested(skyline: Path) -> None:
    found = results(skyline, "fleet")
    assert {each.product for each in found} == {"fleet.aircraft"}
    assert len(found) == 2


def test_nothing_but_the_failing_rows_is_written(own_skyline: Path) -> None:
    def files() -> set[Path]:
        kept = own_skyline / ".weft/lake"
        return {each for each in kept.rglob("*") if "quarantine" not in each.parts}

    before = files()
    results(own_skyline, "fleet")
    assert files() == before


def test_rows_may_come_in_any_order(tmp_path: Path) -> None:
    rows = [{"n": n, "twice": 2 * n} for n in (3, 2)]
    assert unit(tmp_path, given=given(2, 3), expect=rows).passed
    assert not unit(tmp_path, given=given(2, 4), expect=rows).passed


def test_an_exact_order_is_held(tmp_path: Path) -> None:
    rows = [{"n": n, "twice": 2 * n} for n in (2, 3)]
    good = unit(tmp_path, given=given(2, 3), expect=rows, order="exact")
    assert good.passed
    bad = unit(tmp_path, given=given(3, 2), expect=rows, order="exact")
    assert (bad.passed, bad.misplaced, bad.missing, bad.unexpected) == (False, True, (), ())


def test_columns_left_out_are_null(tmp_path: Path) -> None:
    assert unit(tmp_path, given=given(None), expect=[{}]).passed
    result = unit(tmp_path, given=given(1), expect=[{"n": 1}])
    assert result.missing == ({"n": "1"},)
    assert result.unexpected == ({"n": "1", "twice": "2.0"},)


def test_a_row_too_often_is_too_much(tmp_path: Path) -> None:
    row = {"n": 1, "twice": 2}
    result = unit(tmp_path, given=given(1, 1), expect=[row])
    assert (result.passed, len(result.missing), len(result.unexpected)) == (False, 0, 1)


@pytest.mark.parametrize(("half", "passed"), [(0.5000000000001, True), (0.500001, False)])
def test_floats_may_differ_in_their_last_digits(tmp_path: Path, half: float, passed: bool) -> None:
    numbers = {"doubled": [{"n": 1}]}
    result = unit(tmp_path, model="halves", given=numbers, expect=[{"n": 1, "half": half}])
    assert result.passed is passed


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        ({"n": 1, "twice": 2.04}, {"n": "1", "twice": "2.04"}),
        ({"n": 1.4, "twice": 2}, {"n": "1.4", "twice": "2.0"}),
    ],
)
def test_a_number_that_its_column_cannot_hold_is_missing(
    tmp_path: Path, row: dict[str, float], missing: dict[str, str]
) -> None:
    assert unit(tmp_path, given=given(1), expect=[row]).missing == (missing,)


def test_spans_of_time_are_compared_too(tmp_path: Path) -> None:
    numbers = {"doubled": [{"n": 2}]}
    assert unit(tmp_path, model="spans", given=numbers, expect=[{"days": "2 days"}]).passed
    assert not unit(tmp_path, model="spans", given=numbers, expect=[{"days": "1 day"}]).passed


def test_at_most_five_rows_are_shown(tmp_path: Path) -> None:
    result = unit(tmp_path, given=given(*range(9)), expect=[])
    assert len(result.unexpected) == 5


def test_a_value_that_does_not_fit_is_a_failed_test(tmp_path: Path) -> None:
    result = unit(tmp_path, given={"numbers": [{"n": "many"}]}, expect=[])
    assert not result.passed
    assert "many" in result.problem


def test_without_data_only_unit_tests_run(tmp_path: Path) -> None:
    lay_out(tmp_path, small({"test": "t", "given": given(), "expect": []}))
    [tested, unbuilt] = results(tmp_path)
    assert isinstance(tested, UnitResult)
    assert tested.passed
    assert unbuilt == verb.Unbuilt("a.b")


def contract(folder: Path) -> tuple[int, dict[str, CheckResult]]:
    [result] = results(folder, unit=False)
    assert isinstance(result, verb.ContractResult)
    assert (result.object, result.rows) == ("doubled@1.doubled", 3)
    return result.release, {each.check: each for each in result.checks}


def test_a_held_candidate_is_what_is_tested(tmp_path: Path) -> None:
    apply_files(tmp_path, small())
    assert contract(tmp_path)[0] == 1
    counted = small(rules=(COUNTED,), version="1.1.0")
    apply_files(tmp_path, counted | {"numbers.csv": b"n\n1\n2\n9\n"})
    release, checks = contract(tmp_path)
    assert release == 0
    assert checks["small"].failed == 1


def test_a_new_promise_is_measured_before_it_is_applied(tmp_path: Path) -> None:
    apply_files(tmp_path, small())
    lay_out(tmp_path, small(rules=(COUNTED,)))
    release, checks = contract(tmp_path)
    assert release == 1
    assert checks["small"].verdict == Verdict.FAIL
    assert checks["small"].keys == ()


def test_failing_rows_are_kept_in_full(tmp_path: Path) -> None:
    apply_files(tmp_path, small(rules=(COUNTED,)))
    with opened(tmp_path, "", System()) as mesh:
        for name in ("doubled.small", "a.b.doubled.small"):
            with verb.failing_rows(mesh, name) as answer:
                assert Table.from_arrow(answer).column("n").to_pylist() == [3]
        with pytest.raises(NotFound, match="there is no kept row of check"):
            verb.failing_rows(mesh, "doubled.required_n")
        with pytest.raises(NotFound) as unknown:
            verb.failing_rows(mesh, "doubled.smal")
        assert unknown.value.why == "did you mean `doubled.small`?"


def test_a_check_of_several_products_is_named_in_full(tmp_path: Path) -> None:
    port = Port("doubled", {"n": "integer"}, ("n",))
    second = Product("a.c", {"doubled": "SELECT 1 AS n"}, (port,))
    apply_files(tmp_path, small() | mesh_files([second]))
    with opened(tmp_path, "", System()) as mesh, pytest.raises(Usage):
        verb.failing_rows(mesh, "doubled.required_n")


def test_a_model_that_reads_a_snapshot_has_its_columns_whatever_their_types(
    tmp_path: Path,
) -> None:
    snapshot = (
        b"-- materialized: snapshot\n-- unique_key: n\nSELECT n, [x for x in [n]] AS l FROM numbers"
    )
    reader = b"SELECT n, l, valid_to FROM kept"
    test = {"test": "t", "model": "reads", "given": {"kept": [{"n": 1, "l": [1]}]}}
    expected = {"expect": [{"n": 1, "l": [1]}]}
    lay_out(
        tmp_path,
        small({**test, **expected})
        | {"domains/a/b/models/kept.sql": snapshot, "domains/a/b/models/reads.sql": reader},
    )
    [result] = results(tmp_path, contracts=False)
    assert isinstance(result, UnitResult)
    assert (result.passed, result.problem) == (True, "")
