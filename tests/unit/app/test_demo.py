"""The example mesh, written into folders of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from arro3.core import Table

from weft.app.bootstrap import opened
from weft.app.demo import QUERY, write_demo
from weft.app.errors import Blocked
from weft.app.query import query
from weft.app.system import System

EXAMPLE = Path(__file__).parents[3] / "examples" / "skyline"


def files(folder: Path) -> set[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if path.parts[0] not in (".weft", ".keep")}


def test_the_whole_example_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "skyline"
    demo = write_demo(folder)
    assert set(demo.written) == files(folder) == files(EXAMPLE)
    for path in demo.written:
        assert (folder / path).read_bytes() == (EXAMPLE / path).read_bytes()


def test_a_second_time_nothing_is_touched(tmp_path: Path) -> None:
    write_demo(tmp_path)
    own = tmp_path / "domains/fleet/aircraft/models/aircraft.sql"
    own.write_text("SELECT 1 AS mine")
    (tmp_path / "notes.md").write_text("mine")
    assert write_demo(tmp_path).written == ()
    assert own.read_text() == "SELECT 1 AS mine"


def test_force_writes_it_anew(tmp_path: Path) -> None:
    write_demo(tmp_path)
    own = tmp_path / "domains/fleet/aircraft/models/aircraft.sql"
    own.write_text("SELECT 1 AS mine")
    assert write_demo(tmp_path, force=True).written
    assert own.read_bytes() == (EXAMPLE / own.relative_to(tmp_path)).read_bytes()


def test_an_interrupted_copy_is_completed(tmp_path: Path) -> None:
    write_demo(tmp_path)
    (tmp_path / "weft.yaml").unlink()
    (tmp_path / "data/planes.csv").write_text("half")
    assert "data/planes.csv" in write_demo(tmp_path).written
    assert files(tmp_path) == files(EXAMPLE)


@pytest.mark.parametrize("name", ["thesis.tex", "weft.yaml"])
@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_somebody_is_refused(tmp_path: Path, name: str, force: bool) -> None:
    (tmp_path / name).write_text("mesh: somebodys\n")
    with pytest.raises(Blocked) as refused:
        write_demo(tmp_path, force=force)
    assert refused.value.why == f"it has {name}"
    assert files(tmp_path) == {name}


def test_the_query_of_the_demo_has_an_answer(skyline: Path) -> None:
    with opened(skyline, "", System()) as mesh, query(mesh, QUERY) as answer:
        table = Table.from_arrow(answer.rows)
    assert table.num_rows == 5
    percent = table.column("on_time_percent").to_pylist()
    assert percent == sorted(percent, reverse=True)
