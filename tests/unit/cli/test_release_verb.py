"""`weft release` as it is given: what it shows, writes and exits with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from applying import apply_files
from commands import called
from mesh_files import Port, Product, mesh_files
from weft.app.errors import Usage
from weft.app.yaml_write import yaml_text

ADDRESS = "sales.orders.lines"
FOLDER = "domains/sales/orders"
ORDERS = Product("sales.orders", {"lines": "SELECT 1 AS id"}, (Port("lines", {"id": "integer"}),))


@pytest.fixture
def mesh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = mesh_files([ORDERS])
    for path in (f"{FOLDER}/lines.v1.odcs.yaml", f"{FOLDER}/product.yaml"):
        files[path] = yaml_text(json.loads(files[path])).encode()
    apply_files(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_address_is_shown_and_bumped(mesh: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing differs" in called(capsys, "release", ADDRESS).out
    contract = mesh / FOLDER / "lines.v1.odcs.yaml"
    contract.write_text(contract.read_text().replace("For a test.", "Other words."))
    assert "needs the next patch version, 1.0.1" in called(capsys, "release", ADDRESS).out
    said = called(capsys, "release", ADDRESS, "--bump", "--yes")
    assert said.code == 0
    assert f"changed {FOLDER}/product.yaml\n" in said.out
    assert "1.0.0 -> 1.0.1" in said.out and "weft apply --product sales.orders" in said.out
    again = called(capsys, "release", ADDRESS, "--bump", "--json")
    assert again.data["rows"][0]["why"].startswith("the files have 1.0.1 already")


def test_programs_get_the_files_and_people_the_plan(
    mesh: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = called(capsys, "release", f"{ADDRESS}@1", "--bump", "minor", "--yes", "--json")
    assert [each["action"] for each in said.data["rows"]] == ["changed", "changed"]
    assert "1.0.0 -> 1.1.0" in said.err


def test_an_exported_chain_is_proved_without_a_mesh(
    mesh: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert called(capsys, "release", "verify").code == 0
    exported = called(capsys, "release", "evidence", "--json").out
    assert f"{ADDRESS}@1 1.0.0" in called(capsys, "release", "evidence", ADDRESS).out
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    Path("evidence.json").write_text(exported)
    assert called(capsys, "release", "verify", "evidence.json").code == 0
    Path("evidence.json").write_text(exported.replace('"1.0.0"', '"9.0.0"'))
    said = called(capsys, "release", "verify", "evidence.json")
    assert (said.code, "record 1 was altered" in said.out) == (5, True)
    with pytest.raises(Usage, match="says itself"):
        called(capsys, "release", "verify", "evidence.json", "--env", "dev")
