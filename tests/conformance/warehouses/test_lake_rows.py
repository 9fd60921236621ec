"""The lake gives and takes Arrow whether or not pyarrow, which its engine would use, is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys

sys.path[:0] = [{here!r}]
if {hidden}:
    sys.modules["pyarrow"] = None
import test_warehouse_rows as suite
from weft.warehouses.loading import adapter

lake = adapter("duckdb")("wh", {{"path": "lake", "threads": 2}}, {folder!r}, "mesh", "store")
suite.test_what_is_read_and_loaded_is_as_it_was(lake)
suite.test_many_rows_come_in_batches(lake)
lake.close()
"""


@pytest.mark.parametrize("hidden", [True, False])
def test_rows_with_and_without_pyarrow(tmp_path: Path, hidden: bool) -> None:
    here = str(Path(__file__).parent)
    program = PROGRAM.format(here=here, hidden=hidden, folder=str(tmp_path))
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
