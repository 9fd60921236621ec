"""Ending environments: what goes with one, and above all what stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from applying import apply_files
from environment_meshes import SUMS, Ground, plan_of, seen
from mesh_files import Port, Product, lay_out
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.audit import verify_audit
from weft.app.bootstrap import opened
from weft.app.ending import EnvironmentEnd, end_environments, plan_ends
from weft.app.environment_list import EnvironmentLine, list_environments
from weft.app.errors import Blocked, NotFound, Stale
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.mesh.run import Run, RunState
from weft.store.protocol import WHOLE, Locked
from weft.warehouses.protocol import Ending, HasEnvironments, WarehouseError

DOUBLED = "SELECT 2 * sum(id) AS total FROM orders"
SUMS_V1 = f"{SUMS}.sums_v1"


def at(day: int) -> System:
    """A machine on a day of January."""
    return System(now=lambda: f"2026-01-{day:02}T00:00:00.000Z")


def ended(folder: Path, *names: str, system: System | None = None) -> tuple[EnvironmentEnd, ...]:
    with opened(folder, "", system or System()) as mesh:
        return tuple(end_environments(mesh, plan_ends(mesh, names)))


def listed(folder: Path, system: System | None = None) -> dict[str, EnvironmentLine]:
    with opened(folder, "", system or System()) as mesh:
        return {each.name: each for each in list_environments(mesh)}


def test_nothing_of_an_environment_is_left(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    before = ground.left(tmp_path)
    apply_files(tmp_path, ground.files("SELECT 9 AS id"), environment="dev")
    assert ground.left(tmp_path) != before
    [done] = ended(tmp_path, "dev")
    assert (done.releases, done.builds, done.served) == (2, 2, True)
    assert ground.left(tmp_path) == before
    assert "dev" not in listed(tmp_path)
    with opened(tmp_path, "", System()) as mesh:
        assert verify_audit(mesh).problem == ""
        assert mesh.store.audit.entries(1)[0].action == "environment.ended"


def test_fifty_environments_leave_no_object_behind(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    before = ground.left(tmp_path)
    for number in range(50):
        sums = f"SELECT {number // 2} + sum(id) AS total FROM orders"
        apply_files(tmp_path, ground.files(sums=sums), environment=f"e{number}")
    assert len(listed(tmp_path)) == 51
    done = ended(tmp_path, *(f"e{number}" for number in range(50)))
    assert len(done) == 50
    assert ground.left(tmp_path) == before


def test_a_plan_of_ends_is_what_is_done(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    for name in ("one", "two"):
        apply_files(tmp_path, ground.files(sums=DOUBLED), environment=name)
    before = ground.left(tmp_path)
    with opened(tmp_path, "", System()) as mesh:
        planned = plan_ends(mesh, ["one", "two"])
    assert ground.left(tmp_path) == before
    assert [each.builds for each in planned] == [0, 1]
    assert ended(tmp_path, "one", "two") == planned


def test_adopted_builds_stay(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, ground.files(sums=DOUBLED), environment="dev")
    apply_files(tmp_path, ground.files(sums=DOUBLED))
    [done] = ended(tmp_path, "dev")
    assert done.builds == 0
    assert seen(tmp_path, "", SUMS_V1) == [2]
    assert ground.served(tmp_path, relation="shop__sums.sums") == [2]
    assert plan_of(tmp_path).empty


def test_a_build_that_another_environment_shows_stays(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    for name in ("one", "two"):
        apply_files(tmp_path, ground.files(sums=DOUBLED), environment=name)
    ended(tmp_path, "one")
    assert seen(tmp_path, "two", SUMS_V1) == [2]
    with opened(tmp_path, "two", System()) as mesh:
        assert make_plan(mesh, PlanOptions()).plan.empty


def test_a_build_behind_a_view_that_production_shows_stays(tmp_path: Path, ground: Ground) -> None:
    product = Product(
        "a.b",
        {"base": "SELECT 1 AS n", "shown": "-- materialized: view\nSELECT n FROM base"},
        (Port("shown", {"n": "integer"}),),
    )
    apply_files(tmp_path, ground.of(product), environment="dev")
    apply_files(tmp_path)
    ended(tmp_path, "dev")
    assert seen(tmp_path, "", "a.b.shown_v1") == [1]


def test_a_build_that_waits_in_another_environment_stays(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    never = ground.files(
        "SELECT CASE WHEN id > 5 THEN id END AS id FROM (VALUES (1), (9)) AS t(id)"
    )
    apply_files(tmp_path, never, environment="one")
    apply_files(tmp_path, never, environment="two")
    ended(tmp_path, "one")
    assert not [step for step in plan_of(tmp_path, "two").steps if step.build]


def test_failing_rows_and_held_candidates_go_too(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    before = ground.left(tmp_path)
    apply_files(
        tmp_path,
        ground.files("SELECT CASE WHEN id > 5 THEN id END AS id FROM (VALUES (1), (9)) AS t(id)"),
        environment="dev",
    )
    assert ground.left(tmp_path) != before
    ended(tmp_path, "dev")
    assert ground.left(tmp_path) == before


def test_production_never_ends(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    with opened(tmp_path, "dev", System()) as mesh:
        with pytest.raises(Blocked, match="prod is production, which never ends"):
            plan_ends(mesh, ["prod"])
        with pytest.raises(NotFound, match="no environment `nope`"):
            plan_ends(mesh, ["nope"])
        lake = mesh.warehouse("lake")
        assert isinstance(lake, HasEnvironments)
        with pytest.raises(WarehouseError, match="never ends"):
            lake.environments.end(Ending("prod", frozenset(), frozenset()))


def test_an_environment_ends_days_after_its_last_release(tmp_path: Path, ground: Ground) -> None:
    ttl = {"environments": {"prod": {}, "dev": {"ttl": "5d"}, "auto": {"ttl": "2d"}}}
    apply_files(tmp_path, ground.files(**ttl), at(1))
    for name in ("dev", "branch"):
        apply_files(tmp_path, ground.files(sums=DOUBLED, **ttl), at(2), name)
    early, late = listed(tmp_path, at(3)), listed(tmp_path, at(5))
    assert (early["dev"].state, early["branch"].state) == ("live", "live")
    assert (late["dev"].state, late["branch"].state) == ("live", "expired")
    assert (early["dev"].ends, early["branch"].ends) == (
        "2026-01-07T00:00:00.000Z",
        "2026-01-04T00:00:00.000Z",
    )
    assert early["prod"].ends == "" and early["prod"].state == "production"
    assert [each.environment for each in ended(tmp_path, system=at(5))] == ["branch"]
    apply_files(tmp_path, ground.files("SELECT 4 AS id", **ttl), at(6), "dev")
    assert ended(tmp_path, system=at(7)) == ()
    assert [each.why for each in ended(tmp_path, system=at(11))] == ["expired"]


def test_what_an_environment_holds_is_told(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, ground.files(sums=DOUBLED), environment="dev")
    dev = listed(tmp_path)["dev"]
    assert (dev.products, dev.state, dev.owner) == (1, "live", System().user())
    assert dev.own_bytes > dev.shown_bytes > 0
    apply_files(tmp_path, ground.files(sums=DOUBLED))
    assert dev.own_bytes > listed(tmp_path)["dev"].own_bytes > 0


def test_a_declared_environment_without_anything_has_nothing_to_end(
    tmp_path: Path, ground: Ground
) -> None:
    apply_files(tmp_path, ground.files(environments={"prod": {}, "dev": {}}))
    assert listed(tmp_path)["dev"].state == "declared"
    assert ended(tmp_path, "dev") == ()


def test_a_run_that_goes_on_is_not_disturbed(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, ground.files("SELECT 2 AS id"), environment="dev")
    lay_out(tmp_path, ground.files("SELECT 3 AS id"))
    with opened(tmp_path, "dev", System()) as mesh:
        events = apply_plan(mesh, make_plan(mesh, PlanOptions()).plan, ApplyOptions())
        next(events)
        assert listed(tmp_path)["dev"].state == "busy"
        with pytest.raises(Locked):
            ended(tmp_path, "dev")
        for _ in events:
            pass
    assert seen(tmp_path, "dev") == [3]
    assert [each.environment for each in ended(tmp_path, "dev")] == ["dev"]


def test_nothing_begins_in_an_environment_that_ends(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, ground.files("SELECT 2 AS id"), environment="dev")
    with opened(tmp_path, "", System()) as mesh:
        run = Run("r", "end", "dev", "", RunState.RUNNING, mesh.system.now(), host="elsewhere")
        mesh.store.journal.begin(run, [WHOLE], b"{}")
    with pytest.raises(Locked):
        apply_files(tmp_path, ground.files("SELECT 3 AS id"), environment="dev")


def test_what_was_applied_to_after_the_plan_does_not_end(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, ground.files("SELECT 2 AS id"), environment="dev")
    with opened(tmp_path, "", System()) as mesh:
        planned = plan_ends(mesh, ["dev"])
        apply_files(tmp_path, ground.files("SELECT 3 AS id"), environment="dev")
        with pytest.raises(Stale, match="dev is not what it was"):
            list(end_environments(mesh, planned))
    assert seen(tmp_path, "dev") == [3]
