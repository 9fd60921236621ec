"""A planned outage: written by a command, told before, begun and ended whatever else happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from applying import apply_files
from mesh_files import Port, Product, document, lay_out, mesh_files
from weft.app.apply import ApplyOptions, apply_plan, refuse_unless_allowed
from weft.app.bootstrap import Opened, opened
from weft.app.consumers import board
from weft.app.deprecate import draft_deprecation
from weft.app.ended_contract import Sunset
from weft.app.errors import Blocked, Stale, Usage
from weft.app.new_files import write
from weft.app.outage import draft_outage
from weft.app.plan import PlanOptions, make_plan
from weft.app.query import query
from weft.app.release import Bumped
from weft.app.retire import draft_retirement, draft_return
from weft.app.rollback import RollbackOptions, lift_hold, plan_rollback, roll_back
from weft.app.run import plan_run
from weft.app.status import outages
from weft.app.system import System
from weft.app.validate import validate
from weft.app.yaml_write import yaml_text
from weft.mesh.address import PortAddress
from weft.mesh.consumption import ReadBy
from weft.mesh.diagnostic import Severity
from weft.plan.plan import Plan

ONE = PortAddress.parse("shop.sales.orders@1")
CONTRACT = "domains/shop/sales/orders.v1.odcs.yaml"
LISTED = "domains/shop/sales/product.yaml"
SOURCE = "domains/shop/sales/models/orders.sql"
SALES = Product(
    "shop.sales",
    {"orders": "SELECT CAST(1 AS INTEGER) AS id"},
    (Port("orders", {"id": "integer"}, ("id",)),),
)
SUMS = Product(
    "shop.sums",
    {"sums": "SELECT CAST(sum(id) AS INTEGER) AS n FROM orders"},
    (Port("sums", {"n": "integer"}),),
    inputs=("shop.sales.orders",),
)
WINDOW = "2027-03-10T09:00Z/2027-03-10T12:00Z"
UNTIL = "2027-03-10T12:00:00.000Z"
BEFORE, IN, AFTER = "2027-03-10T08:00", "2027-03-10T10:00", "2027-03-10T12:00"
SAID = (
    "shop.sales.orders@1 cannot be read until 2027-03-10 12:00Z, in a planned outage before its end"
)


def on(now: str, user: str = "mara") -> System:
    """A machine at a minute."""
    return System(now=lambda: f"{now}:00.000Z", user=lambda: user)


@contextmanager
def at(folder: Path, now: str, environment: str = "") -> Iterator[Opened]:
    """The mesh in a folder at a minute."""
    with opened(folder, environment, on(now)) as mesh:
        yield mesh


def written(mesh: Opened, found: Bumped) -> str:
    """Write what was drafted; the contract then."""
    assert found.draft is not None
    write(mesh.folder, found.draft)
    return (mesh.folder / CONTRACT).read_text(encoding="utf-8")


def plan_outage(folder: Path, wanted: str = WINDOW, now: str = "2027-03-03T08:00") -> str:
    """Plan an outage, and apply that."""
    with at(folder, now) as mesh:
        text = written(mesh, draft_outage(mesh, ONE, wanted))
    apply_files(folder, system=on(now))
    return text


def planned(folder: Path, now: str, environment: str = "") -> Plan:
    with at(folder, now, environment) as mesh:
        return make_plan(mesh, PlanOptions()).plan


def suspended(folder: Path, environment: str = "prod") -> str:
    """Up to when the port cannot be read, as readers were told and as its release says."""
    with at(folder, BEFORE) as mesh:
        told = mesh.store.definitions.descriptors(environment)[str(ONE)].outage
        release = mesh.store.journal.releases(environment, "shop.sales")[0]
    assert {each.outage for each in release.ports} == {told}
    return told


def told(folder: Path) -> list[str]:
    """What the consumer was told, but for the first word of it."""
    with at(folder, BEFORE) as mesh:
        notices = mesh.store.notices.of("prod", ["shop.sales"])
    assert {each.consumer for each in notices} <= {"shop.sums"}
    return [str(each.kind) for each in notices][1:]


def change_model(folder: Path, path: str, select: str) -> None:
    (folder / path).write_text(f"{select}\n")


@pytest.fixture
def mesh_folder(tmp_path: Path) -> Path:
    """A port that ends on the last day of March, and a product that reads it."""
    made = mesh_files([SALES, SUMS])
    for path in (CONTRACT, LISTED):
        made[path] = b"# ours\n" + yaml_text(json.loads(made[path])).encode()
    apply_files(tmp_path, made, on("2027-03-01T08:00"))
    with at(tmp_path, "2027-03-02T08:00") as mesh:
        written(mesh, draft_deprecation(mesh, ONE, Sunset("2027-03-31")))
    apply_files(tmp_path, system=on("2027-03-02T08:00"))
    return tmp_path


def test_it_is_written_under_the_next_patch_version_and_taken_back(mesh_folder: Path) -> None:
    before = (mesh_folder / CONTRACT).read_text()
    text = plan_outage(mesh_folder)
    assert text.startswith("# ours\n")
    assert "version: 1.0.2" in text
    assert "property: outage" in text
    assert "2027-03-10T09:00Z" in text
    with at(mesh_folder, "2027-03-04T08:00") as mesh:
        again = draft_outage(mesh, ONE, WINDOW)
        assert (again.draft, again.why) == (None, "this outage is planned already")
        moved = written(mesh, draft_outage(mesh, ONE, "2027-03-12/2027-03-13"))
        assert "2027-03-10" not in moved
        back = written(mesh, draft_return(mesh, ONE))
    assert back.replace("1.0.3", "1.0.1") == before
    apply_files(mesh_folder, system=on("2027-03-04T08:00"))
    assert told(mesh_folder) == ["outage planned", "outage taken back"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("soon", "`soon` is no day"),
        ("2027-03-10T09:00Z", "`2027-03-10T09:00Z` is no day"),
        ("2027-03-10T09:00/2027-03-10T12:00", "a moment with its zone"),
        ("2027-03-12/2027-03-10", "it ends before it begins"),
        ("2027-03-10/2027-03-30", "it is longer than 7 days"),
        ("2027-03-30/2027-03-31", "over before the last day begins, 2027-03-31"),
        ("2027-03-03", "would begin 2027-03-03 00:00Z, and it is 2027-03-03 08:00Z"),
    ],
)
def test_a_time_that_does_not_fit_is_refused(mesh_folder: Path, wanted: str, said: str) -> None:
    with at(mesh_folder, "2027-03-03T08:00") as mesh, pytest.raises(Usage, match=said):
        draft_outage(mesh, ONE, wanted)


def test_only_what_is_deprecated_has_one(mesh_folder: Path) -> None:
    path = mesh_folder / CONTRACT
    for status, step in (("active", "deprecate"), ("retired", "retire")):
        path.write_text(path.read_text().replace("status: deprecated", f"status: {status}"))
        with at(mesh_folder, "2027-03-03T08:00") as mesh, pytest.raises(Blocked) as refused:
            draft_outage(mesh, ONE, WINDOW)
        assert f"it is {status}" in str(refused.value).replace("@1 is", "@1: it is")
        assert f"weft {step}" in refused.value.next_step
        path.write_text(path.read_text().replace(f"status: {status}", "status: deprecated"))
    with at(mesh_folder, "2027-03-03T08:00") as mesh, pytest.raises(Usage) as refused_undo:
        draft_return(mesh, ONE)
    assert "is not retired, and no outage of it is planned" in str(refused_undo.value)


@pytest.mark.parametrize(
    ("value", "status", "severity"),
    [
        ({"from": "2027-03-31", "to": "2027-03-31"}, "deprecated", Severity.ERROR),
        ("tomorrow", "active", Severity.ERROR),
        ({"from": "2027-03-10", "to": "2027-03-10"}, "active", Severity.WARNING),
        ({"from": "2027-03-31", "to": "2027-03-31"}, "retired", None),
    ],
)
def test_what_is_wrong_in_a_contract_is_reported(
    tmp_path: Path, value: Any, status: str, severity: Severity | None
) -> None:
    made = mesh_files([SALES])
    contract = json.loads(made[CONTRACT])
    contract["status"] = status
    contract["slaProperties"] = [{"property": "endOfSupport", "value": "2027-03-31"}]
    contract["customProperties"] = [{"vendor": "weft", "property": "outage", "value": value}]
    lay_out(tmp_path, made | {CONTRACT: json.dumps(contract).encode()})
    found = validate(tmp_path, on(BEFORE)).loaded.diagnostics
    assert [each.severity for each in found if each.code == "W287"] == (
        [severity] if severity else []
    )


def test_consumers_are_told_before_when_it_begins_and_when_it_ends(mesh_folder: Path) -> None:
    plan_outage(mesh_folder)
    assert planned(mesh_folder, BEFORE).empty
    plan = planned(mesh_folder, IN)
    assert [(each.address, each.effect) for each in plan.changes] == [
        (str(ONE), "planned outage, cannot be read until 2027-03-10 12:00Z")
    ]
    [affected] = plan.affected
    assert affected.verdict == "ok, its builds wait until 2027-03-10 12:00Z"
    apply_files(mesh_folder, system=on(IN))
    assert suspended(mesh_folder) == UNTIL
    assert planned(mesh_folder, IN).empty
    plan = planned(mesh_folder, AFTER)
    assert [each.effect for each in plan.changes] == ["outage is over, can be read again"]
    apply_files(mesh_folder, system=on(AFTER))
    assert suspended(mesh_folder) == ""
    assert planned(mesh_folder, AFTER).empty
    assert told(mesh_folder) == ["outage planned", "outage began", "outage ended"]


def test_a_query_meets_one_sentence_and_counts_as_a_read(mesh_folder: Path) -> None:
    plan_outage(mesh_folder)
    apply_files(mesh_folder, system=on(IN))
    asked = "SELECT * FROM shop.sales.orders_v1"
    with opened(mesh_folder, "", on(IN, "ana")) as mesh:
        with pytest.raises(Blocked) as refused, query(mesh, asked):
            pass
        [reads] = [
            each
            for each in mesh.store.reads.of("prod", ["shop.sales"])
            if each.kind is ReadBy.QUERY
        ]
    assert str(refused.value) == SAID
    assert "ends 2027-03-31" in refused.value.why
    assert (reads.reader, reads.count) == ("ana", 1)
    # What is over is over, also for who reads before the next apply.
    with at(mesh_folder, AFTER) as mesh, query(mesh, asked) as answer:
        assert answer.columns == ("id",)


def test_the_board_and_the_status_show_it(mesh_folder: Path) -> None:
    plan_outage(mesh_folder)
    with at(mesh_folder, BEFORE) as mesh:
        assert list(map(str, outages(mesh))) == [
            "shop.sales.orders@1 has a planned outage, 2027-03-10 09:00Z to 12:00Z"
        ]
    apply_files(mesh_folder, system=on(IN))
    with at(mesh_folder, IN) as mesh:
        assert list(map(str, outages(mesh, "shop.sales.orders"))) == [SAID]
        assert outages(mesh, "shop.sums") == ()
        found = board(mesh, ONE)
    assert [(each.outage, bool(each.ending.outage)) for each in found.versions] == [(UNTIL, True)]
    assert str(found.consumers[0].told[-1].kind) == "outage began"
    apply_files(mesh_folder, system=on(AFTER))
    with at(mesh_folder, AFTER) as mesh:
        assert outages(mesh) == ()
        [version] = board(mesh, ONE).versions
    assert (version.outage, version.ending.outage) == ("", None)


def test_builds_that_need_it_wait_and_others_do_not(mesh_folder: Path) -> None:
    plan_outage(mesh_folder)
    change_model(mesh_folder, "domains/shop/sums/models/sums.sql", "SELECT 7 AS n FROM orders")
    beginning = planned(mesh_folder, IN)
    assert [(each.product, each.cause) for each in beginning.held] == [
        ("shop.sums", f"waits: {SAID}")
    ]
    assert beginning.blocked == ()
    apply_files(mesh_folder, system=on(IN))
    assert {each.product for each in planned(mesh_folder, IN).held} == {"shop.sums"}
    # Alone, it knows of the outage by what is published.
    with at(mesh_folder, IN) as mesh:
        alone = make_plan(mesh, PlanOptions(("shop.sums",))).plan
    assert [each.cause for each in alone.held] == [f"waits: {SAID}"]
    # Words about it do not read it.
    change_model(mesh_folder, "domains/shop/sums/models/sums.sql", SUMS.models["sums"])
    listed = mesh_folder / "domains/shop/sums/product.yaml"
    said = json.loads(listed.read_text()) | {"description": {"purpose": "To add up."}}
    listed.write_text(json.dumps(said))
    described = planned(mesh_folder, IN)
    assert (described.held, "shop.sums" in described.manifests) == ((), True)


def test_nobody_waits_for_a_port_that_ends_in_its_outage(mesh_folder: Path) -> None:
    plan_outage(mesh_folder)
    apply_files(mesh_folder, system=on(IN))
    with at(mesh_folder, IN) as mesh:
        written(mesh, draft_retirement(mesh, ONE, "it costs too much"))
    [refusal] = planned(mesh_folder, IN).blocked
    assert "shop.sums reads shop.sales.orders@1.orders, which was retired by mara" in refusal


def test_the_producer_goes_on_building_while_nobody_can_read_it(mesh_folder: Path) -> None:
    plan_outage(mesh_folder)
    apply_files(mesh_folder, system=on(IN))
    change_model(mesh_folder, SOURCE, "SELECT CAST(2 AS INTEGER) AS id")
    apply_files(mesh_folder, system=on(IN))
    assert suspended(mesh_folder) == UNTIL
    assert {each.product for each in planned(mesh_folder, IN).held} == {"shop.sums"}
    assert told(mesh_folder) == ["outage planned", "outage began"]


def test_it_ends_for_a_product_that_is_held_back(mesh_folder: Path) -> None:
    """Bad data is not published with it, and going back does not lead to an outage of the past."""
    plan_outage(mesh_folder)
    apply_files(mesh_folder, system=on(IN))
    change_model(mesh_folder, SOURCE, "SELECT CAST(NULL AS INTEGER) AS id")
    apply_files(mesh_folder, system=on(IN))
    [held] = [each for each in planned(mesh_folder, IN).held if each.product == "shop.sales"]
    assert held.checks
    apply_files(mesh_folder, system=on(AFTER))
    assert suspended(mesh_folder) == ""
    with at(mesh_folder, AFTER) as mesh:
        kept = mesh.store.journal.releases("prod", "shop.sales")
        with query(mesh, "SELECT id FROM shop.sales.orders_v1 WHERE id IS NULL") as answer:
            assert answer.columns == ("id",)
    assert len({tuple(each.builds.values()) for each in kept}) == 1
    assert kept[0].restores == kept[1].number


def test_it_begins_and_ends_for_a_product_that_a_person_holds(mesh_folder: Path) -> None:
    plan_outage(mesh_folder)
    change_model(mesh_folder, SOURCE, "SELECT CAST(2 AS INTEGER) AS id")
    apply_files(mesh_folder, system=on(BEFORE))
    with at(mesh_folder, BEFORE) as mesh:
        back = plan_rollback(mesh, RollbackOptions("shop.sales"))
        list(roll_back(mesh, back, "wrong rows"))
    for now, until in ((IN, UNTIL), (AFTER, "")):
        assert [each.by_person for each in planned(mesh_folder, now).held] == [True]
        apply_files(mesh_folder, system=on(now))
        assert suspended(mesh_folder) == until
    with at(mesh_folder, AFTER) as mesh:
        again = plan_rollback(mesh, RollbackOptions("shop.sales", release=4))
        [step] = again.plan.steps
        assert step.release
        assert [each.outage for each in step.release.ports] == [""]
        lift_hold(mesh, "shop.sales")
    apply_files(mesh_folder, system=on(AFTER))
    assert told(mesh_folder) == ["outage planned", "outage began", "outage ended"]


@pytest.mark.parametrize("now", [IN, AFTER])
def test_a_kill_before_the_release_is_recorded_loses_nothing(mesh_folder: Path, now: str) -> None:
    plan_outage(mesh_folder)
    for each in (IN, AFTER):
        if each == now:
            with at(mesh_folder, now) as mesh:
                events = apply_plan(mesh, make_plan(mesh, PlanOptions()).plan, ApplyOptions())
                while next(events).kind != "step":
                    pass
                events.close()  # type: ignore[attr-defined]
            with at(mesh_folder, now) as mesh:
                assert plan_run(mesh).plan.steps
        apply_files(mesh_folder, system=on(each))
    assert suspended(mesh_folder) == ""
    assert planned(mesh_folder, AFTER).empty
    assert told(mesh_folder) == ["outage planned", "outage began", "outage ended"]


def test_nobody_is_surprised_by_one(mesh_folder: Path) -> None:
    """What has begun before it was told of is refused; a shorter one than was told of is not."""
    with at(mesh_folder, "2027-03-03T08:00") as mesh:
        written(mesh, draft_outage(mesh, ONE, WINDOW))
    assert planned(mesh_folder, BEFORE).blocked == ()
    [said] = planned(mesh_folder, IN).blocked
    assert said == (
        "shop.sales.orders@1: its outage would have begun 2027-03-10 09:00Z, and nobody was "
        "told of it before.\n"
        "give it a later time:  weft retire shop.sales.orders@1 --outage FROM/TO"
    )
    assert planned(mesh_folder, AFTER).blocked == ()
    apply_files(mesh_folder, system=on(BEFORE))
    for hour, blocked in (("11", 0), ("13", 1)):
        for path in (CONTRACT, LISTED):
            file = mesh_folder / path
            file.write_text(file.read_text().replace("1.0.2", "1.0.3"))
        file = mesh_folder / CONTRACT
        text = file.read_text()
        file.write_text(text.replace("2027-03-10T12:00Z", f"2027-03-10T{hour}:00Z"))
        assert len(planned(mesh_folder, IN).blocked) == blocked
        file.write_text(text)


def test_what_was_held_when_it_was_applied_was_told_to_nobody(mesh_folder: Path) -> None:
    change_model(mesh_folder, SOURCE, "SELECT CAST(NULL AS INTEGER) AS id")
    plan_outage(mesh_folder)
    assert told(mesh_folder) == []
    change_model(mesh_folder, SOURCE, "SELECT CAST(1 AS INTEGER) AS id")
    [said] = planned(mesh_folder, IN).blocked
    assert "nobody was told of it before" in said
    apply_files(mesh_folder, system=on(BEFORE))
    assert told(mesh_folder) == ["outage planned"]
    apply_files(mesh_folder, system=on(IN))
    assert suspended(mesh_folder) == UNTIL


def test_going_back_leads_into_none_that_was_taken_back(mesh_folder: Path) -> None:
    plan_outage(mesh_folder)
    with at(mesh_folder, "2027-03-04T08:00") as mesh:
        written(mesh, draft_return(mesh, ONE))
    apply_files(mesh_folder, system=on("2027-03-04T08:00"))
    with at(mesh_folder, BEFORE) as mesh:
        list(roll_back(mesh, plan_rollback(mesh, RollbackOptions("shop.sales")), "wrong rows"))
    assert planned(mesh_folder, IN).steps == ()
    assert suspended(mesh_folder) == ""


def test_a_saved_plan_does_not_begin_what_is_over(mesh_folder: Path) -> None:
    plan_outage(mesh_folder)
    saved = planned(mesh_folder, IN)
    with at(mesh_folder, AFTER) as mesh, pytest.raises(Stale, match=r"outage of .* is over"):
        list(apply_plan(mesh, saved, ApplyOptions()))
    assert suspended(mesh_folder) == ""


def test_a_run_is_due_at_both_moments_and_says_why(mesh_folder: Path) -> None:
    plan_outage(mesh_folder)
    for now, why in (
        ("2027-03-10T09:00", "the planned outage of orders@1 begins, until 2027-03-10 12:00Z"),
        (AFTER, "the planned outage of orders@1 is over"),
    ):
        with at(mesh_folder, now) as mesh:
            found = plan_run(mesh)
            [due] = [each for each in found.due if each.product == "shop.sales"]
            assert (due.due, due.promised, due.why) == (True, True, why)
            list(apply_plan(mesh, found.plan, ApplyOptions()))
        with at(mesh_folder, now) as mesh:
            [due] = [each for each in plan_run(mesh).due if each.product == "shop.sales"]
            assert not due.promised


def test_one_that_nobody_was_there_for_is_over(mesh_folder: Path) -> None:
    plan_outage(mesh_folder)
    assert planned(mesh_folder, AFTER).empty


def test_environments_show_that_of_production_and_have_none(mesh_folder: Path) -> None:
    plan_outage(mesh_folder)
    apply_files(mesh_folder, system=on(IN))
    asked = "SELECT * FROM shop.sales.orders_v1"
    with at(mesh_folder, IN, "dev") as mesh, pytest.raises(Blocked), query(mesh, asked):
        pass
    assert planned(mesh_folder, IN, "dev").empty
    change_model(mesh_folder, "domains/shop/sums/models/sums.sql", "SELECT 7 AS n FROM orders")
    with at(mesh_folder, IN, "dev") as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
    assert (plan.held, len(plan.steps) > 0) == ((), True)
    change_model(mesh_folder, SOURCE, "SELECT CAST(2 AS INTEGER) AS id")
    with at(mesh_folder, IN, "dev") as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
        assert (plan.held, plan.suspensions) == ((), ())
        list(apply_plan(mesh, plan, ApplyOptions()))
    with at(mesh_folder, IN, "dev") as mesh, query(mesh, asked) as answer:
        assert answer.columns == ("id",)
    assert suspended(mesh_folder, "dev") == ""


def test_readers_in_another_repository_wait_and_stay_valid(tmp_path: Path) -> None:
    folders = {"ra": [SALES], "rb": [SUMS]}
    for root, products in folders.items():
        settings = {
            "mesh": "loom",
            "root": root,
            "store": f"sqlite:///{tmp_path}/shared/store.db",
            "warehouses": {"lake": {"type": "duckdb", "path": f"{tmp_path}/shared/lake"}},
        }
        made = mesh_files(products)
        for path in {CONTRACT, LISTED} & set(made):
            made[path] = yaml_text(json.loads(made[path])).encode()
        apply_files(
            tmp_path / root, {**made, "weft.yaml": document(settings)}, on(BEFORE[:8] + "01T08:00")
        )
    ours, theirs = tmp_path / "ra", tmp_path / "rb"
    with at(ours, "2027-03-02T08:00") as mesh:
        written(mesh, draft_deprecation(mesh, ONE, Sunset("2027-03-31")))
    apply_files(ours, system=on("2027-03-02T08:00"))
    plan_outage(ours)
    apply_files(ours, system=on(IN))
    assert told(ours) == ["outage planned", "outage began"]
    assert planned(theirs, IN).empty
    change_model(theirs, "domains/shop/sums/models/sums.sql", "SELECT 7 AS n FROM orders")
    plan = planned(theirs, IN)
    refuse_unless_allowed(plan, ApplyOptions())
    assert [(each.product, each.cause) for each in plan.held] == [("shop.sums", f"waits: {SAID}")]
    # Their clock alone ends it for them: what is over can be read.
    assert planned(theirs, AFTER).held == ()
    # Who publishes nothing is told as well.
    silent = replace(SUMS, ports=())
    lay_out(theirs, mesh_files([silent]) | {"weft.yaml": (theirs / "weft.yaml").read_bytes()})
    apply_files(theirs, system=on(AFTER), options=PlanOptions())
    with at(ours, AFTER) as mesh:
        list(apply_plan(mesh, plan_run(mesh).plan, ApplyOptions()))
    assert told(ours) == ["outage planned", "outage began", "outage ended"]
