"""Files of sources: what their hash depends on, and that they stay as they were planned."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from weft.mesh.manifest import FileSource
from weft.plan.plan import Source
from weft.warehouses.files import SourceFiles
from weft.warehouses.protocol import WarehouseError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    mesh = tmp_path / "mesh"
    mesh.mkdir()
    (mesh / "a.csv").write_text("a")
    (mesh / "b.csv").write_text("b")
    return mesh


def test_content_depends_on_names_order_and_bytes(folder: Path) -> None:
    def content(*files: str) -> str:
        return SourceFiles(str(folder)).content(files)

    first = content("a.csv", "b.csv")
    assert first == content("a.csv", "b.csv")
    others = {content("b.csv", "a.csv"), content("a.csv"), content()}
    (folder / "c.csv").write_text("a")
    others.add(content("c.csv", "b.csv"))
    (folder / "b.csv").write_text("x")
    others.add(content("a.csv", "b.csv"))
    assert len(others | {first}) == 6


def test_unchanged_files_are_not_read_again(folder: Path) -> None:
    files = SourceFiles(str(folder))
    files.content(["a.csv"])
    remembered = replace(files.known["a.csv"], digest="as it was")
    files = SourceFiles(str(folder), {"a.csv": remembered})
    files.content(["a.csv"])
    assert files.known["a.csv"] is remembered


def test_a_file_in_the_place_of_another_of_its_size_and_age_is_read(folder: Path) -> None:
    path, other = folder / "a.csv", folder / "c.csv"
    files = SourceFiles(str(folder))
    before = files.content(["a.csv"])
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    other.write_text("z")
    os.utime(other, ns=times)
    other.replace(path)
    assert SourceFiles(str(folder), files.known).content(["a.csv"]) != before


def test_what_the_caller_knows_is_not_changed(folder: Path) -> None:
    known: dict[str, object] = {}
    SourceFiles(str(folder), known).content(["a.csv"])  # type: ignore[arg-type]
    assert known == {}


def test_a_missing_file_is_named(folder: Path) -> None:
    with pytest.raises(WarehouseError, match=r"cannot read gone\.csv: No such file") as caught:
        SourceFiles(str(folder)).content(["gone.csv"])
    assert caught.value.denied


@pytest.mark.parametrize("path", ["../outside.csv", "/etc/passwd", "link.csv", "sub/../../x"])
def test_nothing_outside_is_read(folder: Path, path: str) -> None:
    (folder.parent / "outside.csv").write_text("x")
    (folder / "link.csv").symlink_to(folder.parent / "outside.csv")
    with pytest.raises(WarehouseError, match="outside the folder"):
        SourceFiles(str(folder)).content([path])


def test_a_folder_behind_a_link_is_fine(folder: Path) -> None:
    (folder.parent / "link").symlink_to(folder)
    through = SourceFiles(str(folder.parent / "link")).content(["a.csv"])
    assert through == SourceFiles(str(folder)).content(["a.csv"])


def test_files_are_read_only_as_they_were_planned(folder: Path) -> None:
    files = SourceFiles(str(folder))
    spec = FileSource("raw", "*.csv", "csv", ())
    source = Source("key", spec, ("a.csv",), files.content(["a.csv"]))
    stamps = files.pinned(source)
    files.refuse_changed(source, stamps)
    (folder / "a.csv").write_text("other")
    with pytest.raises(WarehouseError, match=r"`raw` \(a.csv\) changed after the plan") as caught:
        files.pinned(source)
    assert caught.value.transient
    with pytest.raises(WarehouseError, match="changed while it was read; apply again"):
        files.refuse_changed(source, stamps)
