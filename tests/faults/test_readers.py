"""Readers of two ports of one product never see two versions at once, however fast these follow.

WEFT_PUBLISHES=500 makes it the long run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from lake_ground import LAKE, released
from observation import apply_all, unsettled

from mesh_files import Port, Product, Source, lay_out, mesh_files

PUBLISHES = int(os.environ.get("WEFT_PUBLISHES", "60"))
ROWS = 2000
PROGRAM = Path(__file__).with_name("readers.py")


def stamped(number: int) -> dict[str, bytes]:
    select = f"SELECT range AS id, n FROM stamp CROSS JOIN range({ROWS})"
    ports = tuple(Port(name, {"id": "integer", "n": "integer"}) for name in ("one", "other"))
    product = Product(
        "stamps.pair",
        {"one": select, "other": select},
        ports,
        sources=(Source("stamp", "data/stamp.csv", {"n": "integer"}),),
    )
    return mesh_files([product]) | {"data/stamp.csv": f"n\n{number}\n".encode()}


def test_no_reader_sees_a_mixture(tmp_path: Path) -> None:
    mesh, end = tmp_path / "mesh", tmp_path / "end"
    lay_out(mesh, stamped(1))
    apply_all(mesh)
    readers = [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), way, str(mesh), str(end)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for way in ("file", "query")
    ]
    try:
        for number in range(2, PUBLISHES + 2):
            lay_out(mesh, stamped(number))
            assert apply_all(mesh) == "done"
    finally:
        end.touch()
        answers = [reader.communicate(timeout=60) for reader in readers]
    for told, errors in answers:
        assert errors == ""
        seen = json.loads(told)
        assert (seen["mixed"], seen["backwards"], seen["rows"]) == (0, 0, [ROWS])
        assert seen["stamps"] > 5
    assert list(unsettled(LAKE, mesh, released(mesh), tidy=True)) == []
