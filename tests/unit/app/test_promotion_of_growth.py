"""Production takes over what grew in an environment, or says why it builds it anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from applying import apply_files
from environment_meshes import LAKE, Ground, plan_of, seen
from mesh_files import Port, Product, Source, lay_out
from postgres_objects import read_as_admin
from weft.app.bootstrap import opened
from weft.app.ending import end_environments, plan_ends
from weft.app.plan import PlanOptions
from weft.app.prune import prune
from weft.app.salts import Restatement
from weft.app.system import System
from weft.plan.offers import Unfit
from weft.plan.plan import Adopted, Plan, StepKind, Unadopted

DAYS, SUMS, PORT = "ops.days", "ops.sums", "ops__days.days"
COLUMNS = {"id": "integer", "day": "date"}
INCREMENTAL = "-- materialized: incremental\n"
HEADS = {
    "by time": f"{INCREMENTAL}-- time_column: day\n",
    "by key": f"{INCREMENTAL}-- unique_key: id\n",
    "snapshot": "-- materialized: snapshot\n-- unique_key: id\n-- changed_at: day\n",
}
BY_TIME = HEADS["by time"]
QUERY = "SELECT id, day FROM rows\n"
OTHER = "SELECT id + 100 AS id, day FROM rows\n"
BELOW = "SELECT id, day FROM raw\n"
TRIED = "SELECT id + 1000 AS id, day FROM raw\n"


def files(
    ground: Ground,
    days: Iterable[int],
    query: str = QUERY,
    head: str = BY_TIME,
    below: str = BELOW,
) -> Mapping[str, bytes]:
    """A model that grows over one row for each of these days, what it reads, and what reads it."""
    source = Source("raw", "data/*.csv", COLUMNS)
    shown, total = Port("days", COLUMNS, required=("id",)), Port("sums", {"total": "number"})
    models = {"rows": below, "days": head + query}
    lines = (f"{day},2026-01-{day:02}\n" for day in days)
    return ground.of(
        Product(DAYS, models, (shown,), sources=(source,)),
        Product(SUMS, {"sums": "SELECT sum(id) AS total FROM days"}, (total,), (f"{DAYS}.days",)),
    ) | {"data/raw.csv": "".join(["id,day\n", *lines]).encode()}


def built(plan: Plan) -> list[str]:
    return [step.target for step in plan.steps if step.kind is StepKind.BUILD]


def audited(plan: Plan) -> list[str]:
    return [step.target for step in plan.steps if step.kind is StepKind.AUDIT]


def told(plan: Plan) -> list[str]:
    return [each.why for each in plan.unadopted]


def ids(folder: Path, environment: str = "") -> list[int]:
    return sorted(seen(folder, environment, f"{DAYS}.days_v1"))


def end(folder: Path, environment: str) -> None:
    with opened(folder, "", System()) as mesh:
        ended = list(end_environments(mesh, plan_ends(mesh, [environment])))
    assert [each.environment for each in ended] == [environment]


def in_schemas_of(ground: Ground, environment: str) -> list[str]:
    """The tables that a database has in schemas of an environment."""
    asked = f"SELECT relname FROM pg_class WHERE relnamespace::regnamespace::text ~ '{environment}'"
    return [] if ground.is_lake else read_as_admin(ground.options, asked)


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_what_grew_from_production_is_adopted(tmp_path: Path, ground: Ground, head: str) -> None:
    apply_files(tmp_path, files(ground, [1, 2], head=head))
    for last in (3, 4, 5):
        days = range(2, last + 1)
        apply_files(tmp_path, files(ground, days, head=head), environment="dev")
    plan = plan_of(tmp_path)
    assert built(plan) == [] and audited(plan) == ["days@1.days", "sums@1.sums"]
    assert Adopted(DAYS, "dev", ("rows", "days")) in plan.adopted and plan.unadopted == ()
    apply_files(tmp_path)
    # The source no longer has the first day.
    assert ids(tmp_path) == ids(tmp_path, "dev") == [1, 2, 3, 4, 5]
    assert plan_of(tmp_path).empty and plan_of(tmp_path, "dev").empty


@pytest.mark.parametrize("head", [BY_TIME, HEADS["by key"]], ids=["by time", "by key"])
def test_what_began_anew_by_another_definition_is_adopted(
    tmp_path: Path, ground: Ground, head: str
) -> None:
    apply_files(tmp_path, files(ground, [1, 2], head=head))
    for days in ([1, 2, 3], [2, 3, 4]):
        apply_files(tmp_path, files(ground, days, OTHER, head), environment="dev")
    # Production goes on by itself in the meantime.
    apply_files(tmp_path, files(ground, [1, 2, 3], head=head))
    lay_out(tmp_path, files(ground, [2, 3, 4], OTHER, head))
    assert built(plan_of(tmp_path)) == []
    apply_files(tmp_path)
    assert ids(tmp_path) == [101, 102, 103, 104]


def test_what_reads_a_changed_model_is_adopted(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, files(ground, [1, 2]))
    for days in ([2, 3], [3, 4]):
        apply_files(tmp_path, files(ground, days, below=TRIED), environment="dev")
    assert built(plan_of(tmp_path)) == []
    apply_files(tmp_path)
    assert ids(tmp_path) == ids(tmp_path, "dev") == [1, 1002, 1003, 1004]


def test_what_was_adopted_outlives_its_environment_and_grows_on(
    tmp_path: Path, ground: Ground
) -> None:
    apply_files(tmp_path, files(ground, [1, 2]))
    for days in ([2, 3], [3, 4]):
        apply_files(tmp_path, files(ground, days), environment="dev")
    apply_files(tmp_path)
    with opened(tmp_path, "", System()) as mesh:
        prune(mesh)
    end(tmp_path, "dev")
    assert ids(tmp_path) == sorted(ground.served(tmp_path, relation=PORT)) == [1, 2, 3, 4]
    assert in_schemas_of(ground, "dev__") == []
    lay_out(tmp_path, files(ground, [4, 5]))
    assert built(plan_of(tmp_path)) == ["rows", "days", "sums"]
    apply_files(tmp_path)
    assert ids(tmp_path) == [1, 2, 3, 4, 5]


def test_what_an_abandoned_definition_made_does_not_come_along(
    tmp_path: Path, ground: Ground
) -> None:
    apply_files(tmp_path, files(ground, [1, 2]))
    apply_files(tmp_path, files(ground, [1, 2, 3], below=TRIED), environment="dev")
    apply_files(tmp_path, files(ground, [1, 2, 3, 4]), environment="dev")
    assert ids(tmp_path, "dev") == [1, 3, 4, 1002]
    plan = plan_of(tmp_path)
    assert plan.unadopted == (Unadopted(DAYS, "dev", ("days",), Unfit.ROWS),)
    assert built(plan) == ["days", "sums"]
    apply_files(tmp_path)
    assert ids(tmp_path) == [1, 2, 3, 4]


def test_what_does_not_have_productions_rows_is_not_adopted(tmp_path: Path) -> None:
    apply_files(tmp_path, files(LAKE, [1]))
    for days in ([1, 3], [3, 4]):
        apply_files(tmp_path, files(LAKE, days), environment="dev")
    apply_files(tmp_path, files(LAKE, [1, 2, 3]))
    lay_out(tmp_path, files(LAKE, [3, 4]))
    assert told(plan_of(tmp_path)) == [Unfit.LINE]
    apply_files(tmp_path)
    assert (ids(tmp_path), ids(tmp_path, "dev")) == ([1, 2, 3, 4], [1, 3, 4])


def test_a_new_definition_over_other_data_is_told_and_built(tmp_path: Path) -> None:
    apply_files(tmp_path, files(LAKE, [1, 2]))
    apply_files(tmp_path, files(LAKE, [1, 2], OTHER), environment="dev")
    lay_out(tmp_path, files(LAKE, [1, 2, 3], OTHER))
    plan = plan_of(tmp_path)
    assert told(plan) == [Unfit.DATA] and "days" in built(plan)
    lay_out(tmp_path, files(LAKE, [1, 2, 3], OTHER, below=TRIED))
    assert told(plan_of(tmp_path)) == [Unfit.RECIPE]


def test_nothing_is_told_of_environments_that_try_something_else(tmp_path: Path) -> None:
    apply_files(tmp_path, files(LAKE, [1, 2]))
    apply_files(tmp_path, files(LAKE, [1, 2], OTHER), environment="dev")
    apply_files(tmp_path, files(LAKE, [1, 2, 3]), environment="late")
    lay_out(tmp_path, files(LAKE, [1, 2, 3, 4]))
    plan = plan_of(tmp_path)
    assert plan.unadopted == () and "days" in built(plan)


def test_ranges_that_only_an_environment_read_anew_stay_there(tmp_path: Path) -> None:
    apply_files(tmp_path, files(LAKE, [1, 2]))
    lay_out(tmp_path, files(LAKE, [2, 3]))
    again = PlanOptions(restate=(Restatement(f"{DAYS}.days", "2026-01-01", "2026-01-01"),))
    apply_files(tmp_path, environment="dev", options=again)
    assert "days" in built(plan_of(tmp_path))
    apply_files(tmp_path)
    assert (ids(tmp_path), ids(tmp_path, "dev")) == ([1, 2, 3], [2, 3])


def test_an_environment_takes_nothing_that_grew_in_another(tmp_path: Path) -> None:
    apply_files(tmp_path, files(LAKE, [1, 2]))
    for days in ([2, 3], [3, 4]):
        apply_files(tmp_path, files(LAKE, days), environment="dev")
    assert "days" in built(plan_of(tmp_path, "test"))
