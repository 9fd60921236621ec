"""The limits of the house, over every file of the package; there are no exemptions."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "weft"
FILES = sorted(SOURCE.rglob("*.py"))
LINES_PER_FILE = 600
LINES_PER_FUNCTION = 60
METHODS_PER_CLASS = 15
OUTERMOST = ("cli/main.py", "cli/failure.py")
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


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def long_files(file: Path) -> list[str]:
    lines = len(file.read_text().splitlines())
    return [f"{lines} lines"] if lines > LINES_PER_FILE else []


def long_functions(file: Path) -> list[str]:
    return [
        each.name
        for each in functions(tree_of(file))
        if (each.end_lineno or 0) - each.lineno + 1 > LINES_PER_FUNCTION
    ]


def large_classes(file: Path) -> list[str]:
    return [
        node.name
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ClassDef)
        and sum(isinstance(each, ast.FunctionDef) for each in node.body) > METHODS_PER_CLASS
    ]


def silent_modules(file: Path) -> list[str]:
    written = file.read_text().strip()
    return [] if not written or ast.get_docstring(tree_of(file)) else ["no docstring"]


def silent_functions(file: Path) -> list[str]:
    return [
        node.name
        for node in tree_of(file).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]


def exemptions(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if "noqa" in line]


def names_of_places(file: Path) -> list[str]:
    return [name for name in (file.stem, file.parent.name) if name in FORBIDDEN_NAMES]


def warehouses_out_of_place(file: Path) -> list[str]:
    """Names of warehouses outside of their places; a store may be kept in the same database."""
    place = file.relative_to(SOURCE).parts
    warehouses = {path.stem for path in (SOURCE / "sql").glob("*.py")}
    warehouses &= {path.stem for path in (SOURCE / "warehouses").iterdir()}
    own = place[0] in ("sql", "warehouses", "store") and Path(place[1]).stem in warehouses
    own |= place == ("store", "opening.py")
    return [] if own else WAREHOUSES.findall(file.read_text())


def clocks_asked(file: Path) -> list[str]:
    if named(file) == "app/system.py":
        return []
    return [
        ast.unparse(node)
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in CLOCKS
    ]


def blind_handlers(file: Path) -> list[str]:
    if named(file) in OUTERMOST:
        return []
    return [
        f"line {node.lineno}"
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ExceptHandler) and _is_blind(node)
    ]


def _is_blind(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False
    caught = ast.unparse(handler.type) if handler.type else "Exception"
    return caught in ("Exception", "BaseException")


def hidden_imports(file: Path) -> list[str]:
    if file.relative_to(SOURCE).parts[0] not in PURE:
        return []
    return [
        function.name
        for function in functions(tree_of(file))
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


RULES = (
    long_files,
    long_functions,
    large_classes,
    silent_modules,
    silent_functions,
    exemptions,
    names_of_places,
    warehouses_out_of_place,
    clocks_asked,
    blind_handlers,
    hidden_imports,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_file_breaks_a_rule(rule: Callable[[Path], list[str]]) -> None:
    broken = {named(file): found for file in FILES if (found := rule(file))}
    assert broken == {}


PLANTED = {
    long_files: "x = 1\n" * (LINES_PER_FILE + 1),
    long_functions: "def f():\n" + "    x = 1\n" * LINES_PER_FUNCTION,
    large_classes: "class A:\n" + "    def f(self): ...\n" * (METHODS_PER_CLASS + 1),
    silent_modules: "x = 1\n",
    silent_functions: "def f():\n    return 1\n",
    exemptions: "x = 1  # " + "noqa\n",
    warehouses_out_of_place: 'x = "snowflake"\n',
    clocks_asked: "import time\nx = time.time()\n",
    blind_handlers: "try:\n    pass\nexcept Exception:\n    pass\n",
    hidden_imports: "def f():\n    import json\n",
}


@pytest.mark.parametrize("rule", PLANTED, ids=lambda rule: rule.__name__)
def test_a_rule_sees_what_breaks_it(
    rule: Callable[[Path], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "SOURCE", tmp_path)
    planted = tmp_path / "mesh" / "planted.py"
    planted.parent.mkdir()
    (tmp_path / "sql").mkdir()
    (tmp_path / "warehouses").mkdir()
    planted.write_text(PLANTED[rule])
    assert rule(planted)
