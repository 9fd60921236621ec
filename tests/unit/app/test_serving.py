"""An apply beside another that was stopped while it showed its ports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, mesh_files
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.serving import unserved
from weft.app.system import System
from weft.mesh.run import Run, RunState
from weft.warehouses.duckdb import scratch

# Takes what serving takes, says so, and goes on when it is told to.
STOPPED = """
import sys
from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.scratch import Scratch

mine = Scratch(Layout(sys.argv[1]), Disk())
mine.take("ports-prod")
print("taken", flush=True)
sys.stdin.read()
"""


def files(number: int) -> dict[str, bytes]:
    product = Product("a.b", {"t": f"SELECT {number} AS n"}, (Port("t", {"n": "integer"}),))
    return mesh_files([product])


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[int]:
    """A process that was stopped while it showed the ports of a mesh; its id."""
    apply_files(tmp_path, files(1))
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPED, str(tmp_path / ".weft/lake")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    os.kill(process.pid, signal.SIGSTOP)
    yield process.pid
    process.kill()
    process.communicate()


def test_it_is_named_and_not_waited_for_and_nothing_is_lost(
    tmp_path: Path, stopped: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "PATIENCE", 0.2)
    system = System()
    apply_files(tmp_path, files(1))
    with opened(tmp_path, "", system) as mesh:
        other = Run(
            *("elsewhere", "apply", "prod", "p", RunState.RUNNING, system.now()),
            actor="ana",
            host=system.host,
            pid=stopped,
        )
        mesh.store.journal.begin(other, [], b"{}")
        (tmp_path / "domains/a/b/models/t.sql").write_text("SELECT 2 AS n")
        plan = make_plan(mesh, PlanOptions()).plan
        events = list(apply_plan(mesh, plan, ApplyOptions()))
        [warning] = [event.text for event in events if event.kind == "warning"]
        assert "which does not come to an end" in warning
        assert f"run elsewhere of ana, process {stopped} on {system.host}" in warning
        assert events[-1].text == RunState.DONE
        assert unserved(mesh) == ("lake",)
    os.kill(stopped, signal.SIGKILL)
    os.waitpid(stopped, 0)
    apply_files(tmp_path)
    with opened(tmp_path, "", system) as mesh:
        assert make_plan(mesh, PlanOptions()).plan.empty
        assert unserved(mesh) == ()
