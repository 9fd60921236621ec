"""What manifests say of builds that lead to one another, from outside and from inside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from damaging import rot
from weft.mesh.product import Materialization
from weft.mesh.release import Build
from weft.warehouses.duckdb.disk import Disk, checksum
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.protocol import WarehouseError

DATA = b"some rows"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(str(tmp_path / "lake"))
    for folder in (layout.builds, layout.files):
        os.makedirs(folder)
    return layout


@pytest.fixture
def manifests(layout: Layout) -> Manifests:
    """The tables `a` and `b`, a view of each, one of both, and one of what never was."""
    made = Manifests(layout, Disk())
    for key in "ab":
        add_table(made, layout, key)
    views = {"view_a": "a", "view_b": "b", "both": ("view_a", "view_b"), "none": ("a", "gone")}
    for key, reads in views.items():
        add_view(made, layout, key, *reads)
    return made


def add_table(manifests: Manifests, layout: Layout, key: str) -> None:
    path = data_of(layout, key)
    path.write_bytes(DATA)
    files = (layout.relative(str(path)),)
    size, summed = len(DATA), checksum([str(path)])
    table = Build(key, "", "", Materialization.TABLE, (), 1, size, summed, files)
    manifests.add(table, f"{layout.root}/{key}")


def add_view(manifests: Manifests, layout: Layout, key: str, *reads: str) -> None:
    view = Build(key, "", "", Materialization.VIEW, (), select="SELECT 1", reads=reads)
    manifests.add(view, f"{layout.root}/{key}")


def data_of(layout: Layout, key: str) -> Path:
    return Path(layout.data(key, "run", 1))


ALL = ("a", "b", "view_a", "view_b", "both", "none")


def test_what_leads_to_something_missing_is_not_readable(
    manifests: Manifests, layout: Layout
) -> None:
    assert manifests.readable(ALL) == set(ALL) - {"none"}
    data_of(layout, "a").unlink()
    assert Manifests(layout, Disk()).readable(ALL) == {"b", "view_b"}


def test_data_that_only_looks_well_is_seen_from_inside_and_then_from_outside(
    manifests: Manifests, layout: Layout
) -> None:
    assert manifests.intact(ALL) == manifests.readable(ALL)
    rot(data_of(layout, "b"))
    assert "both" in manifests.readable(ALL)
    assert manifests.intact(ALL) == {"a", "view_a"}
    assert manifests.readable(ALL) == {"a", "view_a"}
    assert manifests.damage(["both"])[0] == {"b"}


def test_what_is_rotten_is_found_behind_views_and_is_missing_then(
    manifests: Manifests, layout: Layout
) -> None:
    assert manifests.rotten(ALL) == []
    rot(data_of(layout, "b"))
    assert manifests.rotten(["view_a"]) == []
    assert [build.key for build in manifests.rotten(["both"])] == ["b"]
    assert manifests.rotten(["both"]) == []


def test_data_that_went_away_after_it_was_found_is_rotten(
    manifests: Manifests, layout: Layout
) -> None:
    assert "a" in manifests.readable(ALL)
    data_of(layout, "a").unlink()
    assert [build.key for build in manifests.rotten(["view_a"])] == ["a"]
    assert manifests.readable(ALL) == {"b", "view_b"}


class UnmarkedDisk(Disk):
    """A disk on which nobody may touch a file."""

    def touch(self, path: str) -> None:
        raise WarehouseError(f"cannot touch {path}")


def test_rot_is_told_where_nobody_can_leave_a_mark(manifests: Manifests, layout: Layout) -> None:
    rot(data_of(layout, "b"))
    unmarked = Manifests(layout, UnmarkedDisk())
    for _ in range(2):
        assert unmarked.intact(ALL) == {"a", "view_a"}


def test_what_many_views_share_is_looked_at_once(manifests: Manifests, layout: Layout) -> None:
    # Every layer doubles the ways down to the tables: nobody could go all of them.
    below = ("a", "b")
    for layer in range(40):
        above = (f"left_{layer}", f"right_{layer}")
        for key in above:
            add_view(manifests, layout, key, *below)
        below = above
    assert manifests.readable(below) == manifests.intact(below) == set(below)
    rot(data_of(layout, "a"))
    assert [build.key for build in manifests.rotten(below)] == ["a"]
    assert manifests.readable(below) == set()
