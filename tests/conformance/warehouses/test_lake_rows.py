"""The lake gives and takes Arrow whether or not pyarrow, which its engine would use, is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from arro3.core import DataType, Field, Schema, Table

from weft.warehouses.protocol import Origin, WarehouseError

PROGRAM = """
import sys

sys.path[:0] = [{here!r}]
if {hidden}:
    sys.modules["pyarrow"] = None
import test_warehouse_rows as suite
from warehouse_steps import relation
from weft.warehouses.loading import adapter

lake = adapter("duckdb")("wh", {{"path": "lake", "threads": 2}}, {folder!r}, "mesh", "store")
suite.test_what_is_read_and_loaded_is_as_it_was(lake, relation)
suite.test_many_rows_come_in_batches(lake, relation)
lake.close()
"""


@pytest.mark.parametrize("hidden", [True, False])
def test_rows_with_and_without_pyarrow(tmp_path: Path, hidden: bool) -> None:
    here = str(Path(__file__).parent)
    program = PROGRAM.format(here=here, hidden=hidden, folder=str(tmp_path))
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_what_the_engine_does_not_read_is_its_error_and_leaves_nothing(
    the_lake: Any, tmp_path: Path
) -> None:
    halves = Field("value", DataType.float16(), nullable=True)
    names = Field("key", DataType.utf8(), nullable=False)
    kind = DataType.map(names, halves, False)
    table = Table.from_batches([], schema=Schema([Field("halves", kind)]))
    with pytest.raises(WarehouseError, match="Unsupported"):
        the_lake.load("k", table, Origin())
    assert not list((tmp_path / "lake/tmp").glob("load*"))
