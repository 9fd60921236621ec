"""One set of files has one plan: whatever the locale, the hash seed and the order on the disk."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "skyline"

MAKE_A_PLAN = """
import sys
from pathlib import Path
import msgspec
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
with opened(Path(sys.argv[1]), "", System()) as mesh:
    sys.stdout.buffer.write(msgspec.json.encode(make_plan(mesh, PlanOptions()).plan))
"""


def plan_of(folder: Path, **environment: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-c", MAKE_A_PLAN, str(folder)],
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return plan_of(copied(tmp_path_factory.mktemp("usual"), seed=0))


def copied(folder: Path, seed: int) -> Path:
    """The example, its files made in some order."""
    paths = sorted(path for path in EXAMPLE.rglob("*") if path.is_file())
    random.Random(seed).shuffle(paths)
    for path in paths:
        target = folder / path.relative_to(EXAMPLE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return folder


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Pacific/Auckland"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "0", "TZ": "America/New_York"},
    ],
)
def test_the_plan_is_the_same_byte_for_byte(
    usual: bytes, environment: dict[str, str], tmp_path: Path
) -> None:
    assert len(usual) > 10_000
    assert plan_of(copied(tmp_path, seed=1), **environment) == usual
