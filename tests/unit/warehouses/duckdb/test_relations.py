"""Whom the error of a statement is blamed on: damaged data that it read, or itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from damaging import rot
from weft.mesh.product import Materialization
from weft.mesh.release import Build
from weft.warehouses.duckdb.disk import Disk, checksum
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.duckdb.relations import Relations
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.duckdb.session import Engine, OutOfMemory
from weft.warehouses.duckdb.sessions import Sessions
from weft.warehouses.files import SourceFiles
from weft.warehouses.protocol import Stopped, WarehouseError

DATA = b"some rows"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "files/key-run-1.parquet"


@pytest.fixture
def relations(tmp_path: Path, data: Path) -> Relations:
    """Relations over a lake of one build, `key`; no engine is started."""
    layout, disk = Layout(str(tmp_path)), Disk()
    for folder in (layout.builds, layout.files):
        os.makedirs(folder)
    data.write_bytes(DATA)
    manifests = Manifests(layout, disk)
    files = (layout.relative(str(data)),)
    summed = checksum([str(data)])
    table = Build("key", "a.b", "m", Materialization.TABLE, (), 1, len(DATA), summed, files)
    manifests.add(table, f"{layout.root}/draft")
    sessions = Sessions(Engine(()), Scratch(layout, disk))
    return Relations(sessions, manifests, layout, SourceFiles(str(tmp_path)))


def told(relations: Relations, error: WarehouseError) -> str:
    with pytest.raises(WarehouseError) as raised, relations.blaming(["key"]):
        raise error
    return str(raised.value)


def test_what_fails_over_damaged_data_is_blamed_on_it(relations: Relations, data: Path) -> None:
    assert told(relations, WarehouseError("no such thing")) == "no such thing"
    rot(data)
    assert told(relations, WarehouseError("no such thing")).startswith("the data of a.b.m is dam")


@pytest.mark.parametrize(
    "error",
    [
        Stopped(),
        OutOfMemory("too much"),
        WarehouseError("the disk is full", unwritable=True),
    ],
    ids=["stopped", "memory", "disk"],
)
def test_what_says_nothing_of_data_is_told_as_it_is(
    relations: Relations, data: Path, error: WarehouseError
) -> None:
    rot(data)
    assert told(relations, error) == str(error)
