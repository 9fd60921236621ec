"""No room, or no right to write: one clear error, and the next apply goes through.

What only reads goes on as ever.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from ground import Seen
from lake_ground import LAKE, lake_of, released
from observation import apply_all, unsettled

from mesh_files import SETTINGS, Port, Product, document, lay_out, mesh_files

# Half a megabyte that does not get smaller.
NOISE = "SELECT hash(range) AS n, hash(range + 7) AS m FROM range(40000)"

FILES = mesh_files(
    Product(f"big.p{number}", {"noise": NOISE}, (Port("noise", {"n": "integer"}),))
    for number in range(3)
)


APPLY = ("apply", "--yes")
READING = (
    ("ls",),
    ("history",),
    ("show", "big.p0"),
    ("plan",),
    ("audit", "verify"),
    ("query", "SELECT count(*) AS rows FROM big.p0.noise"),
)


def weft(
    folder: Path, limit: Callable[[], None] | None = None, words: Sequence[str] = APPLY
) -> tuple[int, str]:
    """Run a command; its exit code and all that it says."""
    done = subprocess.run(
        [sys.executable, "-m", "weft", *words],
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
    assert "weft apply" in told or "the same command again" in told
    assert told.count("failed\n") <= 1, told
    assert "Traceback" not in told and "bug" not in told
    small_disk("size=64m")
    assert weft(folder)[0] == 0
    assert list(unsettled(LAKE, folder, wanted, tidy=True)) == []


def test_files_that_may_not_grow(tmp_path: Path, wanted: Seen) -> None:
    lay_out(tmp_path, FILES)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    code, told = weft(tmp_path, limit)
    assert code == 8, told
    assert "the disk is full" in told
    assert told.count("failed\n") == 1, told
    assert weft(tmp_path)[0] == 0
    assert list(unsettled(LAKE, tmp_path, wanted, tidy=True)) == []


def test_a_lake_that_may_not_be_written(
    tmp_path: Path, small_disk: Callable[[str], Path], wanted: Seen
) -> None:
    place = small_disk("size=64m")
    mesh = tmp_path / "mesh"
    lay_out(mesh, FILES)
    (mesh / ".weft").mkdir(exist_ok=True)
    (place / "lake").mkdir(mode=0o700)
    lake_of(mesh).symlink_to(place / "lake")
    small_disk("ro")
    code, told = weft(mesh)
    assert code == 8, told
    assert "is not writable" in told
    assert told.count("failed\n") == 1, told
    small_disk("rw")
    assert weft(mesh)[0] == 0
    assert list(unsettled(LAKE, mesh, wanted, tidy=True)) == []


def test_a_mesh_that_may_not_be_written(small_disk: Callable[[str], Path], wanted: Seen) -> None:
    mesh = small_disk("size=64m")
    lay_out(mesh, FILES)
    small_disk("ro")
    code, told = weft(mesh)
    assert code == 4, told
    assert "Traceback" not in told and "bug" not in told
    small_disk("rw")
    assert weft(mesh)[0] == 0
    assert list(unsettled(LAKE, mesh, wanted, tidy=True)) == []


def fill(folder: Path) -> None:
    """Use all the room that is left on a disk."""
    with (folder / "filling").open("wb", buffering=0) as stream:
        for size in (1 << 16, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    stream.write(b"x" * size)


def test_on_a_full_disk_everything_can_be_read_and_pruned(
    small_disk: Callable[[str], Path], wanted: Seen
) -> None:
    disk = small_disk("size=16m")
    mesh = disk / "mesh"
    more = {path: data.replace(b"range + 7", b"range + 8") for path, data in FILES.items()}
    keep = {"weft.yaml": document(SETTINGS | {"keep": {"releases": 2, "days": 0}})}
    for files in (FILES, more, FILES):
        lay_out(mesh, {**files, **keep})
        apply_all(mesh)
    keep = {"weft.yaml": document(SETTINGS | {"keep": {"releases": 1, "days": 0}})}
    lay_out(mesh, {**FILES, **keep})
    fill(disk)
    for words in READING:
        code, told = weft(mesh, words=words)
        assert (code, "no room" in told) == (0, False), (words, told)
    code, told = weft(mesh, words=("unlock", "abc", "--yes"))
    assert (code, "there is no lock" in told) == (2, True), told
    code, told = weft(mesh, words=("rollback", "big.p0", "--lift"))
    assert (code, "no room is left" in told) == (4, True), told
    code, told = weft(mesh, words=("new", "domain", "other", "--owner", "me@example.com", "--yes"))
    assert (code, "other/domain.yaml: No space left" in told) == (4, True), told
    assert not (mesh / "domains/other").exists()
    code, told = weft(mesh, words=("doctor",))
    assert (code, "backup" in told, "0.0 GB free" in told) == (4, False, True), told
    code, told = weft(mesh, words=("prune", "--yes"))
    assert code == 0, told
    assert weft(mesh)[0] == 0
    assert list(unsettled(LAKE, mesh, wanted, tidy=True)) == []


def test_what_cannot_be_written_can_be_read(small_disk: Callable[[str], Path]) -> None:
    mesh = small_disk("size=64m")
    lay_out(mesh, FILES)
    apply_all(mesh)
    small_disk("ro")
    for words in READING:
        code, told = weft(mesh, words=words)
        assert code == 0, (words, told)
    code, told = weft(mesh, words=("doctor",))
    assert (code, "mounted read-only" in told, "backup" in told) == (4, True, False), told
