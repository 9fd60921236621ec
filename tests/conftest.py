"""The example mesh, applied once for all tests that look at it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from applying import apply_files
from weft.app.demo import write_demo


@pytest.fixture(scope="session")
def skyline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example mesh, applied; tests only read it."""
    folder = tmp_path_factory.mktemp("example") / "skyline"
    write_demo(folder)
    apply_files(folder)
    return folder


@pytest.fixture
def own_skyline(skyline: Path, tmp_path: Path) -> Path:
    """A copy of the applied example mesh, to be changed."""
    return Path(shutil.copytree(skyline, tmp_path / "skyline"))
