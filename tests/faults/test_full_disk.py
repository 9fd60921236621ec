"""No room, or no right to write: one clear error, exit 8, and the next apply goes through."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from observation import Seen, apply_all, lake_of, released, unsettled

from mesh_files import Port, Product, lay_out, mesh_files

# Half a megabyte that does not get smaller.
NOISE = "SELECT hash(range) AS n, hash(range + 7) AS m FROM range(40000)"

FILES = mesh_files(
    Product(f"big.p{number}", {"noise": NOISE}, (Port("noise", {"n": "integer"}),))
    for number in range(3)
)


def weft(folder: Path, limit: Callable[[], None] | None = None) -> tuple[int, str]:
    """Run `weft apply`; its exit code and all that it says."""
    done = subprocess.run(
        [sys.executable, "-m", "weft", "apply", "--yes"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=limit,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("undisturbed")
    lay_out(folder, FILES)
    apply_all(folder)
    return released(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A folder on a disk of its own; called again, the same disk with other options."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted: list[Path] = []

    def disk(options: str) -> Path:
        what = ["-o", f"remount,{options}"] if mounted else ["-t", "tmpfs", "-o", options, "tmpfs"]
        done = subprocess.run(["mount", *what, str(folder)], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("this user cannot mount a small disk")
        mounted.append(folder)
        return folder

    yield disk
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("kilobytes", [100, 400, 700, 1200, 1800])
def test_a_full_disk(kilobytes: int, small_disk: Callable[[str], Path], wanted: Seen) -> None:
    folder = small_disk(f"size={kilobytes}k")
    lay_out(folder, FILES)
    code, told = weft(folder)
    assert code == 8, told
    assert "the disk is full" in told or "no room is left" in told
    assert "weft apply" in told
    assert told.count("failed\n") <= 1, told
    assert "Traceback" not in told and "bug" not in told
    small_disk("size=64m")
    assert weft(folder)[0] == 0
    assert list(unsettled(folder, wanted, "done")) == []


def test_files_that_may_not_grow(tmp_path: Path, wanted: Seen) -> None:
    lay_out(tmp_path, FILES)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    code, told = weft(tmp_path, limit)
    assert code == 8, told
    assert "the disk is full" in told
    assert told.count("failed\n") == 1, told
    assert weft(tmp_path)[0] == 0
    assert list(unsettled(tmp_path, wanted, "done")) == []


def test_a_lake_that_may_not_be_written(
    tmp_path: Path, small_disk: Callable[[str], Path], wanted: Seen
) -> None:
    place = small_disk("size=64m")
    mesh = tmp_path / "mesh"
    lay_out(mesh, FILES)
    (mesh / ".weft").mkdir(exist_ok=True)
    (place / "lake").mkdir()
    lake_of(mesh).symlink_to(place / "lake")
    small_disk("ro")
    code, told = weft(mesh)
    assert code == 8, told
    assert "is not writable" in told
    assert told.count("failed\n") == 1, told
    small_disk("rw")
    assert weft(mesh)[0] == 0
    assert list(unsettled(mesh, wanted, "done")) == []


def test_a_mesh_that_may_not_be_written(small_disk: Callable[[str], Path], wanted: Seen) -> None:
    mesh = small_disk("size=64m")
    lay_out(mesh, FILES)
    small_disk("ro")
    code, told = weft(mesh)
    assert code == 4, told
    assert "Traceback" not in told and "bug" not in told
    small_disk("rw")
    assert weft(mesh)[0] == 0
    assert list(unsettled(mesh, wanted, "done")) == []
