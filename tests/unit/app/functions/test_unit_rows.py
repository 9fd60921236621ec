"""Results of functions as rows that unit tests compare, whatever their types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mesh_files import Port, Product, document, lay_out, mesh_files
from weft.app import test
from weft.app.bootstrap import opened
from weft.app.system import System
from weft.app.unit_tests import UnitResult

HEAD = (
    "# columns: [v]\nfrom datetime import *\nfrom decimal import Decimal\nimport pyarrow as pa\n\n"
)


def examined(folder: Path, value: str, expected: Any) -> UnitResult:
    """Test a function whose only row has a value, written in Python, in its only column."""
    text = f"{HEAD}def made():\n    return pa.table({{'v': {value}}})\n"
    files = mesh_files(
        [
            Product(
                "shop.things",
                {"made.py": text, "o": "SELECT 1 AS id"},
                (Port("o", {"id": "integer"}),),
            )
        ]
    )
    unit = {"test": "t", "model": "made", "given": {}, "expect": expected}
    files["domains/shop/things/tests/t.yaml"] = document(unit)
    lay_out(folder, files)
    with opened(folder, "", System()) as mesh:
        (found,) = _units(test.run_tests(mesh, test.TestOptions(contracts=False)))
    return found


def _units(found: Iterator[Any]) -> list[UnitResult]:
    return [each for each in found if isinstance(each, UnitResult)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("[1]", 1),
        ("pa.array([2**63 + 1], pa.uint64())", 2**63 + 1),
        ("[1.5]", 1.5),
        ("[0.1 + 0.2]", 0.3),
        ("[float('nan')]", "NaN"),
        ("[True]", True),
        ("['naïve']", "naïve"),
        ("[None]", None),
        ("pa.array([None], pa.date32())", None),
        ("[Decimal('1.50')]", 1.5),
        ("[Decimal('12345678901234567890.5')]", "12345678901234567890.5"),
        ("[date(2026, 1, 2)]", "2026-01-02"),
        ("[time(3, 4, 5)]", "03:04:05"),
        ("[datetime(2026, 1, 2, 3, 4, 5)]", "2026-01-02 03:04:05"),
        ("[datetime(2026, 1, 2, 3, tzinfo=UTC)]", "2026-01-02T03:00:00Z"),
        ("[[1, 2]]", [1, 2]),
        ("[{'b': 1, 'a': 'x'}]", {"a": "x", "b": 1}),
        ("pa.array(['x']).dictionary_encode()", "x"),
    ],
)
def test_a_value_is_what_was_expected(tmp_path: Path, value: str, expected: Any) -> None:
    found = examined(tmp_path, value, [{"v": expected}])
    assert found.passed, found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("[1]", 2),
        ("[1]", None),
        ("[1.5]", 1.6),
        ("['a']", "A"),
        ("[date(2026, 1, 2)]", "2026-01-03"),
        ("[[1, 2]]", [2, 1]),
        ("[{'a': 1}]", {"a": 2}),
    ],
)
def test_another_value_is_not(tmp_path: Path, value: str, expected: Any) -> None:
    found = examined(tmp_path, value, [{"v": expected}])
    assert not found.passed and not found.problem


def test_no_rows_are_no_rows(tmp_path: Path) -> None:
    assert examined(tmp_path, "pa.array([], pa.int8())", []).passed
    assert not examined(tmp_path, "[1]", []).passed


def test_what_was_expected_and_cannot_be_is_the_tests_fault(tmp_path: Path) -> None:
    found = examined(tmp_path, "[1]", [{"v": "many"}])
    assert not found.passed and "many" in found.problem
