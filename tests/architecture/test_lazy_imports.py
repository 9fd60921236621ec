"""The command line starts without anything heavy: what is imported is what a verb needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pytest

HEAVY = {
    "arro3",
    "duckdb",
    "jsonschema_rs",
    "msgspec",
    "psycopg",
    "rich",
    "ruamel",
    "sqlglot",
    "sqlite3",
    "yaml",
}


def imported_by(*arguments: str) -> set[str]:
    code = (
        "import sys\n"
        "from weft.cli.main import main\n"
        f"sys.argv = ['weft', *{list(arguments)!r}]\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        "print('MODULES', *sorted(sys.modules))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    line = next(each for each in ran.stdout.splitlines() if each.startswith("MODULES"))
    return set(line.split()[1:])


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_version_and_help_import_nothing_heavy(argument: str) -> None:
    modules = imported_by(argument)
    assert not HEAVY & modules
    assert not {each for each in modules if each.startswith(("weft.app", "weft.cli.verbs"))}


def test_explaining_a_field_needs_no_sql_and_no_warehouse() -> None:
    assert not {"sqlglot", "duckdb", "sqlite3", "rich"} & imported_by("explain", "schema.name")


def test_a_store_in_a_file_needs_no_driver_of_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weft.yaml").write_text(
        "mesh: skyline\nwarehouses: {lake: {type: duckdb, path: lake}}\n"
    )
    monkeypatch.chdir(tmp_path)
    modules = imported_by("audit", "log")
    assert "weft.store.sqlite.store" in modules
    assert not {"psycopg", "weft.store.postgres"} & modules


def test_version_answers_at_once() -> None:
    def seconds() -> float:
        before = getrusage(RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "weft", "--version"], capture_output=True, check=True)
        after = getrusage(RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    # Time on the processor, and the least of a few: what others do on the machine is no matter.
    assert min(seconds() for _ in range(5)) < 0.15
