"""Warehouse adapters are found by name, and imported only when they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from weft.warehouses.loading import adapter, options_of, warehouse_types
from weft.warehouses.protocol import WarehouseError


def test_types_are_known_without_importing_them() -> None:
    program = (
        "import sys; from weft.warehouses.loading import warehouse_types; warehouse_types(); "
        "sys.exit('weft.warehouses.duckdb' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert "duckdb" in warehouse_types()


@pytest.mark.parametrize("type_name", warehouse_types())
def test_options_are_known_without_a_driver(type_name: str) -> None:
    program = (
        f"import sys; from weft.warehouses.loading import options_of; options_of({type_name!r}); "
        "sys.exit(bool({'duckdb', 'psycopg', 'sqlglot'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert options_of(type_name)


def test_an_adapter_is_found_by_its_type() -> None:
    assert adapter("duckdb").__name__ == "open_warehouse"


@pytest.mark.parametrize(
    ("name", "message"), [("duckbd", "did you mean `duckdb`?"), ("x", "there are: duckdb")]
)
def test_an_unknown_type_is_told(name: str, message: str) -> None:
    with pytest.raises(WarehouseError) as caught:
        adapter(name)
    assert message in str(caught.value)
    assert caught.value.denied
