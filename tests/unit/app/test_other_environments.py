"""An environment builds what differs from production, and shows production's for the rest, live."""

from __future__ import annotations

from pathlib import Path

from applying import apply_files
from environment_meshes import LAKE, ORDERS, SUMS, Ground, plan_of, seen
from mesh_files import lay_out
from weft.app import test as verb
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions
from weft.app.run import plan_run
from weft.app.serving import unserved
from weft.app.show import list_products
from weft.app.system import System
from weft.app.why import why
from weft.cli.screens.plan import where_it_stays
from weft.plan.plan import Adopted, Plan, StepKind

SUMS_V1 = f"{SUMS}.sums_v1"
DOUBLED = "SELECT 2 * sum(id) AS total FROM orders"


def steps(plan: Plan, kind: StepKind) -> list[str]:
    return [step.product for step in plan.steps if step.kind is kind]


def test_what_is_as_in_production_needs_nothing(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    plan = plan_of(tmp_path, "dev")
    assert plan.empty and plan.changes == ()


def test_only_what_differs_is_built_and_published(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    lay_out(tmp_path, ground.files(sums=DOUBLED))
    plan = plan_of(tmp_path, "dev")
    assert steps(plan, StepKind.BUILD) == steps(plan, StepKind.PUBLISH) == [SUMS]
    assert [change.effect for change in plan.changes] == ["rebuild"]
    apply_files(tmp_path, environment="dev")
    assert (seen(tmp_path, "dev", SUMS_V1), seen(tmp_path, "", SUMS_V1)) == ([2], [1])
    assert plan_of(tmp_path, "dev").empty


def test_what_reads_a_changed_product_differs_too(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, ground.files("SELECT 5 AS id"), environment="dev")
    assert (seen(tmp_path, "dev", SUMS_V1), seen(tmp_path, "", SUMS_V1)) == ([5], [1])


def test_the_rest_is_productions_live(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, ground.files(sums=DOUBLED), environment="dev")
    assert seen(tmp_path, "dev") == ground.served(tmp_path, "dev") == [1]
    apply_files(tmp_path, ground.files("SELECT 7 AS id"))
    assert seen(tmp_path, "dev") == ground.served(tmp_path, "dev") == [7]
    assert seen(tmp_path, "dev", SUMS_V1) == [2]
    assert ground.served(tmp_path, "dev", "shop__sums.sums") == [2]
    with opened(tmp_path, "", System()) as mesh:
        mesh.warehouse("lake")
        assert unserved(mesh) == ()


def test_a_file_of_ports_that_fell_behind_is_renewed_by_production(tmp_path: Path) -> None:
    apply_files(tmp_path, LAKE.files())
    apply_files(tmp_path, LAKE.files(sums=DOUBLED), environment="dev")
    (tmp_path / ".weft/lake/ports.dev.duckdb").unlink()
    with opened(tmp_path, "", System()) as mesh:
        mesh.warehouse("lake")
        assert unserved(mesh) == ("lake",)
    apply_files(tmp_path, LAKE.files())
    assert LAKE.served(tmp_path, "dev") == [1]


def test_a_list_says_whose_release_is_shown(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, ground.files(sums=DOUBLED), environment="dev")
    with opened(tmp_path, "dev", System()) as mesh:
        lines = {each.product: each for each in list_products(mesh).lines}
    assert [(each.state, each.shows, each.release) for each in lines.values()] == [
        ("as production", "prod", 1),
        ("applied", "dev", 1),
    ]


def test_a_product_that_these_files_lack_is_shown_all_the_same(
    tmp_path: Path, ground: Ground
) -> None:
    apply_files(tmp_path, ground.files())
    gone = {path: data for path, data in ground.files().items() if "/sums/" not in path}
    lay_out(tmp_path, gone)
    assert plan_of(tmp_path, "dev").empty
    assert seen(tmp_path, "dev", SUMS_V1) == [1]


def test_what_was_dropped_here_is_not_productions_again(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, ground.files(sums=DOUBLED), environment="dev")
    gone = {path: data for path, data in ground.files().items() if "/sums/" not in path}
    apply_files(tmp_path, gone, environment="dev")
    with opened(tmp_path, "dev", System()) as mesh:
        release = mesh.warehouse("lake").history("dev", SUMS)[0]  # type: ignore[attr-defined]
    assert release.empty and seen(tmp_path, "", SUMS_V1) == [1]


def test_what_production_was_asked_to_rebuild_is_rebuilt_once(
    tmp_path: Path, ground: Ground
) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, options=PlanOptions(rebuild=True))
    assert plan_of(tmp_path, "dev").empty


def test_what_is_held_here_stays_on_what_production_shows(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, ground.files("SELECT CAST(NULL AS INTEGER) AS id"), environment="dev")
    held = {each.product: each for each in plan_of(tmp_path, "dev").held}
    assert (held[ORDERS].release, held[ORDERS].environment) == (1, "prod")
    assert where_it_stays(held[ORDERS]) == "stays on prod's release 1"
    assert seen(tmp_path, "dev") == [1]


def test_a_breaking_change_is_one_here_as_well(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    narrowed = {"domains/shop/sums/models/sums.sql": b"SELECT 'x' AS total"}
    contract = "domains/shop/sums/sums.v1.odcs.yaml"
    text = {contract: ground.files()[contract].replace(b'"number"', b'"string"')}
    lay_out(tmp_path, ground.files() | narrowed | text)
    assert plan_of(tmp_path, "dev").breaking == plan_of(tmp_path).breaking == (f"{SUMS}.sums@1",)


def test_a_refresh_of_an_environment_is_of_its_own_products(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, ground.files(sums=DOUBLED), environment="dev")
    with opened(tmp_path, "dev", System()) as mesh:
        assert plan_run(mesh).products == 1


def test_tests_look_at_what_is_shown(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, ground.files(sums=DOUBLED), environment="dev")
    with opened(tmp_path, "dev", System()) as mesh:
        found = list(verb.run_tests(mesh, verb.TestOptions(unit=False)))
    assert sorted(each.product for each in found) == [ORDERS, SUMS]
    assert all(isinstance(each, verb.ContractResult) and each.release == 1 for each in found)


def test_why_says_that_it_is_productions(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    with opened(tmp_path, "dev", System()) as mesh:
        assert why(mesh, ORDERS).verdict == "up to date"


def test_promotion_builds_nothing_and_repeats_the_audit(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    apply_files(tmp_path, ground.files(sums=DOUBLED), environment="dev")
    plan = plan_of(tmp_path)
    assert steps(plan, StepKind.BUILD) == []
    assert steps(plan, StepKind.AUDIT) == steps(plan, StepKind.PUBLISH) == [SUMS]
    assert plan.adopted == (Adopted(SUMS, "dev", ("sums",)),)
    apply_files(tmp_path)
    assert seen(tmp_path, "", SUMS_V1) == [2]
    assert plan_of(tmp_path).empty and plan_of(tmp_path, "dev").empty


def test_an_environment_takes_no_verdict_from_another(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, ground.files())
    for environment in ("dev", "test"):
        lay_out(tmp_path, ground.files(sums=DOUBLED))
        assert steps(plan_of(tmp_path, environment), StepKind.AUDIT) == [SUMS]
        apply_files(tmp_path, environment=environment)


def test_what_an_environment_shows_of_production_is_adopted_from_it(
    tmp_path: Path, ground: Ground
) -> None:
    two = "SELECT sum(id) AS total FROM base"
    with_base = ground.files(sums=two) | {
        "domains/shop/sums/models/base.sql": b"SELECT id FROM orders"
    }
    apply_files(tmp_path, with_base)
    path = "domains/shop/sums/models/sums.sql"
    lay_out(tmp_path, with_base | {path: b"SELECT 3 * sum(id) AS total FROM base"})
    plan = plan_of(tmp_path, "dev")
    assert [step.target for step in plan.steps if step.build] == ["sums"]
    assert plan.adopted == (Adopted(SUMS, "prod", ("base",)),)
