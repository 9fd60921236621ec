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
    *("datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow"),
    "datetime.date.today",
    *("time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns"),
    *("time.perf_counter", "time.perf_counter_ns", "time.localtime", "time.gmtime"),
    *("uuid.uuid1", "uuid.uuid4", "random.random", "os.getpid", "os.urandom"),
    *("secrets.token_hex", "secrets.token_bytes", "socket.gethostname", "getpass.getuser"),
}
# Modules that are nothing but chance.
CHANCE = ("random", "secrets")
EXEMPTIONS = re.compile(r"#\s*(noqa|type:\s*ignore|mypy:|ruff:|pragma:|fmt:)")


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
    return [line for line in file.read_text().splitlines() if EXEMPTIONS.search(line)]


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
    tree = tree_of(file)
    meant = imported(tree)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.Name)]
    asked = {dotted(node, meant) for node in names} | set(meant.values())
    return sorted(each for each in asked if each in CLOCKS or each.partition(".")[0] in CHANCE)


def imported(tree: ast.Module) -> dict[str, str]:
    """What the imported names of a file stand for, whatever they are called in it."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                name = each.asname or each.name.partition(".")[0]
                found[name] = each.name if each.asname else name
        elif isinstance(node, ast.ImportFrom):
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return found


def dotted(node: ast.expr, meant: dict[str, str]) -> str:
    """The full name of what an expression names; "" for one that names nothing imported."""
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, meant)
        return f"{owner}.{node.attr}" if owner else ""
    return meant.get(node.id, "") if isinstance(node, ast.Name) else ""


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


PLANTED = [
    (long_files, "x = 1\n" * (LINES_PER_FILE + 1)),
    (long_functions, "def f():\n" + "    x = 1\n" * LINES_PER_FUNCTION),
    (large_classes, "class A:\n" + "    def f(self): ...\n" * (METHODS_PER_CLASS + 1)),
    (silent_modules, "x = 1\n"),
    (silent_functions, "def f():\n    return 1\n"),
    (exemptions, "x = 1  # " + "noqa\n"),
    (exemptions, "x = 1  # type" + ": ignore[misc]\n"),
    (exemptions, "#ruff" + ": noqa\n"),
    (exemptions, "# mypy" + ": disable-error-code=misc\n"),
    (warehouses_out_of_place, 'x = "snowflake"\n'),
    (clocks_asked, "import time\nx = time.time()\n"),
    (clocks_asked, "import time as t\nx = t.monotonic\n"),
    (clocks_asked, "from time import time\n"),
    (clocks_asked, "from time import time_ns as now\n"),
    (clocks_asked, "import datetime as dt\nx = dt.datetime.now()\n"),
    (clocks_asked, "import datetime\nx = datetime.date.today()\n"),
    (clocks_asked, "from datetime import datetime\nx = datetime.today()\n"),
    (clocks_asked, "from datetime import datetime as d\nx = d.now(None)\n"),
    (clocks_asked, "def f():\n    from uuid import uuid4\n"),
    (clocks_asked, "import os.path\nx = os.getpid()\n"),
    (clocks_asked, "from random import choice\n"),
    (clocks_asked, "import secrets\nx = secrets.choice\n"),
    (blind_handlers, "try:\n    pass\nexcept Exception:\n    pass\n"),
    (hidden_imports, "def f():\n    import json\n"),
]


@pytest.mark.parametrize(("rule", "text"), PLANTED)
def test_a_rule_sees_what_breaks_it(
    rule: Callable[[Path], list[str]],
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert rule(plant(text, tmp_path, monkeypatch))


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import UTC, datetime\nx = datetime.fromisoformat('2027-01-01')\n",
        "import time\nx = time.sleep\n",
        "def f(time):\n    return time.time()\n",
        "import os\nx = os.path.join\n",
    ],
)
def test_what_only_looks_like_a_clock_is_none(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clocks_asked(plant(text, tmp_path, monkeypatch)) == []


def plant(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of this text in the package `mesh` of a house of its own."""
    monkeypatch.setattr(sys.modules[__name__], "SOURCE", folder)
    planted = folder / "mesh" / "planted.py"
    planted.parent.mkdir()
    (folder / "sql").mkdir()
    (folder / "warehouses").mkdir()
    planted.write_text(text)
    return planted
