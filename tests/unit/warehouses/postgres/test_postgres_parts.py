"""Which files are landed together: one more changes little, and very many are not many tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft.mesh.manifest import Column, FileSource
from weft.plan.keys import source_key
from weft.plan.plan import Source
from weft.warehouses.files import SourceFiles
from weft.warehouses.postgres import parts
from weft.warehouses.postgres.parts import MOST_PARTS, SMALL_BYTES, grouped, is_small, parts_of

SPEC = FileSource("raw", "*.csv", "csv", (Column("id", "integer"),), fingerprint="read so")
LARGE = SMALL_BYTES
DAYS = [f"data/{number:05}.csv" for number in range(3000)]


def source(folder: Path, *files: str) -> Source:
    content = SourceFiles(str(folder)).content(files)
    return Source(source_key(SPEC, content), SPEC, files, content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in "abc":
        (tmp_path / f"{name}.csv").write_text(f"id\n{ord(name)}\n")
    return tmp_path


@pytest.mark.parametrize("count", [1, 2, MOST_PARTS])
def test_each_file_is_by_itself(count: int) -> None:
    assert list(grouped(DAYS[:count], LARGE * count)) == [(file,) for file in DAYS[:count]]


@pytest.mark.parametrize(
    ("count", "each", "most"),
    [
        (MOST_PARTS + 1, LARGE, MOST_PARTS),
        (3000, LARGE, MOST_PARTS),
        (365, LARGE // 10, 37),
        (3000, LARGE // 100, 30),
    ],
)
def test_many_or_small_files_are_in_few_groups_in_their_order(
    count: int, each: int, most: int
) -> None:
    groups = list(grouped(DAYS[:count], each * count))
    assert [file for group in groups for file in group] == DAYS[:count]
    assert most / 4 < len(groups) < most * 3 / 2


@pytest.mark.parametrize("more", ["data/02000.csv", "data/00100b.csv", "data/.csv"])
@pytest.mark.parametrize("each", [LARGE, LARGE // 50])
def test_one_more_file_changes_its_own_group_alone(more: str, each: int) -> None:
    before = set(grouped(DAYS[:2000], each * 2000))
    new = set(grouped(sorted([*DAYS[:2000], more]), each * 2001)) - before
    assert 1 <= len(new) <= 2
    assert more in [file for group in new for file in group]


def test_few_rows_stay_together(folder: Path) -> None:
    every = source(folder, "a.csv", "b.csv")
    assert is_small(every, SourceFiles(str(folder)))
    assert parts_of(every, SourceFiles(str(folder))) == (every,)


def test_a_part_is_a_source_of_its_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "SMALL_BYTES", 0)
    every = source(folder, "a.csv", "b.csv", "c.csv")
    alone = tuple(source(folder, f"{name}.csv") for name in "abc")
    assert parts_of(every, SourceFiles(str(folder))) == alone
    assert parts_of(alone[0], SourceFiles(str(folder))) == alone[:1]
