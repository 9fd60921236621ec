"""The warehouses that pass this suite; a new one is one more entry of `KINDS`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

# What is in this folder is imported by programs of their own too.
sys.path.insert(0, str(Path(__file__).parent))

import warehouse_steps
from postgres_outside import MESH, Outside
from warehouse_kinds import ADMIN, KINDS, Kind, Open, Place, opener

from weft.mesh.manifest import Column, FileSource
from weft.plan.plan import Source
from weft.warehouses.files import SourceFiles
from weft.warehouses.postgres import open_warehouse
from weft.warehouses.protocol import Bound


@pytest.fixture(params=KINDS, ids=[each.name for each in KINDS])
def warehouse_kind(request: pytest.FixtureRequest) -> Kind:
    """The kind of warehouse that a test runs on."""
    found: Kind = request.param
    return found


@pytest.fixture
def place(request: pytest.FixtureRequest, warehouse_kind: Kind, tmp_path: Path) -> Place:
    """An empty warehouse that other processes can open too."""
    values = map(request.getfixturevalue, warehouse_kind.fixtures)
    return Place(warehouse_kind.name, warehouse_kind.options(*values), str(tmp_path))


@pytest.fixture
def open_one(place: Place) -> Iterator[Open]:
    """Opens the warehouse once more, as another program would."""
    yield from opener(place.kind, place.options, Path(place.folder))


@pytest.fixture
def warehouse(open_one: Open) -> Any:
    return open_one()


@pytest.fixture
def relation(warehouse_kind: Kind) -> Callable[[str], str]:
    """Writes the name by which statements read a build."""
    return partial(warehouse_steps.relation, dialect=warehouse_kind.dialect)


@pytest.fixture
def audit(warehouse_kind: Kind) -> Callable[..., Any]:
    """Makes a step that audits a build."""
    return partial(warehouse_steps.audit, dialect=warehouse_kind.dialect)


@pytest.fixture
def pinned(tmp_path: Path) -> Callable[..., Bound]:
    """Pins files as they are now: the bound that a plan would give."""

    def pin(
        *files: str,
        columns: tuple[Column, ...] = warehouse_steps.COLUMNS,
        format: str = "csv",
        **options: Any,
    ) -> Bound:
        spec = FileSource("crm", files[0], format, columns, options)
        content = SourceFiles(str(tmp_path)).content(files)
        return warehouse_steps.bound(sources={"src": Source("src", spec, files, content)})

    return pin


@pytest.fixture
def open_lake(tmp_path: Path) -> Iterator[Open]:
    """Opens the embedded lake once more."""
    yield from opener("duckdb", {"path": "lake", "threads": 2}, tmp_path)


@pytest.fixture
def the_lake(open_lake: Open) -> Any:
    return open_lake()


@pytest.fixture
def open_it(database: dict[str, Any], tmp_path: Path) -> Iterator[Open]:
    """Opens the database of the test once more; other options are given by name."""
    opened: list[Any] = []

    def open_one(**changed: Any) -> Any:
        options = {**database, **changed}
        opened.append(open_warehouse("wh", options, str(tmp_path), "skyline", "store_1"))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def admin(database: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    """A connection of an administrator, each of whose statements counts by itself."""
    options = {**database, "dbname": database["database"], "user": ADMIN}
    del options["database"]
    with psycopg.connect(**options, autocommit=True) as connection:
        yield connection


@pytest.fixture
def outside(
    database: dict[str, Any], admin: psycopg.Connection[Any], tmp_path: Path
) -> Iterator[Outside]:
    """A database with a published product, and somebody who changes it."""
    opened = Outside(lambda: open_warehouse("wh", database, str(tmp_path), MESH, "store_1"), admin)
    opened.publish()
    yield opened
    opened.warehouse.close()
