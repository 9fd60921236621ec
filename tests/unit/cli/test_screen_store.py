"""A store that was moved, as people and programs are told."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from weft.app.move_store import Moved
from weft.cli.output import written
from weft.cli.screen import Screen
from weft.cli.screens.store import moved_result

MOVED = Moved("mesh.store", 1_234, 567_890)


@pytest.mark.parametrize("imported", [False, True], ids=["export", "import"])
def test_a_move_is_told(golden: Callable[[str, str], None], imported: bool) -> None:
    name = "store_import" if imported else "store_export"
    golden(name, written(moved_result(MOVED, imported=imported), Screen()))


def test_a_move_is_told_to_programs() -> None:
    told = json.loads(written(moved_result(MOVED, imported=True), Screen(format="json")))
    assert told == {
        "schema": "weft.store/1",
        "imported": True,
        "file": "mesh.store",
        "rows": 1_234,
        "bytes": 567_890,
    }
