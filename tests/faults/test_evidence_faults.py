"""A version that was published by a run which could not record it has its evidence all the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from effects import Effects, Fault, opened_with
from observation import applied

from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.store.protocol import StoreError

FAULTS = (Fault.FAILS, Fault.FAILS_AFTER)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mesh"


def orders(version: str) -> dict[str, bytes]:
    """A mesh of one product, whose port has as many columns as its version is minor."""
    columns = {f"c{number}": "integer" for number in range(int(version[2]) + 1)}
    select = "SELECT " + ", ".join(f"1 AS {name}" for name in columns)
    return mesh_files(
        [Product("shop.orders", {"orders": select}, (Port("orders", columns, version=version),))]
    )


def apply(folder: Path, version: str) -> None:
    lay_out(folder, orders(version))
    with opened(folder, "", System()) as mesh:
        applied(mesh)


def publish_only(folder: Path, version: str, fault: Fault) -> str:
    """Apply a version, and fail when that is recorded; the id of the run."""
    lay_out(folder, orders(version))
    rehearsal = Effects()
    copied = shutil.copytree(folder, folder.with_name("rehearsal"))
    with opened_with(copied, rehearsal) as mesh:
        applied(mesh)
    [recording] = (
        at for at, name in enumerate(rehearsal.names, 1) if name.startswith("store.finish")
    )
    with pytest.raises(StoreError), opened_with(folder, Effects(fault, recording)) as mesh:
        applied(mesh)
    with opened(folder, "", System()) as mesh:
        return mesh.store.journal.runs("prod", 1)[0].id


def evidence(folder: Path) -> list[tuple[str, str]]:
    """The versions that have evidence, and the runs that published them; the chain is whole."""
    with opened(folder, "", System()) as mesh:
        assert mesh.store.evidence.verify("prod").faults == ()
        records = mesh.store.evidence.records("prod")
        return [(each.evidence["version"], each.evidence["run"]) for each in records]


@pytest.mark.parametrize("fault", FAULTS)
def test_the_next_apply_makes_up_for_it_once(folder: Path, fault: Fault) -> None:
    apply(folder, "1.0.0")
    [first] = evidence(folder)
    run = publish_only(folder, "1.1.0", fault)
    for _ in range(2):
        apply(folder, "1.1.0")
        assert evidence(folder) == [first, ("1.1.0", run)]


@pytest.mark.parametrize("fault", FAULTS)
def test_so_does_the_apply_of_another_version(folder: Path, fault: Fault) -> None:
    run = publish_only(folder, "1.0.0", fault)
    apply(folder, "1.1.0")
    assert evidence(folder)[0] == ("1.0.0", run)
    assert [version for version, _ in evidence(folder)] == ["1.0.0", "1.1.0"]


@pytest.mark.parametrize("earlier", [(), ("1.0.0",)])
def test_its_version_does_not_change_any_longer(folder: Path, earlier: tuple[str, ...]) -> None:
    for version in earlier:
        apply(folder, version)
    publish_only(folder, "1.1.0", Fault.FAILS)
    other = {path: data.replace(b"c1", b"d1") for path, data in orders("1.1.0").items()}
    lay_out(folder, other)
    with opened(folder, "", System()) as mesh:
        [blocked] = make_plan(mesh, PlanOptions()).plan.blocked
    assert "was released before as 1.1.0, with another contract" in blocked
