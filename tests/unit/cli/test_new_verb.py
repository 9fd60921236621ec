"""The way out of a breaking change: the command that a blocked plan offers, given as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft.cli.main import run

PRODUCT = Path("domains/sales/orders")


def test_the_offered_command_makes_the_plan_go_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(("init", "--name", "skyline", "--yes")) == 0
    assert run(("new", "domain", "sales", "--owner", "alice", "--yes")) == 0
    assert run(("new", "product", "sales.orders", "--yes")) == 0
    _replace(PRODUCT / "orders.v1.odcs.yaml", "status: draft", "status: active")
    assert run(("apply", "--yes")) == 0
    for file in ("orders.v1.odcs.yaml", "models/orders.sql", "models/starting_rows.sql"):
        _replace(PRODUCT / file, "label", "title")
    _replace(PRODUCT / "tests/orders.yaml", "label", "title")

    capsys.readouterr()
    assert run(("plan",)) == 7
    said = capsys.readouterr().out
    offered = next(line for line in said.splitlines() if "weft new port" in line)
    command = offered[offered.index("new port") :].split()
    assert run((*command, "--yes")) == 0
    assert "Major 1 is again as it was applied" in capsys.readouterr().err
    assert run(("plan",)) == 0
    assert run(("apply", "--yes")) == 0
    capsys.readouterr()
    assert run(("query", "SELECT label FROM sales.orders.orders_v1", "-o", "csv")) == 0
    assert run(("query", "SELECT title FROM sales.orders.orders_v2", "-o", "csv")) == 0
    assert capsys.readouterr().out.split()[0] == "label"
    assert run(("plan", "--detailed-exitcode")) == 0


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
