"""What is said of products that stay where they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mesh_files import lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.errors import Exit
from weft.app.system import System
from weft.cli.held import held_exit, tell_held
from weft.cli.screen import Screen
from weft.plan.plan import HeldBack, Plan


def test_a_product_that_was_never_published_stays_unpublished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path, mesh_files(()))
    held = (
        HeldBack("a.new", 0, "ann: not yet", by_person=True),
        HeldBack("a.old", 3, "ann: wrong", by_person=True),
        HeldBack("a.torn", 2, "ann: wrong", by_person=True, lost=True),
        HeldBack("a.shown", 4, "waits for a.old", environment="live"),
    )
    with opened(tmp_path, "", System()) as mesh:
        tell_held(mesh, Plan("p", "loom", "loom", "prod", held=held), Screen())
    assert capsys.readouterr().err.splitlines() == [
        "a.new stays unpublished, ann: not yet",
        "  let it go on:  weft rollback a.new --lift",
        "a.old stays on release 3, ann: wrong",
        "  let it go on:  weft rollback a.old --lift",
        "a.torn stays on release 2 (which has lost data), ann: wrong",
        "  let it go on:  weft rollback a.torn --lift",
        "a.shown stays on live's release 4, waits for a.old",
    ]
    plan = Plan("p", "loom", "loom", "prod", held=held)
    assert held_exit(plan) is Exit.UNREACHABLE
    assert held_exit(replace(plan, held=held[:2])) is Exit.DONE
