from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.protocol import WarehouseError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tmp"


def scratch(tmp_path: Path) -> Scratch:
    return Scratch(Layout(str(tmp_path)), Disk())


def test_files_are_new_and_go_with_their_folder(tmp_path: Path, folder: Path) -> None:
    one = scratch(tmp_path)
    first, second = one.file("run_1", "x.json"), one.file("run_1", "x.json")
    assert first != second
    assert Path(first).parent == folder / "run_1"
    Path(first).write_text("x")
    one.drop_all()
    assert list(folder.iterdir()) == []


def test_two_never_share_a_folder(tmp_path: Path) -> None:
    one, other = scratch(tmp_path), scratch(tmp_path)
    assert [one.take_free("load"), other.take_free("load")] == ["load-1", "load-2"]
    one.drop("load-1")
    assert other.take_free("load") == "load-1"


def test_the_living_and_the_dead(tmp_path: Path, folder: Path) -> None:
    one, other = scratch(tmp_path), scratch(tmp_path)
    one.take("run_1")
    (folder / "run_0").mkdir()
    (folder / "run_0" / "lock").touch()
    (folder / "run_0" / "3-data.parquet").touch()
    (folder / "begun").mkdir()
    (folder / "mine").mkdir()
    (folder / "mine" / "letter.txt").touch()
    assert other.living() == {"run_1"}
    assert sorted(other.take_dead()) == ["begun", "run_0"]
    assert one.living() == {"run_1", "begun", "run_0"}
    other.drop_all()
    assert sorted(each.name for each in folder.iterdir()) == ["mine", "run_1"]


def test_a_folder_that_is_taken_over_as_it_is_dropped_is_left_to_that_one(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = scratch(tmp_path), scratch(tmp_path)
    one.take("run_1")
    removed = os.rmdir

    def taken_over(*arguments: Any, **options: Any) -> None:
        monkeypatch.undo()
        assert other.take_dead() == ["run_1"]
        removed(*arguments, **options)

    monkeypatch.setattr(os, "rmdir", taken_over)
    one.drop("run_1")
    assert one.living() == {"run_1"}
    other.drop_all()
    assert list(folder.iterdir()) == []


def test_who_keeps_a_folder_is_waited_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.warehouses.duckdb.scratch.PATIENCE", 0.5)
    one, other = scratch(tmp_path), scratch(tmp_path)
    one.file("run_1", "x.json")
    began = time.monotonic()
    for _ in range(5):
        with pytest.raises(WarehouseError, match="run_1 is used by another program"):
            other.file("run_1", "x.json")
    assert 0.5 <= time.monotonic() - began < 1.5
