"""The same suites on the other supported engine, and on the compiled build of the SQL parser."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from memory_disk import quick_folder

ROOT = Path(__file__).parents[2]
BUILDS = Path(sys.prefix)


def _python(build: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    folder = BUILDS / build
    assert folder.is_dir(), f"{folder} is missing; `make test` installs it"
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def _passes(build: str, *suites: str) -> None:
    with quick_folder() as folder:
        options = ("-q", "-p", "no:cacheprovider", f"--basetemp={folder}")
        done = _python(build, "-m", "pytest", *options, *suites)
    assert done.returncode == 0, done.stdout[-4000:]


def test_the_lake_on_the_other_engine() -> None:
    _passes("engine", "tests/conformance/warehouses")


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
