"""Meshes into which something is adopted, on both warehouses, and contracts that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from mesh_files import lay_out
from two_warehouses import domain, settings

EVERYWHERE = pytest.mark.parametrize("home", ["lake", "ops_db"])
_DIALECTS = {"lake": "duckdb", "ops_db": "postgres"}


def lay_out_sales(
    folder: Path, database: Mapping[str, Any], home: str, data: Mapping[str, bytes]
) -> None:
    """A mesh with the empty domain `sales`, which lives on a warehouse, and with files of data."""
    domains = domain("sales", home, _DIALECTS[home])
    lay_out(folder, {"weft.yaml": settings(database), **domains, **data})


def contract(folder: Path, port: str, product: str) -> dict[str, Any]:
    """The contract of a port of the domain `sales`."""
    path = folder / f"domains/sales/{product}/{port}.v1.odcs.yaml"
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def columns(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The columns of a contract by name, with the rest of their keys."""
    found = document["schema"][0]["properties"]
    return {each["name"]: {k: v for k, v in each.items() if k != "name"} for each in found}
