"""Who a candidate breaks is asked, and a no keeps it from being released."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, document, lay_out, mesh_files
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import opened
from weft.app.errors import NotFound, Stale, Usage
from weft.app.plan import PlanOptions, make_plan
from weft.app.rollback import RollbackOptions, plan_rollback, roll_back
from weft.app.signoff import sign_off, signoffs
from weft.app.system import System
from weft.mesh.address import PortAddress
from weft.mesh.signoff import Answer, Signoff
from weft.plan.plan import Plan

OLD = Port("orders", {"id": "integer", "amount": "integer"})
NEW = Port("orders", {"id": "integer", "total": "integer"}, version="2.0.0")
CANDIDATE = replace(NEW, status="draft", candidate="2026-12-10")
MODELS = {
    "orders_v1": "SELECT CAST(1 AS INTEGER) AS id, CAST(5 AS INTEGER) AS amount",
    "orders_v2": "SELECT id, amount AS total FROM orders_v1",
}
TWO = PortAddress.parse("shop.sales.orders@2")


def reader(name: str, column: str) -> Product:
    """A product that reads a column of the orders."""
    model = f"SELECT CAST(count({column}) AS BIGINT) AS n FROM orders"
    return Product(
        f"shop.{name}",
        {name: model},
        (Port(name, {"n": "integer"}),),
        inputs=("shop.sales.orders",),
    )


def pinned(product: bytes) -> bytes:
    """The file of a reader that stays on the first major."""
    return product.replace(b'"contractId"', b'"version": "1", "contractId"', 1)


def files(*ports: Port, settings: str = "") -> dict[str, bytes]:
    """The producer, a reader whom the new major breaks, and one whom it does not; both pin 1."""
    made = mesh_files(
        [Product("shop.sales", MODELS, ports), reader("sums", "amount"), reader("ids", "id")]
    )
    for name in ("sums", "ids"):
        path = f"domains/shop/{name}/product.yaml"
        made[path] = pinned(made[path])
    if settings:
        policy = b'{"release": ' + settings.encode() + b","
        made["weft.yaml"] = made["weft.yaml"].replace(b"{", policy, 1)
    return made


def on(day: str) -> System:
    """A machine on some day."""
    return System(now=lambda: f"{day}T08:00:00.000Z", user=lambda: "mara")


def planned(folder: Path, day: str) -> Plan:
    """What would be done on a day."""
    with opened(folder, "", on(day)) as mesh:
        return make_plan(mesh, PlanOptions()).plan


def answer(folder: Path, said: Answer, reason: str = "", day: str = "2026-12-03") -> Signoff:
    """Let the reader that breaks say something."""
    with opened(folder, "", on(day)) as mesh:
        return sign_off(mesh, TWO, "shop.sums", said, reason)


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """A mesh in which a candidate is shown, and whoever it breaks was asked."""
    apply_files(tmp_path, files(OLD), on("2026-12-01"))
    apply_files(tmp_path, files(OLD, CANDIDATE), on("2026-12-02"))
    return tmp_path


def test_whom_a_candidate_breaks_is_asked_until_its_last_day(asked: Path) -> None:
    with opened(asked, "", on("2026-12-02")) as mesh:
        [found] = mesh.store.signoffs.all("prod")
        assert signoffs(mesh, TWO).signoffs == (found,)
    assert (found.consumer, found.version) == ("shop.sums", "2.0.0")
    assert (found.state, found.answer_by) == (Answer.OPEN, "2026-12-10")


def test_a_candidate_waits_for_who_can_still_answer(asked: Path) -> None:
    lay_out(asked, files(OLD, NEW))
    [blocked] = planned(asked, "2026-12-03").blocked
    assert blocked.splitlines() == [
        "shop.sales.orders@2 cannot be released yet: shop.sums can answer until 2026-12-10.",
        "when it agrees:  weft release signoff shop.sales.orders@2 --consumer shop.sums --yes",
    ]


def test_a_yes_lets_it_be_released(asked: Path) -> None:
    answer(asked, Answer.YES)
    lay_out(asked, files(OLD, NEW))
    plan = planned(asked, "2026-12-03")
    assert not plan.blocked
    assert [(each.state, each.actor) for each in plan.signoffs] == [(Answer.YES, "mara")]
    apply_files(asked, None, on("2026-12-03"))
    assert planned(asked, "2026-12-04").signoffs == ()


def test_a_no_keeps_it_from_being_released_until_somebody_answers_for_it(asked: Path) -> None:
    answer(asked, Answer.NO, "we sum amounts")
    lay_out(asked, files(OLD, NEW))
    [blocked] = planned(asked, "2026-12-03").blocked
    assert blocked.startswith(
        "shop.sales.orders@2 cannot be released: shop.sums says no (mara): we sum amounts.\n"
    )
    waiver = {
        "change": "sign-off of shop.sums",
        "by": "mara.lind@example.com",
        "reason": "They move next week.",
        "until": "2026-12-20",
    }
    entry = {"vendor": "weft", "property": "waivers", "value": [waiver]}
    path = "domains/shop/sales/orders.v2.odcs.yaml"
    made = files(OLD, NEW)
    contract = made[path].replace(
        b"{", b'{"customProperties": ' + json.dumps([entry]).encode() + b",", 1
    )
    lay_out(asked, {**made, path: contract})
    assert not planned(asked, "2026-12-03").blocked
    assert planned(asked, "2026-12-21").blocked


def test_a_no_after_the_plan_was_made_makes_it_stale(asked: Path) -> None:
    answer(asked, Answer.YES)
    lay_out(asked, files(OLD, NEW))
    plan = planned(asked, "2026-12-03")
    answer(asked, Answer.NO, "not yet")
    with opened(asked, "", on("2026-12-03")) as mesh, pytest.raises(Stale, match="says no"):
        list(apply_plan(mesh, plan, ApplyOptions()))


def test_another_version_of_a_candidate_has_the_answers_that_it_had(asked: Path) -> None:
    answer(asked, Answer.NO, "we sum amounts")
    lay_out(asked, files(OLD, replace(NEW, version="2.1.0")))
    [blocked] = planned(asked, "2026-12-03").blocked
    assert "shop.sums says no (mara): we sum amounts." in blocked
    answer(asked, Answer.YES)
    plan = planned(asked, "2026-12-03")
    assert not plan.blocked
    assert [(each.version, each.state) for each in plan.signoffs] == [("2.1.0", Answer.YES)]
    answer(asked, Answer.NO, "not yet")
    with opened(asked, "", on("2026-12-03")) as mesh, pytest.raises(Stale, match="says no"):
        list(apply_plan(mesh, plan, ApplyOptions()))


@pytest.mark.parametrize("said", [Answer.YES, Answer.NO])
def test_an_answer_outlives_the_next_version_of_a_candidate(asked: Path, said: Answer) -> None:
    answer(asked, said, "so")
    apply_files(asked, files(OLD, replace(CANDIDATE, version="2.0.1")), on("2026-12-04"))
    [signoff] = planned(asked, "2026-12-05").signoffs
    assert (signoff.version, signoff.state, signoff.actor) == ("2.0.1", said, "mara")


def test_what_is_said_last_counts_though_a_clock_went_back(asked: Path) -> None:
    answer(asked, Answer.YES)
    apply_files(asked, files(OLD, replace(CANDIDATE, version="2.0.1")), on("2026-12-04"))
    answer(asked, Answer.NO, "not yet", day="2026-12-01")
    [signoff] = planned(asked, "2026-12-05").signoffs
    assert (signoff.version, signoff.state, signoff.reason) == ("2.0.1", Answer.NO, "not yet")


def test_who_expects_something_of_a_candidate_later_is_asked_as_well(tmp_path: Path) -> None:
    contract = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "shop.ids.orders",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": "orders", "properties": [{"name": "id", "enum": [{"value": 7}]}]}],
    }
    late = {"domains/shop/ids/expectations/orders.odcs.yaml": document(contract)}
    apply_files(tmp_path, files(OLD), on("2026-12-01"))
    apply_files(tmp_path, files(OLD, CANDIDATE), on("2026-12-02"))
    answer(tmp_path, Answer.YES)
    apply_files(tmp_path, {**files(OLD, CANDIDATE), **late}, on("2026-12-03"))
    lay_out(tmp_path, {**files(OLD, NEW), **late})
    [blocked] = planned(tmp_path, "2026-12-04").blocked
    assert "shop.ids can answer until 2026-12-10; its expectations would break." in blocked
    with opened(tmp_path, "", on("2026-12-04")) as mesh:
        sign_off(mesh, TWO, "shop.ids", Answer.NO, "other ids")
    # Its answer stays, though it expects nothing any longer.
    apply_files(tmp_path, files(OLD, CANDIDATE), on("2026-12-05"))
    lay_out(tmp_path, files(OLD, NEW))
    [blocked] = planned(tmp_path, "2026-12-05").blocked
    assert "shop.ids says no (mara): other ids." in blocked
    with opened(tmp_path, "", on("2026-12-05")) as mesh:
        sign_off(mesh, TWO, "shop.ids", Answer.YES, "")
    assert not planned(tmp_path, "2026-12-05").blocked


def test_an_answer_of_who_reads_the_port_no_longer_is_none(asked: Path) -> None:
    answer(asked, Answer.NO, "we sum amounts")
    alone = files(OLD, NEW)
    path = "domains/shop/sums/product.yaml"
    alone[path] = json.dumps({**json.loads(alone[path]), "inputPorts": []}).encode()
    alone["domains/shop/sums/models/sums.sql"] = b"SELECT CAST(1 AS BIGINT) AS n"
    lay_out(asked, alone)
    plan = planned(asked, "2026-12-03")
    assert not plan.blocked and plan.signoffs == ()


def test_who_comes_to_read_what_a_candidate_breaks_is_asked_as_well(asked: Path) -> None:
    answer(asked, Answer.YES)
    late = mesh_files([reader("means", "amount")])
    mine = {path: late[path] for path in late if path.startswith("domains/shop/means/")}
    mine["domains/shop/means/product.yaml"] = pinned(mine["domains/shop/means/product.yaml"])
    apply_files(asked, {**files(OLD, CANDIDATE), **mine}, on("2026-12-04"))
    lay_out(asked, {**files(OLD, NEW), **mine})
    [blocked] = planned(asked, "2026-12-05").blocked
    assert "shop.means can answer until 2026-12-10" in blocked
    with opened(asked, "", on("2026-12-05")) as mesh:
        sign_off(mesh, TWO, "shop.means", Answer.YES, "")
    assert not planned(asked, "2026-12-05").blocked


def test_silence_is_a_no_unless_the_mesh_says_otherwise(asked: Path) -> None:
    lay_out(asked, files(OLD, NEW))
    [blocked] = planned(asked, "2026-12-11").blocked
    assert "shop.sums says no: no answer until 2026-12-10." in blocked
    lay_out(asked, files(OLD, NEW, settings='{"silence": "yes"}'))
    assert not planned(asked, "2026-12-11").blocked


def test_expectations_that_hold_are_a_yes(asked: Path) -> None:
    contract = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "shop.sums.orders",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": "orders", "properties": [{"name": "id", "unique": True}]}],
    }
    expecting = {"domains/shop/sums/expectations/orders.odcs.yaml": document(contract)}
    apply_files(asked, {**files(OLD, CANDIDATE), **expecting}, on("2026-12-03"))
    lay_out(asked, {**files(OLD, NEW), **expecting})
    plan = planned(asked, "2026-12-04")
    assert [(each.state, each.reason) for each in plan.signoffs] == [
        (Answer.YES, "its expectations hold")
    ]
    assert not plan.blocked


def test_a_new_major_that_was_no_candidate_asks_and_is_not_kept_back(tmp_path: Path) -> None:
    apply_files(tmp_path, files(OLD), on("2026-12-01"))
    lay_out(tmp_path, files(OLD, NEW))
    plan = planned(tmp_path, "2026-12-02")
    assert not plan.blocked
    assert [(each.consumer, each.answer_by) for each in plan.signoffs] == [
        ("shop.sums", "2026-12-16")
    ]


def test_nobody_is_asked_while_nothing_is_released(tmp_path: Path) -> None:
    lay_out(tmp_path, files(OLD, CANDIDATE))
    assert planned(tmp_path, "2026-12-01").signoffs == ()


def test_only_who_is_asked_answers_and_a_no_has_a_reason(asked: Path) -> None:
    with pytest.raises(Usage, match="needs a --reason"):
        answer(asked, Answer.NO)
    with opened(asked, "", on("2026-12-03")) as mesh:
        with pytest.raises(NotFound):
            sign_off(mesh, TWO, "shop.ids", Answer.YES, "")
        with pytest.raises(Usage, match="nobody is asked"):
            sign_off(mesh, replace(TWO, major=3), "shop.sums", Answer.YES, "")
    with opened(asked, "dev", on("2026-12-03")) as mesh, pytest.raises(Usage):
        signoffs(mesh, TWO)


def test_nobody_is_waited_for_while_the_product_is_held(tmp_path: Path) -> None:
    for number, ports in enumerate([(OLD,), (OLD, NEW)], 1):
        apply_files(tmp_path, files(*ports), on(f"2026-12-0{number}"))
    with opened(tmp_path, "", on("2026-12-03")) as mesh:
        ready = plan_rollback(mesh, RollbackOptions("shop.sales"))
        list(roll_back(mesh, ready, "wrong numbers"))
    held = planned(tmp_path, "2026-12-03")
    assert (held.blocked, held.signoffs) == ((), ())
    assert [each.by_person for each in held.held] == [True]
