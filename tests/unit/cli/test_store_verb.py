"""`weft store` on a small mesh: what it prints, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from weft.app.errors import Blocked
from weft.cli.main import run


def test_a_store_is_exported_and_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(("init", "--name", "skyline", "--yes")) == 0
    capsys.readouterr()
    assert run(("store", "export", "mesh.store", "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["imported"], told["file"], told["rows"]) == (False, "mesh.store", 1)
    assert told["bytes"] == (tmp_path / "mesh.store").stat().st_size
    assert run(("store", "import", "mesh.store")) == 0
    assert capsys.readouterr().out.startswith("1 rows came from mesh.store.\n")
    with pytest.raises(Blocked, match=r"mesh\.store was not imported"):
        run(("store", "import", "mesh.store"))
