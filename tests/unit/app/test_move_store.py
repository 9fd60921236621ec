"""The example mesh with its store moved from a file to a server and back."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from applying import apply_files
from weft.app.bootstrap import opened
from weft.app.errors import Blocked, Usage
from weft.app.move_store import export_store, import_store
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System


def name_store(folder: Path, url: str) -> None:
    settings = folder / "weft.yaml"
    kept = [line for line in settings.read_text().splitlines() if not line.startswith("store:")]
    settings.write_text("\n".join([*kept, f'store: "{url}"', ""]))


def export(folder: Path, file: Path) -> int:
    with opened(folder, "", System()) as mesh:
        return export_store(mesh, file).rows


def import_(folder: Path, file: Path) -> int:
    with opened(folder, "", System()) as mesh:
        return import_store(mesh, file).rows


def is_settled(folder: Path) -> bool:
    """Whether the plan is empty, and nobody changed the audit log."""
    with opened(folder, "", System()) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
        return plan.empty and mesh.store.audit.verify()[1] == ""


def test_nothing_is_to_do_after_the_store_moved_to_a_server_and_back(
    own_skyline: Path, tmp_path: Path, database: dict[str, Any]
) -> None:
    server = "postgresql://{user}:{password}@{host}:{port}/{database}".format(**database)
    rows = export(own_skyline, tmp_path / "there")
    name_store(own_skyline, server)
    assert import_(own_skyline, tmp_path / "there") == rows > 50
    assert is_settled(own_skyline)
    apply_files(own_skyline)
    assert is_settled(own_skyline)
    back = export(own_skyline, tmp_path / "back")
    assert back > rows
    name_store(own_skyline, "sqlite:///.weft/other.db")
    assert import_(own_skyline, tmp_path / "back") == back
    assert is_settled(own_skyline)


def test_only_the_user_can_read_the_file_and_none_is_written_over(
    own_skyline: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mesh.store"
    export(own_skyline, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    with pytest.raises(Usage, match="is there already"):
        export(own_skyline, file)
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["mesh.store"]


def test_a_store_in_use_is_left_as_it_is(own_skyline: Path, tmp_path: Path) -> None:
    export(own_skyline, tmp_path / "mesh.store")
    with pytest.raises(Blocked) as refused:
        import_(own_skyline, tmp_path / "mesh.store")
    assert "was used already" in refused.value.why
    assert is_settled(own_skyline)
