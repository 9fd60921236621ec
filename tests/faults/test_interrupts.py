"""Ctrl-C and kill -9 at random moments of a real `weft apply`: the next one goes on."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lake_ground import leftovers, released, served
from observation import apply_all

from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.mesh.run import Run, RunState

SLOW = "SELECT sum(range % 7) AS total FROM range(12000000)"


@pytest.fixture
def slow_mesh(tmp_path: Path) -> Path:
    products = [
        Product(f"slow.p{number}", {"total": SLOW}, (Port("total", {"total": "number"}),))
        for number in range(6)
    ]
    lay_out(tmp_path, mesh_files(products))
    return tmp_path


def started(folder: Path) -> subprocess.Popen[str]:
    """A `weft apply` that has locked what it will touch."""
    apply = subprocess.Popen(
        [sys.executable, "-m", "weft", "apply", "--yes"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while apply.poll() is None and not (folder / ".weft" / "lake").exists():
        time.sleep(0.01)
    return apply


def assert_settled(folder: Path) -> None:
    assert list(leftovers(folder, tidy=True)) == []
    assert served(folder) == released(folder)
    assert len(released(folder)) == 6
    with opened(folder, "", System()) as mesh:
        assert make_plan(mesh, PlanOptions()).plan.empty


def newest_run(folder: Path) -> Run | None:
    with opened(folder, "", System()) as mesh:
        return next(iter(mesh.store.journal.runs("", 1)), None)


@pytest.mark.parametrize("delay", [random.Random(seed).uniform(0.0, 0.6) for seed in range(4)])
def test_what_is_interrupted_is_gone_on_with(slow_mesh: Path, delay: float) -> None:
    apply = started(slow_mesh)
    time.sleep(delay)
    apply.send_signal(signal.SIGINT)
    _, told = apply.communicate(timeout=60)
    run = newest_run(slow_mesh)
    assert run is not None
    if apply.returncode != 0:
        assert apply.returncode == 8, told
        assert "Traceback" not in told
        assert "weft apply" in told
        assert run.state is RunState.INTERRUPTED
    with opened(slow_mesh, "", System()) as mesh:
        assert mesh.store.journal.locks() == ()
    apply_all(slow_mesh, workers=2)
    assert_settled(slow_mesh)


@pytest.mark.parametrize("delay", [random.Random(seed).uniform(0.0, 0.6) for seed in range(4)])
def test_what_is_killed_inside_a_statement_is_gone_on_with(slow_mesh: Path, delay: float) -> None:
    apply = started(slow_mesh)
    time.sleep(delay)
    apply.kill()
    apply.communicate()
    apply_all(slow_mesh, workers=2)
    assert_settled(slow_mesh)
