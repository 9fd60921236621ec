"""What somebody changes in a lake's folders outside of Weft is found, and can be brought back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest
from warehouse_steps import PRODUCT, bound, build, port, publish, relation, show

from damaging import cut, flip, rot
from weft.mesh.drift import Deviation, Drift, ThingKind
from weft.mesh.release import Release
from weft.plan.plan import RevertSpec, Step, StepKind
from weft.warehouses.protocol import FindsDrift, Scope, WarehouseError

BUILD, RELEASE, FILE = ThingKind.BUILD, ThingKind.RELEASE, ThingKind.FILE
MISSING, CHANGED, UNKNOWN = Deviation.MISSING, Deviation.CHANGED, Deviation.UNKNOWN
RELEASES = "releases/prod/sales/orders"

Deed = Callable[[Path], object]
Told = tuple[ThingKind, str, Deviation, frozenset[str]]
ANY: frozenset[str] = frozenset()


class Outside:
    """A lake with a product of two releases, and somebody who changes its files."""

    def __init__(self, open_lake: Callable[[], Any], root: Path) -> None:
        self.open_lake = open_lake
        self.root = root
        self.runs = count(10)
        self.builds()
        lake = open_lake()
        first = publish([port({"orders": ("first", ["id"]), "lines": ("seen", ["id"])})])
        second = publish([port({"orders": ("second", ["id"]), "lines": ("seen", ["id"])})], 1)
        releases = [
            show(lake, each, bound(f"run_{n}", n)) for n, each in enumerate((first, second))
        ]
        self.releases: tuple[Release, ...] = tuple(reversed(releases))

    def builds(self) -> None:
        lake, here = self.open_lake(), bound(f"run_{next(self.runs)}")
        for key in ("first", "second"):
            lake.run(build(key, "SELECT n AS id FROM range(5) AS g(n)"), here)
        lake.run(build("seen", f"SELECT id FROM {relation('second')}", ["second"], "view"), here)

    def found(self, *, content: bool = True) -> tuple[Drift, ...]:
        lake, recorded = self.open_lake(), {PRODUCT: self.releases}
        own = lake.drift(Scope("prod", (PRODUCT,), content=content), recorded)
        shared = lake.drift(Scope("prod", ()), recorded)
        return (*own, *shared)

    def revert(self) -> None:
        for each in self.found():
            lake = self.open_lake()
            each = Drift(**{**vars(each), "environment": "prod"})
            spec = RevertSpec(each, self.releases)
            step = Step(each.id, StepKind.REVERT, PRODUCT, "lake", each.name, revert=spec)
            assert lake.tell([step], {})[each.id]
            lake.run(step, bound(f"run_{next(self.runs)}", 9))
        self.builds()
        self.open_lake().serve("prod")


@pytest.fixture
def outside(open_lake: Callable[[], Any], tmp_path: Path) -> Outside:
    return Outside(open_lake, tmp_path / "lake")


def reworded(path: Path, text: str, other: str) -> None:
    written = path.read_text()
    assert text in written
    path.write_text(written.replace(text, other))


def in_ports(root: Path, statement: str) -> None:
    with duckdb.connect(str(root / "ports.duckdb")) as connection:
        connection.execute(statement)


def told(drifts: tuple[Drift, ...]) -> list[Told]:
    return [
        (each.kind, each.name, each.deviation, each.facts if each.deviation is CHANGED else ANY)
        for each in drifts
    ]


def data(root: Path) -> Path:
    [found] = root.glob("files/second-*.parquet")
    return found


def replaced(root: Path) -> None:
    """Put another database in the place of the ports."""
    (root / "ports.duckdb").unlink()
    with duckdb.connect(str(root / "ports.duckdb")) as other:
        other.execute("CREATE TABLE x AS SELECT 1 AS a")
    (root / "ports.duckdb").chmod(0o600)


def copied(root: Path, source: int, target: int) -> None:
    folder = root / RELEASES
    shutil.copy(folder / f"{source:08}.json", folder / f"{target:08}.json")


# What somebody does, and what is found then; DATA stands for the file of the second build.
DATA = "DATA"
DEEDS: dict[str, tuple[Deed, Told]] = {
    "data removed": (lambda root: data(root).unlink(), (BUILD, DATA, MISSING, ANY)),
    "data cut": (lambda root: cut(data(root)), (BUILD, DATA, CHANGED, frozenset(["bytes"]))),
    "data changed": (lambda root: flip(data(root)), (BUILD, DATA, CHANGED, frozenset(["content"]))),
    "data rotten": (lambda root: rot(data(root)), (BUILD, DATA, CHANGED, frozenset(["content"]))),
    "manifest removed": (
        lambda root: (root / "builds/second.json").unlink(),
        (BUILD, "builds/second.json", MISSING, ANY),
    ),
    "manifest changed": (
        lambda root: cut(root / "builds/second.json"),
        (BUILD, "builds/second.json", CHANGED, frozenset(["content"])),
    ),
    "another SELECT behind a port": (
        lambda root: reworded(root / "builds/seen.json", "SELECT id", "SELECT 7 AS id"),
        (BUILD, "builds/seen.json", CHANGED, frozenset(["content"])),
    ),
    "other data behind a port": (
        lambda root: reworded(root / "builds/second.json", "files/second", "files/first"),
        (BUILD, "builds/second.json", CHANGED, frozenset(["content"])),
    ),
    "port replaced in the file of ports": (
        lambda root: in_ports(root, "CREATE OR REPLACE VIEW mine AS SELECT 1 AS id"),
        (FILE, "ports.duckdb", CHANGED, frozenset(["written"])),
    ),
    "release copied over another": (
        lambda root: copied(root, 1, 2),
        (RELEASE, f"{RELEASES}/00000002.json", CHANGED, frozenset(["content"])),
    ),
    "earlier release changed": (
        lambda root: copied(root, 2, 1),
        (RELEASE, f"{RELEASES}/00000001.json", CHANGED, frozenset(["content"])),
    ),
    "release added": (
        lambda root: copied(root, 1, 3),
        (RELEASE, f"{RELEASES}/00000003.json", UNKNOWN, ANY),
    ),
    "release removed": (
        lambda root: (root / RELEASES / "00000002.json").unlink(),
        (RELEASE, f"{RELEASES}/00000002.json", MISSING, ANY),
    ),
    "ports removed": (
        lambda root: (root / "ports.duckdb").unlink(),
        (FILE, "ports.duckdb", MISSING, ANY),
    ),
    "ports opened to all": (
        lambda root: (root / "ports.duckdb").chmod(0o644),
        (FILE, "ports.duckdb", CHANGED, frozenset(["others"])),
    ),
    "note of the ports removed": (
        lambda root: (root / "ports.json").unlink(),
        (FILE, "ports.json", MISSING, ANY),
    ),
    "lake opened to all": (
        lambda root: root.chmod(0o755),
        (ThingKind.FOLDER, "./", CHANGED, frozenset(["others"])),
    ),
    "file in the lake": (
        lambda root: (root / "notes.txt").write_text("x"),
        (ThingKind.OTHER, "notes.txt", UNKNOWN, ANY),
    ),
    "folder among the data": (
        lambda root: (root / "files/mine").mkdir(),
        (ThingKind.OTHER, "files/mine", UNKNOWN, ANY),
    ),
    "file among the builds": (
        lambda root: (root / "builds/copy of second.json").write_text("x"),
        (ThingKind.OTHER, "builds/copy of second.json", UNKNOWN, ANY),
    ),
    "file among the releases": (
        lambda root: (root / RELEASES / "2.json").write_text("x"),
        (ThingKind.OTHER, f"{RELEASES}/2.json", UNKNOWN, ANY),
    ),
}


def test_nothing_was_changed(outside: Outside) -> None:
    assert isinstance(outside.open_lake(), FindsDrift)
    assert outside.found() == ()


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_is_found_and_brought_back(outside: Outside, deed: str) -> None:
    act, (kind, name, deviation, facts) = DEEDS[deed]
    name = f"files/{data(outside.root).name}" if name == DATA else name
    act(outside.root)
    assert told(outside.found()) == [(kind, name, deviation, facts)]
    outside.revert()
    assert outside.found() == ()


def test_ports_that_were_replaced(outside: Outside) -> None:
    replaced(outside.root)
    [found] = outside.found()
    assert (found.kind, found.name) == (FILE, "ports.duckdb")
    assert {"bytes", "written"} >= found.facts > set()
    assert found.since.startswith("20")
    outside.revert()
    assert outside.found() == ()


def test_rot_is_found_only_where_data_is_read(outside: Outside) -> None:
    rot(data(outside.root))
    assert outside.found(content=False) == ()
    assert [each.facts for each in outside.found()] == [{"content"}]


def test_a_release_that_was_copied_is_current_again(outside: Outside) -> None:
    copied(outside.root, 1, 2)
    outside.revert()
    assert outside.open_lake().history("prod", PRODUCT) == outside.releases


def test_what_is_not_there_any_more_is_not_touched(outside: Outside) -> None:
    """A plan names what was found when it was made; by then the name may mean something else."""
    spec = RevertSpec(Drift(ThingKind.OTHER, "lake.json", UNKNOWN), outside.releases)
    step = Step("x", StepKind.REVERT, PRODUCT, "lake", "lake.json", revert=spec)
    assert outside.open_lake().run(step, bound()).reused
    assert (outside.root / "lake.json").exists()


def test_a_link_out_of_the_lake_is_removed_alone(outside: Outside, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    os.symlink(kept, outside.root / "mine")
    outside.revert()
    assert outside.found() == ()
    assert (kept / "file").read_text() == "x"


def test_another_folder_in_place_of_the_lake(outside: Outside) -> None:
    (outside.root / "lake.json").unlink()
    with pytest.raises(WarehouseError, match="not a lake"):
        outside.found()
