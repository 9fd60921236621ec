"""A product that is only proposed is checked and shown; nothing is built or recorded of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from commands import called
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import opened
from weft.app.candidate import draft_candidate, draft_promotion
from weft.app.contract_sync import draft_sync
from weft.app.new_files import write
from weft.app.plan import Planned, PlanOptions, make_plan
from weft.app.run import plan_run
from weft.app.saved_plan import for_saved_plan
from weft.app.show import list_products
from weft.app.system import System
from weft.app.test import TestOptions as Options
from weft.app.test import Unbuilt, run_tests
from weft.app.why import Reason, why
from weft.app.yaml_write import yaml_text
from weft.contract.syncing import Wish
from weft.mesh.address import PortAddress
from weft.mesh.contract import Status

PORT = Port("sold", {"id": "integer"})
ACTIVE = Product("sales.shop", {"sold": "SELECT CAST(1 AS INTEGER) AS id"}, (PORT,))
DRAFT = replace(ACTIVE, status="draft")
PROPOSED = replace(ACTIVE, status="proposed")
BESIDE = Product("crm.people", {"people": "SELECT 1 AS id"}, (Port("people", {"id": "integer"}),))
ADDRESS = PortAddress.parse("sales.shop.sold@1")


def planned(folder: Path, *select: str, environment: str = "") -> Planned:
    with opened(folder, environment, System()) as mesh:
        return make_plan(mesh, PlanOptions(select))


def in_lines(product: Product) -> dict[str, bytes]:
    """The files of a mesh, its definitions with a line for each key, as people write them."""
    return {
        path: yaml_text(json.loads(data)).encode() if path.endswith(".yaml") else data
        for path, data in mesh_files([product]).items()
    }


def states(folder: Path) -> dict[str, str]:
    with opened(folder, "", System()) as mesh:
        return {each.product: each.state for each in list_products(mesh).lines}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A proposal beside a product that is applied."""
    apply_files(tmp_path, mesh_files([PROPOSED, BESIDE]))
    return tmp_path


def test_there_is_nothing_to_do_for_it_anywhere(shop: Path) -> None:
    assert states(shop) == {"sales.shop": "proposed", "crm.people": "applied"}
    found = planned(shop)
    assert (found.plan.empty, found.proposed) == (True, ("sales.shop",))
    assert "sales.shop" not in planned(shop, environment="dev").plan.manifests
    with opened(shop, "", System()) as mesh:
        assert list(mesh.store.definitions.applied("prod")) == ["crm.people"]
        assert plan_run(mesh).differing == ()


def test_it_is_told_of_where_it_was_asked_for(shop: Path) -> None:
    assert planned(shop, "sales.*").proposed == ("sales.shop",)
    assert planned(shop, "crm").proposed == ()


def test_it_is_checked(shop: Path) -> None:
    wrong = replace(PROPOSED, models={"sold": "SELECT 1 AS no_id"})
    lay_out(shop, mesh_files([wrong, BESIDE]))
    assert states(shop)["sales.shop"] == "has errors"


def test_a_draft_is_built_and_then_published(shop: Path) -> None:
    apply_files(shop, mesh_files([DRAFT, BESIDE]))
    assert states(shop)["sales.shop"] == "applied"
    assert planned(shop).plan.empty
    lay_out(shop, mesh_files([ACTIVE, BESIDE]))
    assert [each.effect for each in planned(shop).plan.changes if each.kind == "port"] == [""]


def test_a_draft_that_is_a_proposal_again_goes_with_its_builds(shop: Path) -> None:
    apply_files(shop, mesh_files([DRAFT, BESIDE]))
    lay_out(shop, mesh_files([PROPOSED, BESIDE]))
    found = planned(shop)
    assert (found.plan.removed, found.plan.blocked, found.proposed) == (("sales.shop",), (), ())
    assert [step.product for step in found.plan.drops] == ["sales.shop"]
    apply_files(shop)
    assert states(shop)["sales.shop"] == "proposed"
    assert planned(shop).plan.empty


def test_a_saved_plan_of_that_is_carried_out(shop: Path) -> None:
    apply_files(shop, mesh_files([DRAFT, BESIDE]))
    lay_out(shop, mesh_files([PROPOSED, BESIDE]))
    plan = planned(shop).plan
    with opened(shop, "", System()) as mesh:
        options = for_saved_plan(mesh, plan, ApplyOptions(allow_drop=True))
        events = [each.kind for each in apply_plan(mesh, plan, options)]
    assert events[-1] == "ended"
    assert states(shop)["sales.shop"] == "proposed"


