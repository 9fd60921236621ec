"""The limits of the house, over every file of the package; there are no exemptions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "weft"
FILES = sorted(SOURCE.rglob("*.py"))
LINES_PER_FILE = 600
LINES_PER_FUNCTION = 60
METHODS_PER_CLASS = 15
PURE = ("mesh", "sql", "contract", "project", "plan")
FORBIDDEN_NAMES = ("core", "common", "utils", "helpers", "base", "manager", "context", "util")
WAREHOUSES = re.compile(r"duckdb|postgres|snowflake|bigquery|databricks", re.IGNORECASE)
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
    ("uuid", "uuid4"),
    ("uuid", "uuid1"),
    ("random", "random"),
    ("os", "getpid"),
    ("os", "urandom"),
    ("secrets", "token_hex"),
    ("socket", "gethostname"),
    ("getpass", "getuser"),
}


def named(path: Path) -> str:
    return str(path.relative_to(SOURCE))


@pytest.fixture(params=FILES, ids=named)
def file(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_a_file_is_short(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= LINES_PER_FILE


def test_functions_are_short(file: Path) -> None:
    long = [
        each.name
        for each in functions(tree_of(file))
        if (each.end_lineno or 0) - each.lineno + 1 > LINES_PER_FUNCTION
    ]
    assert long == []


def test_classes_have_few_methods(file: Path) -> None:
    large = [
        node.name
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ClassDef)
        and sum(isinstance(each, ast.FunctionDef) for each in node.body) > METHODS_PER_CLASS
    ]
    assert large == []


def test_a_module_says_what_it_is_for(file: Path) -> None:
    if file.read_text().strip():
        assert ast.get_docstring(tree_of(file))


def test_public_functions_say_what_they_do(file: Path) -> None:
    tree = tree_of(file)
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_nothing_is_exempt(file: Path) -> None:
    assert "noqa" not in file.read_text()


def test_no_file_is_named_after_a_place(file: Path) -> None:
    assert file.stem not in FORBIDDEN_NAMES
    assert file.parent.name not in FORBIDDEN_NAMES


def test_warehouses_are_named_in_their_own_places_only(file: Path) -> None:
    place = file.relative_to(SOURCE).parts
    warehouses = {path.stem for path in (SOURCE / "sql").glob("*.py")}
    warehouses &= {path.stem for path in (SOURCE / "warehouses").iterdir()}
    own = place[0] in ("sql", "warehouses") and Path(place[1]).stem in warehouses
    if not own:
        assert WAREHOUSES.findall(file.read_text()) == []


def test_the_clock_is_asked_in_one_file(file: Path) -> None:
    if named(file) == "app/system.py":
        return
    asked = [
        ast.unparse(node)
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in CLOCKS
    ]
    assert asked == []


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_nothing_is_caught_blindly(file: Path) -> None:
    outermost = named(file) in ("cli/main.py", "cli/failure.py")
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.ExceptHandler) and not outermost and not _raises_again(node):
            assert node.type is not None, f"line {node.lineno} catches everything"
            caught = ast.unparse(node.type)
            assert caught not in ("Exception", "BaseException"), f"line {node.lineno}"


def test_the_core_imports_where_everybody_can_see_it(file: Path) -> None:
    if file.relative_to(SOURCE).parts[0] not in PURE:
        return
    hidden = [
        function.name
        for function in functions(tree_of(file))
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_limits_would_be_noticed(tmp_path: Path) -> None:
    """The checks above see what they look for."""
    long = tmp_path / "long.py"
    long.write_text('"""Long."""\n\n\ndef f():\n' + "    x = 1\n" * LINES_PER_FUNCTION)
    with pytest.raises(AssertionError):
        test_functions_are_short(long)
    blind = tmp_path / "blind.py"
    blind.write_text('"""Blind."""\ntry:\n    pass\nexcept Exception:\n    pass\n')
    with pytest.raises((AssertionError, ValueError)):
        test_nothing_is_caught_blindly(blind)
