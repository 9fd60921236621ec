"""A plan never moves a release of another environment, whatever the mesh and the plan's origin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from generated import DrawnMesh, edits, meshes
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from environment_meshes import plan_of
from memory_disk import quick_folder
from mesh_files import lay_out
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import opened
from weft.app.current import current_releases
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.mesh.release import Release
from weft.plan.plan import Plan, Step, StepKind

drawn = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def applied(folder: Path, environment: str) -> Plan:
    with opened(folder, environment, System()) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
        for _ in apply_plan(mesh, plan, ApplyOptions(allow_drop=True, workers=1)):
            pass
    return plan


def shown(folder: Path, environment: str, mesh: DrawnMesh) -> dict[str, Release]:
    with opened(folder, environment, System()) as there:
        return current_releases(there, [(each.address, "lake") for each in mesh.products])


def moved(step: Step, environment: str) -> Step:
    """The same step, on another environment."""
    assert step.release is not None
    return replace(step, release=replace(step.release, environment=environment))


@drawn
@given(st.data())
def test_a_plan_for_an_environment_leaves_production_alone(data: st.DataObject) -> None:
    mesh: DrawnMesh = data.draw(meshes())
    with quick_folder() as place:
        folder = Path(place, "mesh")
        lay_out(folder, mesh.files())
        applied(folder, "")
        first = plan_of(folder, "dev")
        assert first.steps == () or plan_of(folder).held, [s.id for s in first.steps]
        published, before = mesh, shown(folder, "", mesh)
        for _ in range(data.draw(st.integers(1, 3))):
            _, mesh = data.draw(edits(mesh))
        lay_out(folder, mesh.files())
        plan = applied(folder, "dev")
        assert {each.release.environment for each in plan.steps if each.release} <= {"dev"}
        assert shown(folder, "", published) == before
        again = plan_of(folder, "dev")
        assert again.steps == () or again.held
        # Whatever the environment built is there for production.
        assert again.held or not [each for each in plan_of(folder).steps if each.build]
        refused_elsewhere(plan)


def refused_elsewhere(plan: Plan) -> None:
    """No value of a plan holds a step on another environment, and no file is read as one."""
    for number, step in enumerate(plan.steps):
        if step.release is not None:
            steps = (*plan.steps[:number], moved(step, "prod"), *plan.steps[number + 1 :])
            with pytest.raises(ValueError, match="would move"):
                replace(plan, steps=steps)
            document = msgspec.json.decode(msgspec.json.encode(plan))
            document["steps"][number]["release"]["environment"] = "prod"
            with pytest.raises(msgspec.ValidationError, match="would move"):
                msgspec.json.decode(msgspec.json.encode(document), type=Plan)


@given(
    st.sampled_from(["prod", "dev", "dev2", "other"]),
    st.sampled_from(["prod", "dev", "dev2", "other"]),
    st.sampled_from(["a.b", "a.c"]),
    st.sampled_from(["a.b", "a.c"]),
)
def test_a_step_moves_its_own_product_in_the_environment_of_its_plan(
    planned: str, released: str, product: str, named: str
) -> None:
    release = Release(named, released, 1, ())
    step = Step("s", StepKind.PUBLISH, product, "lake", "", release=release)
    if (planned, product) == (released, named):
        assert Plan("", "m", "m", planned, steps=(step,)).steps == (step,)
    else:
        with pytest.raises(ValueError, match=f"of a plan for {planned} would move {named}"):
            Plan("", "m", "m", planned, steps=(step,))
