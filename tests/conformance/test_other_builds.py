"""The same suites on other builds: the other engine, the compiled SQL parser, another server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import postgres_server
from memory_disk import quick_folder

ROOT = Path(__file__).parents[2]
BUILDS = Path(sys.prefix)
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")

# What the other engine does in the suite of warehouses: all of the lake, files for the others.
ENGINE = "duckdb or lake or test_warehouse_sources or test_warehouse_types"
# Where the versions of the server differ: rights, catalogues, statements on views.
SERVER = "postgres and (security or test_warehouse_ports or test_warehouse_audits)"


def _python(build: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    folder = BUILDS / build
    assert folder.is_dir(), f"{folder} is missing; `make test` installs it"
    return _run(*arguments, PYTHONPATH=str(folder))


def _run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTEST_ADDOPTS": "", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def _passes(build: str, *suites: str) -> None:
    with quick_folder() as folder:
        done = _python(build, *PYTEST, f"--basetemp={folder}", *suites)
    assert done.returncode == 0, done.stdout[-4000:]


def test_warehouses_on_the_other_engine() -> None:
    _passes("engine", "tests/conformance/warehouses", "-k", ENGINE)


def test_postgres_on_the_server_of_the_wheel() -> None:
    """Mostly another version than the one that is installed on the machine."""
    newest = str(postgres_server.of_the_wheel()[0])
    with quick_folder() as folder:
        suite = (f"--basetemp={folder}", "tests/conformance/warehouses", "-k", SERVER)
        done = _run(*PYTEST, *suite, **{postgres_server.PROGRAMS: newest})
    assert done.returncode == 0, done.stdout[-4000:]


def test_queries_on_the_compiled_parser() -> None:
    _passes("compiled", "tests/unit/sql", "tests/unit/contract")


@pytest.mark.parametrize(
    ("build", "code"),
    [
        ("engine", "import duckdb; print(duckdb.__version__.split('.')[0] == '2')"),
        ("compiled", "import sqlglot.parser as p; print(not p.__file__.endswith('.py'))"),
    ],
)
def test_the_builds_are_what_they_say(build: str, code: str) -> None:
    assert _python(build, "-c", code).stdout.strip() == "True"
