"""What counts as drift and what does not, and for how long people's decisions count."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, document, lay_out, mesh_files
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened, opened
from weft.app.drift import Looked, accept, adopt, chosen, drift_beside, look, reopen
from weft.app.errors import Blocked, NotFound, Usage
from weft.app.plan import PlanOptions, make_plan
from weft.app.reverting import plan_revert
from weft.app.rollback import RollbackOptions, plan_rollback, roll_back
from weft.app.system import System
from weft.mesh.drift import Deviation, ThingKind

COLUMNS = {"id": "integer"}
A = Product("up.a", {"a": "SELECT 1 AS id"}, (Port("a", COLUMNS),))
B = Product("up.b", {"b": "SELECT id FROM a"}, (Port("b", COLUMNS),), inputs=("up.a.a",))
FILES = mesh_files([A, B])
CHANGED = mesh_files([Product("up.a", {"a": "SELECT 2 AS id"}, A.ports), B])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An applied mesh of two products."""
    mesh = tmp_path / "mesh"
    apply_files(mesh, FILES)
    return mesh


def looked(folder: Path, system: System | None = None) -> Looked:
    with opened(folder, "", system or System()) as mesh:
        return look(mesh)


def stranger(folder: Path) -> str:
    """Put a file into the lake; the id of that drift."""
    (folder / ".weft/lake/notes.txt").write_text("x")
    [found] = looked(folder).found
    return found.drift.id


def reverted(folder: Path) -> None:
    with opened(folder, "", System()) as mesh:
        found = look(mesh)
        drifts = [each.drift for each in found.found]
        plan = plan_revert(mesh, drifts, found.recorded, allow_drop=True)
        for _ in apply_plan(mesh, plan, ApplyOptions(allow_drop=True)):
            pass


def test_a_clock_that_went_back_is_no_drift(folder: Path) -> None:
    apply_files(folder, CHANGED, replace(System(), now=lambda: "2020-01-01T00:00:00.000Z"))
    assert looked(folder).found == ()