def test_what_consumers_see_does_not_become_a_proposal_again(shop: Path) -> None:
    apply_files(shop, mesh_files([ACTIVE, BESIDE]))
    lay_out(shop, mesh_files([PROPOSED, BESIDE]))
    [refusal] = planned(shop).plan.blocked
    assert refusal == (
        "sales.shop cannot go back to proposed: sold@1 is active.\n"
        "give it the status back that it had, and end in order what nobody needs:  "
        "weft deprecate sales.shop.sold@1 --until DATE"
    )
    assert states(shop)["sales.shop"] == "changed"


def test_a_proposal_that_breaks_with_the_changes_of_others_has_errors(shop: Path) -> None:
    reader = Product("sales.sums", {"sums": "SELECT id FROM people"}, inputs=("crm.people.people",))
    other = replace(
        BESIDE,
        models={"people": "SELECT 1 AS number"},
        ports=(Port("people", {"number": "integer"}),),
    )
    lay_out(shop, mesh_files([replace(reader, status="proposed"), other]))
    assert states(shop)["sales.sums"] == "has errors"


def test_why_says_what_it_waits_for(shop: Path) -> None:
    with opened(shop, "", System()) as mesh:
        found = why(mesh, "sales.shop.sold")
    assert (found.verdict, found.next_step) == ("proposed", "weft show sales.shop.sold")
    note = "nothing is built of it; `status: draft` in its product.yaml has it built and checked"
    assert found.reasons == (Reason("product: status", "", Status.PROPOSED, note),)


def test_its_contracts_have_nothing_to_be_tested_on(shop: Path) -> None:
    with opened(shop, "", System()) as mesh:
        tested = list(run_tests(mesh, Options(("sales.shop",))))
    assert tested == [Unbuilt("sales.shop")]


def test_a_contract_is_synced_with_its_model_alone(shop: Path) -> None:
    with opened(shop, "", System()) as mesh:
        [note] = draft_sync(mesh, PortAddress.parse("sales.shop.sold"), Wish()).notes
    assert note == (
        "No rows of `sold` were looked at (the product is only proposed: `status: draft` in its "
        "product.yaml has it built)."
    )


@pytest.mark.parametrize("status", ["proposed", "draft"])
@pytest.mark.parametrize("contract", ["draft", "active"])
def test_a_promotion_lifts_a_product_that_is_in_the_way(
    tmp_path: Path, status: str, contract: str
) -> None:
    port = replace(PORT, status=contract)
    lay_out(tmp_path, in_lines(replace(ACTIVE, status=status, ports=(port,))))
    with opened(tmp_path, "", System()) as mesh:
        found = draft_promotion(mesh, ADDRESS)
    assert found.draft is not None
    write(tmp_path, found.draft)
    with opened(tmp_path, "", System()) as mesh:
        [port_version] = make_plan(mesh, PlanOptions()).plan.manifests["sales.shop"].ports
        assert port_version.status is Status.ACTIVE
        assert draft_promotion(mesh, ADDRESS).why == "its status is active, so apply releases it"


def test_a_preview_of_a_proposal_makes_it_a_draft(tmp_path: Path) -> None:
    lay_out(tmp_path, in_lines(PROPOSED))
    for why_not in ("", "it is a candidate until 2999-12-31 already"):
        with opened(tmp_path, "", System()) as mesh:
            found = draft_candidate(mesh, ADDRESS, "2999-12-31")
        assert found.why == why_not
        if found.draft:
            write(tmp_path, found.draft)
    assert planned(tmp_path).plan.manifests["sales.shop"].status is Status.DRAFT


def test_the_verbs_say_it_in_one_line(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(shop)
    line = (
        "sales.shop is only proposed: nothing is built until its product.yaml says "
        "`status: draft`\n"
    )
    for command in (("plan",), ("apply", "--yes")):
        said = called(capsys, *command)
        assert (said.code, said.told.count(line)) == (0, 1), said
        assert "Nothing to do: prod is as the files say." in said.told
    lay_out(shop, mesh_files([PROPOSED, replace(BESIDE, status="proposed")]))
    told = called(capsys, "plan", "--product", "sales.*", "--product", "crm.*").told
    assert "Blocked: crm.people cannot go back to proposed" in told
    lay_out(shop, mesh_files([PROPOSED, replace(PROPOSED, address="sales.other"), BESIDE]))
    assert (
        "2 products are only proposed: nothing is built until their product.yaml"
        in called(capsys, "plan").told
    )
