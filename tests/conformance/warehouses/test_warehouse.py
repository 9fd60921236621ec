"""What every warehouse does alike: build, observe, publish, query, load, remember and forget."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from arro3.core import Array, DataType, RecordBatchReader, Table
from warehouse_process import FOREVER
from warehouse_steps import (
    PRODUCT,
    bound,
    build,
    port,
    publish,
    rows,
    rows_of,
    serve,
    shown_as,
)

from weft.mesh.release import Observed
from weft.plan.plan import Step, StepKind
from weft.warehouses.protocol import Conflict, Relation, Removal, Scope, WarehouseError

PROD = Scope("prod", (PRODUCT,))
NOW = "2026-03-20T10:00:00+00:00"


def publish_a(number: int) -> Step:
    return publish([port({"orders": ("a", ["id"])})], expected=number - 1)


def test_nothing_is_there_at_first(warehouse: Any) -> None:
    assert warehouse.observe(PROD) == Observed()
    assert warehouse.released() == {}
    assert warehouse.history("prod", PRODUCT) == ()


def test_a_build_is_made_once(warehouse: Any) -> None:
    first = warehouse.run(build("a", "SELECT 1 AS id UNION ALL SELECT 2"), bound())
    again = warehouse.run(build("a", "SELECT 'never run'"), bound("run_2"))
    assert (first.rows, first.reused, first.columns[0].name) == (2, False, "id")
    assert (again.rows, again.reused, again.columns) == (2, True, first.columns)
    assert again.bytes == first.bytes > 0
    assert warehouse.observe(PROD).builds == {"a"}


def test_a_build_is_seen_by_another_program(open_one: Any) -> None:
    open_one().run(build("a", "SELECT 1 AS id"), bound())
    other = open_one()
    assert other.run(build("a", "SELECT 1 AS id"), bound("run_2")).reused
    assert rows_of(other, "a", ["id"]) == [(1,)]


def test_a_build_reads_builds_and_views(warehouse: Any, relation: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id UNION ALL SELECT 2"), bound())
    view = build("v", f"SELECT a.id + 1 AS id FROM {relation('a')} AS a", ["a"], "view")
    assert warehouse.run(view, bound()).rows == 0
    second = build("w", f"SELECT v.id FROM {relation('v')} AS v WHERE v.id > 2", ["v"], "view")
    warehouse.run(second, bound())
    warehouse.run(
        build("b", f"SELECT sum(w.id) AS total FROM {relation('w')} AS w", ["w"]), bound()
    )
    assert rows_of(warehouse, "w", ["id"]) == [(3,)]
    assert rows_of(warehouse, "b", ["total"]) == [(3,)]


def test_builds_read_after_opening_again(open_one: Any, relation: Any) -> None:
    first = open_one()
    first.run(build("a", "SELECT 7 AS id"), bound())
    first.run(build("v", f"SELECT a.id FROM {relation('a')} AS a", ["a"], "view"), bound())
    first.close()
    other = open_one()
    other.run(build("b", f"SELECT v.id FROM {relation('v')} AS v", ["v"]), bound("run_2"))
    assert rows_of(other, "b", ["id"]) == [(7,)]


def test_a_missing_build_is_named(warehouse: Any, relation: Any) -> None:
    with pytest.raises(WarehouseError, match="build gone is missing"):
        warehouse.run(build("b", f"SELECT 1 FROM {relation('gone')}", ["gone"]), bound())


def test_a_faulty_statement_leaves_nothing(warehouse: Any) -> None:
    with pytest.raises(WarehouseError, match="nothing_like_it"):
        warehouse.run(build("a", "SELECT nothing_like_it"), bound())
    with pytest.raises(WarehouseError, match="z"):
        warehouse.run(
            build("a", "SELECT CAST(x AS INTEGER) AS y FROM (VALUES ('z')) t(x)"), bound()
        )
    assert warehouse.observe(PROD).builds == frozenset()


def test_publishing_moves_the_pointer(open_one: Any) -> None:
    warehouse = open_one()
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    release = warehouse.run(publish_a(1), bound("run_1", fence=3)).release
    assert (release.number, release.run, release.fence, release.at[:4]) == (1, "run_1", 3, "2026")
    second = warehouse.run(publish_a(2), bound("run_2", fence=4)).release
    other = open_one()
    assert other.observe(PROD).releases == {PRODUCT: second}
    assert other.history("prod", PRODUCT) == (second, release)
    assert other.released() == {"prod": (PRODUCT,)}
    assert other.observe(Scope("dev", (PRODUCT,))).releases == {}


def test_publishing_again_finds_the_first(open_one: Any) -> None:
    warehouse = open_one()
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    first = warehouse.run(publish_a(1), bound())
    again = open_one().run(publish_a(1), bound())
    assert again.reused and not first.reused
    assert again.release == first.release


@pytest.mark.parametrize("expected", [0, 2, 7])
def test_a_moved_pointer_is_a_conflict(warehouse: Any, expected: int) -> None:
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    warehouse.run(publish_a(1), bound())
    with pytest.raises(Conflict, match="has moved to release 1 by run run_1"):
        warehouse.run(publish_a(expected + 1), bound("run_2", fence=2))
    assert warehouse.observe(PROD).releases[PRODUCT].number == 1


def test_an_older_fence_is_refused(warehouse: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    warehouse.run(publish_a(1), bound("run_1", fence=5))
    with pytest.raises(Conflict):
        warehouse.run(publish_a(2), bound("run_0", fence=4))


def test_a_release_needs_its_builds(warehouse: Any) -> None:
    with pytest.raises(WarehouseError, match="build a is missing"):
        warehouse.run(publish_a(1), bound())
    assert warehouse.observe(PROD).releases == {}


def test_dropping_shows_less(warehouse: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    warehouse.run(publish_a(1), bound())
    drop = publish([], expected=1, kind=StepKind.DROP)
    assert warehouse.run(drop, bound("run_2", 2)).release.ports == ()
    serve(warehouse)


@pytest.mark.parametrize(
    "kind", [StepKind.PROTECT, StepKind.VERIFY, StepKind.GRANT, StepKind.REVOKE]
)
def test_steps_that_stand_in_the_order(warehouse: Any, kind: StepKind) -> None:
    step = Step("x", kind, PRODUCT, "lake", "x")
    assert warehouse.run(step, bound()).release is None


def test_a_query_sees_its_relations_and_no_others(warehouse: Any, relation: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id, 'hidden' AS secret"), bound())
    seen = [shown_as("seen", "a", ["id"])]
    assert rows(warehouse.query("SELECT id FROM sales.orders.seen", seen)) == [(1,)]
    for select in (
        "SELECT secret FROM sales.orders.seen",
        "SELECT * FROM sales.orders.other",
        f"SELECT * FROM {relation('a')}",
        "SELECT * FROM no_such",
    ):
        with pytest.raises(WarehouseError):
            rows(warehouse.query(select, seen))


def test_queries_join_domains(warehouse: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    relations = [
        Relation(("memory", "orders", "x"), "a", ("id",)),
        Relation(("fleet", "craft", "x"), "a", ("id",)),
        Relation(("fleet", "craft", "y"), "a", ("id",)),
    ]
    select = (
        "SELECT m.id + x.id + y.id AS n FROM memory.orders.x m, fleet.craft.x x, fleet.craft.y y"
    )
    assert rows(warehouse.query(select, relations)) == [(3,)]


def test_a_stream_is_stored(warehouse: Any) -> None:
    table = Table.from_pydict({"x": Array([1, None, 3], DataType.int64())})
    first = warehouse.load("landed", table.to_reader())
    again = warehouse.load("landed", table.to_reader())
    assert (first.rows, first.reused, again.reused) == (3, False, True)
    assert rows_of(warehouse, "landed", ["x"]) == [(1,), (None,), (3,)]


def test_forgetting_keeps_what_releases_reach(open_one: Any, relation: Any) -> None:
    warehouse = open_one()
    for key in ("a", "old", "unused"):
        warehouse.run(build(key, "SELECT 1 AS id"), bound())
    view = build("v", f"SELECT a.id FROM {relation('a')} AS a", ["a"], "view")
    warehouse.run(view, bound())
    old = warehouse.run(publish([port({"orders": ("old", ["id"])})]), bound()).release
    new = warehouse.run(publish([port({"orders": ("v", ["id"])})], 1), bound()).release
    warehouse.close()

    told = open_one().forget([old], frozenset(["v"]), NOW, dry_run=True)
    assert open_one().history("prod", PRODUCT) == (new, old)
    removed = open_one().forget([old], frozenset(["v"]), NOW)
    assert removed == told and removed.bytes > 0
    assert {build.key for build in removed.builds} == {"old", "unused"}
    warehouse = open_one()
    assert warehouse.observe(PROD).builds == {"a", "v"}
    assert warehouse.history("prod", PRODUCT) == (new,)
    assert rows_of(warehouse, "v", ["id"]) == [(1,)]
    assert warehouse.forget([], frozenset(["v"]), NOW) == Removal()


def test_a_product_can_keep_all_of_its_builds(open_one: Any) -> None:
    warehouse = open_one()
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    warehouse.close()
    assert open_one().forget([], frozenset([PRODUCT]), NOW).builds == ()
    assert [each.key for each in open_one().forget([], frozenset(["x.y"]), NOW).builds] == ["a"]


def test_the_current_release_is_not_forgotten(warehouse: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    release = warehouse.run(publish_a(1), bound()).release
    with pytest.raises(WarehouseError, match="is current and stays"):
        warehouse.forget([release], frozenset(["a"]), NOW)


def test_builds_of_a_living_run_are_not_forgotten(open_one: Any) -> None:
    warehouse = open_one()
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    assert open_one().forget([], frozenset(), NOW) == Removal()
    assert warehouse.observe(PROD).builds == {"a"}


def test_cancelling_stops_a_running_step(warehouse: Any) -> None:
    warehouse.run(build("warm", "SELECT 1 AS id"), bound())
    long = "SELECT count(*) AS n FROM generate_series(1, 100000000000) t(x) WHERE x % 3 = 7"
    errors: list[WarehouseError] = []

    def run() -> None:
        try:
            warehouse.run(build("long", long), bound())
        except WarehouseError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.3)
    warehouse.cancel()
    thread.join(10)
    assert not thread.is_alive()
    assert errors[0].interrupted
    with pytest.raises(WarehouseError, match="stopped"):
        warehouse.run(build("next", "SELECT 1 AS id"), bound())
    assert warehouse.observe(PROD).builds == {"warm"}


def test_all_that_runs_is_stopped(warehouse: Any) -> None:
    """Those that wait for their turn too."""
    warehouse.run(build("warm", "SELECT 1 AS id"), bound())
    errors: list[WarehouseError] = []

    def run(number: int) -> None:
        try:
            warehouse.run(build(f"long{number}", FOREVER), bound())
        except WarehouseError as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert not errors
    warehouse.cancel()
    for thread in threads:
        thread.join(10)
    assert [each.interrupted for each in errors] == [True] * 4
    assert warehouse.observe(PROD).builds == {"warm"}


def test_what_is_published_meanwhile_is_not_forgotten(open_one: Any) -> None:
    """Whichever comes first, a release never lacks its builds."""
    for number in range(8):
        key = f"k{number}"
        maker = open_one()
        maker.run(build(key, "SELECT 1 AS id"), bound())
        maker.close()
        publisher, pruner = open_one(), open_one()
        step = publish([port({"orders": (key, ["id"])})], product=f"sales.p{number}")

        def publish_it(publisher: Any = publisher, step: Step = step) -> None:
            with suppress(WarehouseError):
                publisher.run(step, bound(f"run_{step.product}"))

        thread = threading.Thread(target=publish_it)
        thread.start()
        time.sleep(number * 0.004)
        pruner.forget([], frozenset(), NOW)
        thread.join(30)
        for release in open_one().observe(Scope("prod", (step.product,))).releases.values():
            assert release.keys <= open_one().observe(PROD).builds


def test_a_large_answer_is_streamed(warehouse: Any) -> None:
    select = "SELECT x AS id, repeat('x', 40) AS t FROM generate_series(1, 2000000) AS g(x)"
    with warehouse.query(select, []) as answer:
        assert answer.columns == ("id", "t")
        batches = iter(RecordBatchReader.from_stream(answer))
        first = next(batches).num_rows
        assert 0 < first < 2000000
        assert first + sum(batch.num_rows for batch in batches) == 2000000


def test_an_answer_that_nobody_reads_is_let_go(warehouse: Any) -> None:
    warehouse.run(build("a", "SELECT x AS id FROM generate_series(1, 300000) AS g(x)"), bound())
    with warehouse.query("SELECT id FROM sales.orders.seen", [shown_as("seen", "a", ["id"])]):
        pass
    assert warehouse.observe(PROD).builds == {"a"}


def test_many_threads_build_at_once(warehouse: Any, relation: Any) -> None:
    warehouse.run(build("root", "SELECT 1 AS id"), bound())

    def work(number: int) -> None:
        for step in range(5):
            shared, own = f"k{step}", f"own{number}_{step}"
            select = f"SELECT r.id + {step} AS id FROM {relation('root')} AS r"
            warehouse.run(build(shared, select, ["root"]), bound())
            select = f"SELECT k.id FROM {relation(shared)} AS k"
            warehouse.run(build(own, select, [shared]), bound())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(warehouse.observe(PROD).builds) == 26
    assert rows_of(warehouse, "own3_4", ["id"]) == [(5,)]
