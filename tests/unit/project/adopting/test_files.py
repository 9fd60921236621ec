"""Which files of a folder are one table."""

from __future__ import annotations

from weft.project.adopting.files import file_groups
from weft.project.adopting.product import Told


def test_files_and_folders_are_tables() -> None:
    told: list[Told] = []
    files = [
        "raw/a.csv",
        "raw/a.parquet",
        "raw/b.csv.gz",
        "raw/days/1.parquet",
        "raw/days/2.parquet",
        "raw/deep/x/1.json",
        "raw/deep/y/2.json",
        "raw/mixed/1.csv",
        "raw/mixed/2.parquet",
        "raw/notes.txt",
        "raw/odd[1]*.csv",
        "raw/${x}.csv",
    ]
    found = [
        (each.table.name, each.table.kind, each.table.path, len(each.files))
        for each in file_groups("raw", files, told)
    ]
    assert found == [
        ("a", "csv", "raw/a.csv", 1),
        ("a", "parquet", "raw/a.parquet", 1),
        ("b", "csv", "raw/b.csv.gz", 1),
        ("odd[1]*", "csv", "raw/odd[[]1][*].csv", 1),
        ("days", "parquet", "raw/days/*.parquet", 2),
        ("deep", "json", "raw/deep/**/*.json", 2),
    ]
    assert [(each.found, each.is_lost) for each in told] == [
        ("raw/${x}.csv", True),
        ("raw/notes.txt", True),
        ("raw/mixed", True),
    ]


def test_one_file_is_a_folder_of_itself() -> None:
    [found] = file_groups("raw/a.csv", ["raw/a.csv"], [])
    assert (found.table.name, found.table.path) == ("a", "raw/a.csv")
