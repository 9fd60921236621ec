"""The warehouses that pass this suite; a new one is one more entry of `WAREHOUSES`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from weft.warehouses.loading import adapter

# `warehouse_steps` and `lake_process` are imported by programs of their own too.
sys.path.insert(0, str(Path(__file__).parent))

Open = Callable[..., Any]


def lake(folder: Path) -> tuple[str, dict[str, Any]]:
    return "duckdb", {"path": "lake", "threads": 2}


WAREHOUSES = {"duckdb": lake}


def opener(kind: str, options: dict[str, Any], folder: Path) -> Iterator[Open]:
    opened: list[Any] = []

    def open_it(mesh: str = "skyline", store: str = "store_1", **more: Any) -> Any:
        opened.append(adapter(kind)("wh", options, str(folder), mesh, store, **more))
        return opened[-1]

    yield open_it
    for each in opened:
        each.close()


@pytest.fixture(params=WAREHOUSES.values(), ids=WAREHOUSES.keys())
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the warehouse once more, as another program would."""
    kind, options = request.param(tmp_path)
    yield from opener(kind, options, tmp_path)


@pytest.fixture
def warehouse(open_one: Open) -> Any:
    return open_one()


@pytest.fixture
def open_lake(tmp_path: Path) -> Iterator[Open]:
    """Opens the embedded lake once more."""
    yield from opener(*lake(tmp_path), tmp_path)


@pytest.fixture
def the_lake(open_lake: Open) -> Any:
    return open_lake()
