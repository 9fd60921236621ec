"""What programs find on stdout when a command stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from weft.app.errors import Blocked, Invalid, NotFound
from weft.cli.failure import RunStopped
from weft.cli.stopped import put_stopped
from weft.mesh.diagnostic import Diagnostic, Span

FOUND = Diagnostic("W214", "unknown column `x`", Span("a.yaml", 3, 5, 1), "?", "", "    x: 1")
MISSING = NotFound("product", "a.c", ["a.b"], next_step="weft ls")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (MISSING, 2, ("there is no product `a.c`", "did you mean `a.b`?", "weft ls")),
        (Blocked("it drops a@1", next_step="x"), 5, ("it drops a@1", "", "x")),
        (click.UsageError("No such option."), 2, ("No such option.", "", "weft --help")),
        (PermissionError(13, "Denied", "f"), 4, None),
        (RunStopped("weft run"), 8, ("stopped", "", "weft run")),
        (KeyboardInterrupt(), 130, ("stopped", "", "")),
        (ZeroDivisionError("division by zero"), 1, ("division by zero", "", "")),
    ],
)
def test_every_stop_is_one_document(
    error: BaseException,
    code: int,
    said: tuple[str, str, str] | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    put_stopped(error, code, ["ls", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["exit"]) == ("weft.stop/1", code)
    if said is not None:
        assert (document["error"], document["why"], document["next"]) == said


def test_errors_of_definitions_are_diagnostics(capsys: pytest.CaptureFixture[str]) -> None:
    put_stopped(Invalid([FOUND], files=3, products=["a.b"]), 5, ["plan", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert list(document) == ["schema", "exit", "diagnostics", "files", "products"]
    assert (document["schema"], document["exit"]) == ("weft.diagnostics/1", 5)
    assert document["diagnostics"][0]["span"]["line"] == 3
    assert (document["files"], document["products"]) == (3, ["a.b"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["ls", "-o", "yaml"],
        ["ls", "-oyaml", "--evn"],
        ["ls", "-qo", "yaml"],
        ["ls", "--output=yaml", "x"],
        ["--output", "yaml"],
        ["ls", "-o", "json", "-o", "yaml"],
    ],
)
def test_the_format_is_known_from_arguments_that_make_no_sense(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    put_stopped(MISSING, 2, arguments)
    assert yaml.safe_load(capsys.readouterr().out)["next"] == "weft ls"


@pytest.mark.parametrize(
    "arguments",
    [
        ["ls"],
        ["ls", "-o", "csv"],
        ["ls", "-o", "md"],
        ["show", "yaml"],
        ["ls", "-o", "json", "--output=csv"],
    ],
)
def test_people_are_only_told_in_words(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    put_stopped(MISSING, 2, arguments)
    assert capsys.readouterr().out == ""


def test_a_whole_command_writes_the_document_and_says_the_words(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "weft", "plan", "--json"],
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    document = json.loads(done.stdout)
    assert done.returncode == document["exit"] == 2
    assert done.stderr.startswith(f"error: {document['error']}")
