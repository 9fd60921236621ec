"""What consumers expect is measured by the producer, told in plans, and holds nothing back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from arro3.core import Table

from applying import apply_files
from mesh_files import Port, Product, document, lay_out, mesh_files
from weft.app import test as verb
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.cli.screens.tests import Tally
from weft.mesh.run import RunEvent
from weft.plan.followers import Follower, followers
from weft.plan.plan import BREAKS, Expected, Plan

ORDERS = Port("orders", {"id": "integer", "amount": "integer"})
NEXT = replace(ORDERS, version="2.0.0", status="draft", candidate="2999-12-31")
ROWS = "SELECT CAST(a AS INTEGER) AS id, CAST(b AS INTEGER) AS amount FROM (VALUES {}) AS t(a, b)"
READER = Product(
    "shop.reader",
    {"sums": "SELECT CAST(count(id) AS BIGINT) AS n FROM orders"},
    (Port("sums", {"n": "integer"}),),
    inputs=("shop.sales.orders",),
)
AMOUNT = {"name": "amount", "logicalType": "integer", "logicalTypeOptions": {"maximum": 10}}
PLACE = "domains/shop/reader/expectations/orders.odcs.yaml"


def sales(old: str, new: str = "", *, ports: tuple[Port, ...] = (ORDERS, NEXT)) -> Product:
    """The producer with rows of its first major, and those of the next one."""
    models = {"orders_v1": ROWS.format(old), "orders_v2": ROWS.format(new or old)}
    return Product("shop.sales", models, ports)


def expectations(
    *properties: Mapping[str, Any], name: str = "orders", **more: object
) -> dict[str, bytes]:
    """The file in which the reader says what it expects."""
    schema = {"name": name, "logicalType": "object", "properties": list(properties)}
    contract = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "shop.reader.orders",
        "version": "1.0.0",
        "status": "active",
        "schema": [schema],
        **more,
    }
    return {PLACE: document(contract)}


def planned(folder: Path, environment: str = "") -> Plan:
    """What would be done now."""
    with opened(folder, environment, System()) as mesh:
        return make_plan(mesh, PlanOptions()).plan


def events(folder: Path) -> list[RunEvent]:
    """Apply what there is, and what happened."""
    with opened(folder, "", System()) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
        return list(apply_plan(mesh, plan, ApplyOptions()))


def test_a_candidate_is_measured_by_what_its_readers_expect(tmp_path: Path) -> None:
    product = sales("(1, 5), (2, 6)", "(1, 5), (2, 60)")
    lay_out(tmp_path, {**mesh_files([product, READER]), **expectations(AMOUNT)})
    before = planned(tmp_path)
    assert before.expected == (
        Expected("shop.reader", "shop.sales.orders@1", "orders"),
        Expected("shop.reader", "shop.sales.orders@2", "orders"),
    )
    results = [each.result for each in events(tmp_path) if each.result and each.result.consumer]
    assert sorted((each.target, each.checks[0].failed) for each in results) == [
        ("orders@1.orders", 0),
        ("orders@2.orders", 1),
    ]
    after = planned(tmp_path)
    assert after.empty
    # Nothing was held back, and the verdict is remembered.
    other = replace(product, description="Said otherwise.")
    lay_out(tmp_path, {**mesh_files([other, READER]), **expectations(AMOUNT)})
    again = planned(tmp_path)
    assert [each.verdict for each in again.expected] == [
        "ok",
        f"{BREAKS} amount <= 10: 1 of 2 rows",
    ]
    assert [each.kind for each in again.steps if each.consumer] == []


def test_a_column_that_is_gone_breaks_who_expects_it_without_a_look_at_data(tmp_path: Path) -> None:
    renamed = replace(NEXT, columns={"id": "integer", "total": "integer"})
    product = sales("(1, 5)", ports=(ORDERS, renamed))
    models = {**product.models, "orders_v2": "SELECT id, amount AS total FROM orders_v1"}
    product = replace(product, models=models)
    lay_out(tmp_path, {**mesh_files([product, READER]), **expectations(AMOUNT)})
    plan = planned(tmp_path)
    assert [each.verdict for each in plan.expected] == ["", f"{BREAKS} there is no column amount"]


def test_a_rule_in_sql_is_measured_where_the_producers_data_lies(tmp_path: Path) -> None:
    rule = {"type": "sql", "query": "SELECT sum(amount) FROM ${table}", "mustBeLessThan": 20}
    file = expectations({"name": "id"}, {**AMOUNT, "quality": [rule]})
    apply_files(
        tmp_path, {**mesh_files([sales("(1, 5), (2, 6)", "(1, 15), (2, 6)"), READER]), **file}
    )
    lay_out(tmp_path, {**mesh_files([sales("(1, 5), (2, 6)", "(1, 15), (2, 7)"), READER]), **file})
    assert [each.verdict for each in planned(tmp_path).expected] == ["ok", ""]


def test_a_worse_service_level_breaks_who_expects_a_better_one(tmp_path: Path) -> None:
    level = {"property": "latency", "value": 1, "unit": "h"}
    files = mesh_files([sales("(1, 5)", ports=(ORDERS,)), READER])
    lay_out(tmp_path, {**files, **expectations({"name": "id"}, slaProperties=[level])})
    assert [each.verdict for each in planned(tmp_path).expected] == [
        f"{BREAKS} service level latency is not promised, expected 1 h",
        "",
    ]


def test_what_was_measured_of_a_service_level_counts_more_than_what_is_promised(
    tmp_path: Path,
) -> None:
    files = mesh_files([sales("(1, 5)"), READER])
    path = "domains/shop/sales/orders.v1.odcs.yaml"
    promised = {"property": "latency", "value": 1, "unit": "h"}
    files[path] = document({**json.loads(files[path]), "slaProperties": [promised]})
    apply_files(tmp_path, files, on("2026-12-01T08:00:00"))
    strict = {"property": "latency", "value": 30, "unit": "min"}
    wanted = {**files, **expectations({"name": "id"}, slaProperties=[strict])}
    lay_out(tmp_path, wanted)
    assert told(tmp_path, "2026-12-01T08:10:00") == [
        "ok",
        f"{BREAKS} service level latency is not promised, expected 30 min",
    ]
    late = told(tmp_path, "2026-12-01T10:00:00")
    assert late[0] == f"{BREAKS} latency of 30 min is not kept, as measured (broken)"
    lax = {**promised, "value": 1, "unit": "h"}
    lay_out(tmp_path, {**files, **expectations({"name": "id"}, slaProperties=[lax])})
    assert told(tmp_path, "2026-12-01T10:00:00")[0] == (
        f"{BREAKS} latency of 1 h is not kept, as measured (broken)"
    )


def on(moment: str) -> System:
    """A machine at some moment."""
    return System(now=lambda: f"{moment}.000Z")


def told(folder: Path, moment: str) -> list[str]:
    """The verdicts on service levels in the plan of a moment, by the major that they are about."""
    with opened(folder, "", on(moment)) as mesh:
        expected = make_plan(mesh, PlanOptions()).plan.expected
    return [each.verdict for each in expected if not each.object]


def test_expectations_of_what_production_shows_are_not_measured_elsewhere(tmp_path: Path) -> None:
    files = {**mesh_files([sales("(1, 5)"), READER]), **expectations(AMOUNT)}
    apply_files(tmp_path, files)
    assert planned(tmp_path, "dev").empty


def test_a_new_expectation_is_measured_on_what_is_published(tmp_path: Path) -> None:
    files = mesh_files([sales("(1, 50)", ports=(ORDERS,)), READER])
    apply_files(tmp_path, files)
    lay_out(tmp_path, {**files, **expectations(AMOUNT)})
    plan = planned(tmp_path)
    own = [each.consumer for each in plan.steps if each.product == "shop.sales"]
    assert own == ["shop.reader"]
    told = [each for each in followers(plan) if each.product == "shop.sales"]
    assert told == [Follower("shop.sales", (), 1, ("shop.reader",))]
    apply_files(tmp_path)
    assert planned(tmp_path).empty


def test_consumers_of_other_repositories_count_too(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    producer, consumer = tmp_path / "ra", tmp_path / "rb"

    def fill(root: Path, files: Mapping[str, bytes]) -> None:
        settings = {
            "mesh": "loom",
            "root": root.name,
            "store": f"sqlite:///{shared}/store.db",
            "warehouses": {"lake": {"type": "duckdb", "path": f"{shared}/lake", "threads": 1}},
        }
        lay_out(root, {**files, "weft.yaml": document(settings)})

    fill(producer, mesh_files([sales("(1, 5)", ports=(ORDERS,))]))
    apply_files(producer)
    fill(consumer, {**mesh_files([READER]), **expectations(AMOUNT)})
    apply_files(consumer)
    # What the consumer published is measured the next time the producer is applied.
    measured = [each.consumer for each in planned(producer).steps]
    assert measured == ["shop.reader"]
    apply_files(producer)
    fill(producer, mesh_files([sales("(1, 5)", "(1, 50), (2, 5)")]))
    assert [(each.port, each.verdict) for each in planned(producer).expected] == [
        ("shop.sales.orders@1", "ok"),
        ("shop.sales.orders@2", ""),
    ]
    apply_files(producer)
    assert planned(producer).expected[1].verdict == f"{BREAKS} amount <= 10: 1 of 2 rows"


def test_tests_of_the_producer_measure_what_consumers_expect(tmp_path: Path) -> None:
    renamed = replace(NEXT, columns={"id": "integer", "total": "integer"}, version="3.0.0")
    product = sales("(1, 5)", "(1, 5), (2, 60)", ports=(ORDERS, NEXT, renamed))
    third = {"orders_v3": "SELECT id, amount AS total FROM orders_v1"}
    product = replace(product, models={**product.models, **third})
    apply_files(tmp_path, {**mesh_files([product, READER]), **expectations(AMOUNT)})
    with opened(tmp_path, "", System()) as mesh:
        found = [
            each
            for each in verb.run_tests(mesh, verb.TestOptions())
            if isinstance(each, verb.ContractResult) and each.consumer
        ]
    told = {each.object: [check.failed for check in each.checks] or each.problem for each in found}
    assert told == {
        "orders@1.orders": [0],
        "orders@2.orders": [1],
        "orders@3.orders": "there is no column amount",
    }
    tally = Tally()
    lines = "\n".join(map(tally.take, found)).splitlines()
    assert " warn  shop.reader would break: 1 of 2 rows in shop.sales.orders@2.orders" in lines
    assert " warn  shop.reader would break in shop.sales.orders@3.orders" in lines
    assert tally.exit_code() == 0


def test_rows_that_a_consumer_does_not_expect_are_kept(tmp_path: Path) -> None:
    product = sales("(1, 5)", "(1, 5), (2, 60)")
    apply_files(tmp_path, {**mesh_files([product, READER]), **expectations(AMOUNT)})
    with opened(tmp_path, "", System()) as mesh:
        rows = Table.from_arrow(verb.failing_rows(mesh, "orders.maximum_amount"))
    assert rows.column("amount").to_pylist() == [60]


def test_a_draft_of_expectations_counts_for_nothing(tmp_path: Path) -> None:
    files = {**mesh_files([sales("(1, 5)"), READER]), **expectations(AMOUNT, status="draft")}
    lay_out(tmp_path, files)
    assert planned(tmp_path).expected == ()
