"""A corpus of meshes that do not compile: each case is the base with some files put over it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from weft.app.system import System
from weft.app.validate import validate
from weft.cli.diagnostics import draw

CORPUS = Path(__file__).parents[1] / "golden" / "meshes"
BASE = CORPUS / "base"
OURS = ("expected.txt", "removed.txt", "links.txt")
CASES = sorted(each.name for each in CORPUS.iterdir() if each != BASE)


def mesh_of(case: str, folder: Path) -> Path:
    shutil.copytree(BASE, folder, dirs_exist_ok=True)
    shutil.copytree(CORPUS / case, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*OURS))
    for line in _lines(case, "removed.txt"):
        (folder / line).unlink()
    for line in _lines(case, "links.txt"):
        link, target = line.split()
        (folder / link).symlink_to(target)
    return folder


def _lines(case: str, name: str) -> list[str]:
    file = CORPUS / case / name
    return file.read_text().splitlines() if file.exists() else []


def drawn(folder: Path) -> str:
    loaded = validate(folder, System()).loaded
    return draw(loaded.diagnostics, files=loaded.files, seconds=0.04, colour=False)


@pytest.mark.parametrize("case", CASES)
def test_a_bad_mesh_is_explained(case: str, tmp_path: Path) -> None:
    told = drawn(mesh_of(case, tmp_path)).encode()
    golden = CORPUS / case / "expected.txt"
    if os.environ.get("WEFT_GOLDEN") == "write":
        golden.write_bytes(told)
    assert told == golden.read_bytes()
    assert b"[W" in told


@pytest.mark.parametrize("case", CASES)
def test_a_second_look_says_the_same(case: str, tmp_path: Path) -> None:
    folder = mesh_of(case, tmp_path)
    assert drawn(folder) == drawn(folder)


def test_the_base_is_right(tmp_path: Path) -> None:
    shutil.copytree(BASE, tmp_path, dirs_exist_ok=True)
    assert validate(tmp_path, System()).loaded.diagnostics == ()
