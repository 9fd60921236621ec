"""What the doctor says of healthy and of broken meshes; it never fails itself."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import SETTINGS, Port, Product, document, mesh_files
from weft.app.doctor import examine_machine, missing_secrets
from weft.app.finding import Finding, State
from weft.app.surroundings import fits
from weft.app.system import System
from weft.mesh.run import Run, RunState
from weft.mesh.secret import Secret
from weft.mesh.settings import Environment, MeshSettings, WarehouseSettings
from weft.store.opening import open_store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small mesh, applied."""
    product = Product("a.b", {"one": "SELECT 1 AS n"}, (Port("one", {"n": "integer"}),))
    apply_files(tmp_path, mesh_files([product]))
    return tmp_path


def examined(folder: Path, system: System | None = None) -> dict[str, Finding]:
    """The findings by name; of several with one name the worst."""
    found = examine_machine(folder, "", system or System())
    assert all(each.fix for each in found if each.state is not State.OK), found
    order = list(State)
    return {each.name: each for each in sorted(found, key=lambda each: order.index(each.state))}


def bad(folder: Path, system: System | None = None) -> set[str]:
    findings = examined(folder, system).values()
    return {each.name for each in findings if each.state is State.FAIL}


def test_a_healthy_mesh_has_nothing_wrong(skyline: Path) -> None:
    found = examined(skyline)
    assert bad(skyline) == set()
    assert found["warehouse lake"].detail.startswith("duckdb, ")
    assert found["definitions"].detail.startswith("6 products")
    assert {"python", "duckdb", "sqlglot", "git", "speed", "disk", "cache", "locks"} <= set(found)


def test_a_folder_without_a_mesh_is_told_how_to_begin(tmp_path: Path) -> None:
    assert examined(tmp_path)["weft.yaml"].fix == "weft init, or weft demo to see one"
    assert bad(tmp_path / "nowhere") == {"folder", "disk", "weft.yaml"}


def test_settings_that_cannot_be_read_are_named(folder: Path) -> None:
    (folder / "weft.yaml").write_text("mesh: [")
    assert examined(folder)["weft.yaml"].detail.startswith("W103: ")


def test_a_missing_secret_is_named() -> None:
    def found(secret: Secret) -> Finding:
        there = {"db": {"password": secret}}
        lake = {"db": WarehouseSettings("db", "any", {"path": "x"})}
        environments = {"lab": Environment("lab", warehouses=there)}
        store = Secret("sqlite:///x")
        [only] = missing_secrets(MeshSettings("m", "m", store, "prod", lake, environments))
        return only

    missing = found(Secret(missing="LAKE_PASSWORD"))
    assert (missing.state, missing.detail, missing.fix) == (
        State.FAIL,
        "LAKE_PASSWORD is not set",
        "export LAKE_PASSWORD=…",
    )
    assert found(Secret("x")).state is State.OK


def test_a_missing_variable_is_named(folder: Path) -> None:
    (folder / "weft.yaml").write_bytes(document(SETTINGS | {"store": "sqlite:///${LAKE}"}))
    assert "LAKE is not set" in examined(folder)["weft.yaml"].detail


def test_definitions_with_errors_are_counted(folder: Path) -> None:
    (folder / "domains/a/b/models/one.sql").write_text("SELEC 1")
    found = examined(folder)["definitions"]
    assert (found.state, found.fix) == (State.FAIL, "weft validate")


def test_a_foreign_lake_is_found(folder: Path) -> None:
    (folder / ".weft/store.db").unlink()
    found = examined(folder)["warehouse lake"]
    assert found.state is State.FAIL
    assert "belongs to another store" in found.detail


def test_a_damaged_store_is_found(folder: Path) -> None:
    for name in ("store.db", "store.db-wal", "store.db-shm"):
        (folder / ".weft" / name).unlink(missing_ok=True)
    (folder / ".weft/store.db").write_bytes(b"no database at all" * 1000)
    assert bad(folder) == {"store"}
    assert "backup" not in examined(folder)["store"].fix


def test_only_a_store_that_is_broken_is_put_back_from_a_backup(folder: Path) -> None:
    store = folder / ".weft/store.db"
    data = bytearray(store.read_bytes())
    data[5000:] = b"?" * len(data[5000:])
    store.write_bytes(data)
    assert "backup" in examined(folder)["store"].fix


def test_a_changed_audit_log_is_found(folder: Path) -> None:
    with sqlite3.connect(folder / ".weft/store.db") as connection:
        for (trigger,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("UPDATE audit SET actor = 'nobody' WHERE number = 3")
    connection.close()
    found = examined(folder)["audit log"]
    assert (found.state, found.detail[:18]) == (State.FAIL, "2 entries are good")


def test_locks_and_runs_of_dead_processes_are_found(folder: Path) -> None:
    system = System()
    run = Run("abc", "apply", "prod", "p", RunState.RUNNING, system.now(), host=system.host, pid=7)
    store = open_store("sqlite:///.weft/store.db", "loom", "x", str(folder))
    [lock] = store.journal.begin(run, ["a.b"], b"{}")
    store.close()
    dead = replace(system, alive=lambda pid: pid != 7)
    found = examined(folder, dead)
    assert found["locks"].state is State.WARN
    assert f"weft unlock {lock.id}" in found["locks"].fix
    assert found["runs"].detail.startswith("run abc of ")
    alive = examined(folder, replace(system, alive=lambda _: True))
    assert (alive["locks"].state, alive["runs"].state) == (State.OK, State.OK)


@pytest.mark.parametrize(
    ("found", "requirement", "good"),
    [
        ("1.5.6", "duckdb<3,>=1.5.5", True),
        ("1.5.4", "duckdb<3,>=1.5.5", False),
        ("3.0.0", "duckdb<3,>=1.5.5", False),
        ("3.0.0rc1", "duckdb<3,>=1.5.5", False),
        ("3.2.9", "open-data-contract-standard<3.3,>=3.2", True),
        ("15", "rich>=15", True),
        ("1", "anything", True),
    ],
)
def test_versions_and_their_bounds(found: str, requirement: str, good: bool) -> None:
    assert fits(found, requirement) is good
