"""The warehouses that pass this suite; a new one is one more entry of `KINDS`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

# What is in this folder is imported by programs of their own too.
sys.path.insert(0, str(Path(__file__).parent))

import warehouse_steps
from warehouse_kinds import KINDS, Kind, Place

from weft.warehouses.loading import adapter

Open = Callable[..., Any]


def opener(kind: str, options: dict[str, Any], folder: Path) -> Iterator[Open]:
    opened: list[Any] = []

    def open_it(mesh: str = "skyline", store: str = "store_1", **more: Any) -> Any:
        opened.append(adapter(kind)("wh", options, str(folder), mesh, store, **more))
        return opened[-1]

    yield open_it
    for each in opened:
        each.close()


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
def open_lake(tmp_path: Path) -> Iterator[Open]:
    """Opens the embedded lake once more."""
    yield from opener("duckdb", {"path": "lake", "threads": 2}, tmp_path)


@pytest.fixture
def the_lake(open_lake: Open) -> Any:
    return open_lake()
