from __future__ import annotations

from weft.mesh.product import UnitTest
from weft.project.read_yaml import read_yaml
from weft.project.source import SourceFile
from weft.project.unit_tests import read_tests


def read(text: str) -> tuple[UnitTest, ...]:
    document, _ = read_yaml(SourceFile("t.yaml", text.encode()))
    assert document is not None
    return read_tests(document)


def test_one_test_and_a_list_of_one_are_the_same() -> None:
    text = "{test: t, model: m, given: {a: [{x: 1}]}, expect: [{y: 2}], order: exact}"
    expected = UnitTest("t", "m", "t.yaml", {"a": [{"x": 1}]}, [{"y": 2}], any_order=False)
    assert read(text) == read(f"[{text}]") == (expected,)


def test_rows_come_in_any_order_unless_said_otherwise() -> None:
    assert read("{test: t, model: m, expect: []}") == (UnitTest("t", "m", "t.yaml"),)
