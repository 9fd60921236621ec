"""Generated meshes: after an apply there is nothing to do, and every edit does only what it must.

WEFT_PROFILE=deep tries very many more.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import duckdb
import msgspec
from generated import DESCRIPTION, NOTHING, DrawnMesh, edits, meshes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory_disk import quick_folder
from mesh_files import lay_out
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened, opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.mesh.release import Release
from weft.plan.diff import diff_product
from weft.plan.plan import ChangeClass, Plan, StepKind
from weft.warehouses.protocol import Scope

DEEP = os.environ.get("WEFT_PROFILE") == "deep"
generated = settings(
    max_examples=1500 if DEEP else 50,
    deadline=None,
    derandomize=not DEEP,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def planned(mesh: Opened, *select: str) -> Plan:
    return make_plan(mesh, PlanOptions(select)).plan


def applied(folder: Path, files: dict[str, bytes]) -> Plan:
    """Lay out the files, apply them, and see that nothing is left to do."""
    lay_out(folder, files)
    with opened(folder, "", System()) as mesh:
        plan = planned(mesh)
        assert plan.blocked == ()
        for _ in apply_plan(mesh, plan, ApplyOptions(allow_drop=True, workers=1)):
            pass
        afterwards = planned(mesh)
        assert afterwards.empty, [step.id for step in afterwards.steps]
        assert afterwards.changes == () or afterwards.held
        assert afterwards.data == ()
    return plan


def assert_well_formed(plan: Plan) -> None:
    """What holds for every plan, whatever it is for."""
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan
    place = {step.id: number for number, step in enumerate(plan.steps)}
    assert len(place) == len(plan.steps)
    for step in plan.steps:
        assert all(place[need] < place[step.id] for need in step.needs)
    kinds = [step.kind is StepKind.DROP for step in plan.steps]
    assert kinds == sorted(kinds), "something stands after a drop"
    for manifest in plan.manifests.values():
        assert diff_product(manifest, manifest) == ()
        assert diff_product(replace(manifest, digest="another"), manifest) == ()


def contents(folder: Path) -> dict[str, dict[str, list[tuple[object, ...]]]]:
    """The rows of every published object, by product."""
    path = folder / ".weft" / "lake" / "ports.duckdb"
    found: dict[str, dict[str, list[tuple[object, ...]]]] = {}
    if path.exists():
        with duckdb.connect(str(path), read_only=True) as client:
            views = "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
            for schema, view in client.execute(views).fetchall():
                rows = client.execute(f'SELECT * FROM "{schema}"."{view}" ORDER BY ALL').fetchall()
                found.setdefault(schema, {})[view] = rows
    return found


def releases(mesh: Opened, products: Iterable[str]) -> dict[str, Release]:
    return dict(mesh.warehouse("lake").observe(Scope("prod", tuple(products))).releases)


@generated
@given(st.data())
def test_after_an_apply_there_is_nothing_to_do(data: st.DataObject) -> None:
    mesh: DrawnMesh = data.draw(meshes())
    with quick_folder() as place:
        folder = Path(place, "mesh")
        assert_well_formed(applied(folder, mesh.files()))
        for _ in range(data.draw(st.integers(1, 3))):
            kind, mesh = data.draw(edits(mesh))
            plan = applied(folder, mesh.files())
            assert_well_formed(plan)
            if kind == NOTHING:
                assert plan.empty and plan.changes == ()
            if kind == DESCRIPTION:
                assert {step.kind for step in plan.steps} <= {StepKind.PUBLISH}
                # What was never published is told as new until it is.
                told = (each for each in plan.changes if plan.base[each.product].release)
                assert {each.category for each in told} <= {ChangeClass.METADATA}


@settings(generated, max_examples=1000 if DEEP else 40)
@given(st.data())
def test_what_was_edited_into_a_mesh_is_what_a_new_one_has(data: st.DataObject) -> None:
    mesh: DrawnMesh = data.draw(meshes())
    with quick_folder() as place:
        folder, fresh = Path(place, "mesh"), Path(place, "fresh")
        applied(folder, mesh.files())
        for _ in range(data.draw(st.integers(1, 3))):
            _, mesh = data.draw(edits(mesh))
            applied(folder, mesh.files())
        good = DrawnMesh(
            tuple(
                replace(each, failing=frozenset(), edition=mesh.counter + 1)
                for each in mesh.products
            )
        )
        applied(folder, good.files())
        applied(fresh, good.files())
        assert contents(folder) == contents(fresh)


@settings(generated, max_examples=600 if DEEP else 15)
@given(st.data())
def test_a_plan_for_some_products_leaves_the_others_alone(data: st.DataObject) -> None:
    mesh: DrawnMesh = data.draw(meshes())
    with quick_folder() as place:
        folder = Path(place, "mesh")
        applied(folder, mesh.files())
        _, mesh = data.draw(edits(mesh))
        _, mesh = data.draw(edits(mesh))
        lay_out(folder, mesh.files())
        chosen = data.draw(st.sampled_from(mesh.products)).address
        with opened(folder, "", System()) as opened_mesh:
            plan = planned(opened_mesh, chosen)
            assert_well_formed(plan)
            assert {step.product for step in plan.steps} <= {chosen}
            assert set(plan.manifests) | set(plan.base) <= {chosen}
            assert plan.removed == ()
            others = {each.address for each in mesh.products} - {chosen}
            before = releases(opened_mesh, others)
            if not plan.blocked:
                for _ in apply_plan(opened_mesh, plan, ApplyOptions(allow_drop=True, workers=1)):
                    pass
                assert planned(opened_mesh, chosen).empty
            assert releases(opened_mesh, others) == before
