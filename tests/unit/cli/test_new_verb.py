"""The way out of a breaking change: the command that a blocked plan offers, given as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft.app.errors import Breaking, Usage
from weft.cli.main import run

PRODUCT = Path("domains/sales/orders")


def test_the_offered_command_makes_the_plan_go_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _apply_orders(tmp_path, monkeypatch)
    _rename_label()
    capsys.readouterr()
    assert run(("plan",)) == 7
    command = _offered(capsys.readouterr().out)
    assert run((*command, "--yes")) == 0
    assert "Major 1 is again as it was applied" in capsys.readouterr().err
    assert run(("plan",)) == 0
    assert run(("apply", "--yes")) == 0
    capsys.readouterr()
    assert run(("query", "SELECT label FROM sales.orders.orders_v1", "-o", "csv")) == 0
    assert run(("query", "SELECT title FROM sales.orders.orders_v2", "-o", "csv")) == 0
    assert capsys.readouterr().out.split()[0] == "label"
    assert run(("plan", "--detailed-exitcode")) == 0


def test_the_offered_command_keeps_what_was_applied_in_its_own_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _apply_orders(tmp_path, monkeypatch, "--env", "dev")
    _rename_label()
    capsys.readouterr()
    assert run(("plan", "--env", "dev")) == 7
    command = _offered(capsys.readouterr().out)
    assert command[-2:] == ["--env", "dev"]
    with pytest.raises(Breaking) as stopped:
        run(("apply", "--env", "dev", "--yes"))
    assert _offered(stopped.value.why) == command
    with pytest.raises(Usage, match=r"the next major of .* is 2") as wrong:
        run((*command, "--yes", "--major", "5"))
    assert wrong.value.next_step.endswith("--major 2 --keep 1 --env dev")
    assert run((*command, "--yes")) == 0
    said = capsys.readouterr().err
    assert "Major 1 is again as it was applied" in said
    assert said.endswith("  next:  weft validate\n         weft plan --env dev\n")
    assert run(("plan", "--env", "dev")) == 0


def test_what_an_environment_shows_of_production_is_kept_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _apply_orders(tmp_path, monkeypatch)
    _rename_label()
    capsys.readouterr()
    assert run(("plan", "--env", "dev")) == 7
    assert run((*_offered(capsys.readouterr().out), "--yes")) == 0
    assert "Major 1 is again as it was applied" in capsys.readouterr().err
    assert run(("apply", "--env", "dev", "--yes")) == 0


def _apply_orders(folder: Path, monkeypatch: pytest.MonkeyPatch, *env: str) -> None:
    """Make a mesh with a product of one active port, and apply it."""
    monkeypatch.chdir(folder)
    assert run(("init", "--name", "skyline", "--yes")) == 0
    assert run(("new", "domain", "sales", "--owner", "alice", "--yes")) == 0
    assert run(("new", "product", "sales.orders", "--yes")) == 0
    _replace(PRODUCT / "orders.v1.odcs.yaml", "status: draft", "status: active")
    assert run(("apply", *env, "--yes")) == 0


def _rename_label() -> None:
    """Give a column that was published another name."""
    for file in ("orders.v1.odcs.yaml", "models/orders.sql", "models/starting_rows.sql"):
        _replace(PRODUCT / file, "label", "title")
    _replace(PRODUCT / "tests/orders.yaml", "label", "title")


def _offered(said: str) -> list[str]:
    """The words behind `weft` of the command that makes a next major."""
    line = next(line for line in said.splitlines() if "weft new port" in line)
    return line[line.index("new port") :].split()


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