def test_every_product_is_looked_at_once(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    with opened(folder, "", System()) as mesh:
        found = look(mesh, seen=lambda done, total: seen.append((done, total)))
    assert (found.products, found.found, found.beyond) == (2, (), ())
    assert seen == [(0, 2)]


def test_a_mesh_that_was_never_applied_has_no_drift(tmp_path: Path) -> None:
    lay_out(tmp_path, FILES)
    assert looked(tmp_path).products == 0


def test_what_a_run_published_and_could_not_record_is_no_drift(folder: Path) -> None:
    lay_out(folder, CHANGED)
    with opened(folder, "", System()) as mesh:
        events = apply_plan(mesh, make_plan(mesh, PlanOptions()).plan, ApplyOptions())
        for event in events:
            if event.result and event.result.kind == "publish":
                break
        events.close()  # type: ignore[attr-defined]
    assert [each.drift.kind for each in looked(folder).found] == []


def test_a_lake_that_was_lost_and_made_again_has_no_drift(folder: Path) -> None:
    apply_files(folder, CHANGED)
    shutil.rmtree(folder / ".weft/lake")
    apply_files(folder)
    assert looked(folder).found == ()


def test_a_lake_that_was_lost_is_missing_in_all_products(folder: Path) -> None:
    shutil.rmtree(folder / ".weft/lake")
    found = looked(folder).found
    assert {each.drift.deviation for each in found} == {Deviation.MISSING}
    assert {each.drift.product for each in found} == {"", "up.a", "up.b"}


def test_products_of_warehouses_that_are_not_named_are_told(folder: Path) -> None:
    other = {"mesh": "loom", "warehouses": {"other": {"type": "duckdb", "path": ".weft/other"}}}
    (folder / "weft.yaml").write_bytes(document(other))
    assert looked(folder).beyond == ("up.a", "up.b")


def test_a_decision_ends_by_itself(folder: Path) -> None:
    id = stranger(folder)
    system = System(now=lambda: "2026-11-21T10:00:00.000Z")
    with opened(folder, "", system) as mesh:
        accept(mesh, chosen(look(mesh), [id]), "2026-11-30", "it goes next week")
    assert looked(folder, system).open == ()
    assert len(looked(folder, System(now=lambda: "2026-11-30T23:59:59.999Z")).open) == 0
    assert len(looked(folder, System(now=lambda: "2026-12-01T00:00:00.000Z")).open) == 1


def test_decisions_need_a_reason_and_a_day_to_come(folder: Path) -> None:
    id = stranger(folder)
    with opened(folder, "", System(now=lambda: "2026-11-21T10:00:00.000Z")) as mesh:
        drifts = chosen(look(mesh), [id])
        with pytest.raises(Usage, match="needs a reason"):
            adopt(mesh, drifts, "")
        with pytest.raises(Usage, match="is over already"):
            accept(mesh, drifts, "2026-11-20", "why")
        with pytest.raises(Usage, match="is no date"):
            accept(mesh, drifts, "tomorrow", "why")
        accept(mesh, drifts, "2026-11-21", "why")
        [ended] = reopen(mesh, [id])
        assert (ended.reason, ended.product) == ("why", "")
        with pytest.raises(NotFound):
            reopen(mesh, [id])
        with pytest.raises(NotFound, match="there is no drift `00000000`"):
            chosen(look(mesh), ["00000000"])


def test_what_readers_were_promised_cannot_be_adopted(folder: Path) -> None:
    data = next((folder / ".weft/lake/files").glob("*.parquet"))
    data.unlink()
    with opened(folder, "", System()) as mesh:
        [found] = look(mesh).found
        with pytest.raises(Blocked, match="cannot be adopted"):
            adopt(mesh, [found.drift], "why")


def test_what_is_reverted_is_built_again_in_one_plan(folder: Path) -> None:
    for data in (folder / ".weft/lake/files").glob("*.parquet"):
        data.unlink()
    reverted(folder)
    assert looked(folder).found == ()
    with opened(folder, "", System()) as mesh:
        assert make_plan(mesh, PlanOptions()).plan.empty
        runs = mesh.store.journal.runs()
        assert [each.kind for each in runs] == ["revert", "apply"]


def test_a_hold_stays(folder: Path) -> None:
    apply_files(folder, CHANGED)
    with opened(folder, "", System()) as mesh:
        ready = plan_rollback(mesh, RollbackOptions("up.a"))
        for _ in roll_back(mesh, ready, "why"):
            pass
    release = folder / ".weft/lake/releases/prod/up/a/00000003.json"
    release.unlink()
    assert [each.drift.kind for each in looked(folder).found] == [ThingKind.RELEASE]
    reverted(folder)
    assert looked(folder).found == ()
    with opened(folder, "", System()) as mesh:
        assert "up.a" in mesh.store.journal.holds("prod")


def test_drift_beside_a_plan_is_what_it_touches(folder: Path) -> None:
    releases = folder / ".weft/lake/releases/prod/up"
    (releases / "a/notes").write_text("x")
    (releases / "b/notes").write_text("x")

    def beside(mesh: Opened, *select: str) -> int:
        return drift_beside(mesh, make_plan(mesh, PlanOptions(select)).plan)

    with opened(folder, "", System()) as mesh:
        assert beside(mesh) == 0
    lay_out(folder, CHANGED)
    with opened(folder, "", System()) as mesh:
        assert beside(mesh, "up.a") == 1
        assert beside(mesh) == 2
        found = [each.drift for each in look(mesh, ("up.a",)).found]
        adopt(mesh, found, "it helps")
        assert beside(mesh) == 1


def test_another_environment_has_drift_of_its_own(folder: Path) -> None:
    apply_files(folder, CHANGED, environment="dev")
    note = folder / ".weft/lake/releases/dev/up/a/notes"
    note.write_text("x")
    assert looked(folder).found == ()
    with opened(folder, "dev", System()) as mesh:
        [found] = look(mesh).found
        assert (found.drift.environment, found.drift.product) == ("dev", "up.a")


def test_only_the_root_that_applied_a_product_reverts(tmp_path: Path) -> None:
    shared = tmp_path / "shared"

    def lay(root: str, product: Product) -> Path:
        lake = {"type": "duckdb", "path": f"{shared}/lake"}
        store = f"sqlite:///{shared}/store.db"
        settings = {"mesh": "loom", "root": root, "store": store, "warehouses": {"lake": lake}}
        lay_out(tmp_path / root, {**mesh_files([product]), "weft.yaml": document(settings)})
        apply_files(tmp_path / root)
        return tmp_path / root

    lay("ra", A)
    other = lay("rb", Product("down.c", {"c": "SELECT 1 AS id"}, (Port("c", COLUMNS),)))
    (shared / "lake/releases/prod/up/a/notes").write_text("x")
    with opened(other, "", System()) as mesh:
        found = look(mesh)
        [stranger] = found.found
        with pytest.raises(Blocked, match="is not of root rb"):
            plan_revert(mesh, [stranger.drift], found.recorded, allow_drop=True)
