"""Several programs at one warehouse: rivals, readers, and those that are killed."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from warehouse_kinds import Place
from warehouse_process import PROD, start
from warehouse_steps import PRODUCT, bound, build, port, publish, rows, rows_of, show, show_pair

from weft.warehouses.protocol import Conflict


def end(process: subprocess.Popen[str], said: str = "") -> list[str]:
    """Tell a program the rest, wait for its end, and return what it printed."""
    out, err = process.communicate(said, timeout=180)
    assert process.returncode == 0, err
    return out.split()


def test_two_programs_build_the_same_keys(place: Place, open_one: Any) -> None:
    keys = [f"k{number}" for number in range(10)]
    select = "SELECT x AS id FROM generate_series(1, 20000) t(x)"
    rivals = [start("builder", place.text(), f"run_{each}", select) for each in (1, 2)]
    for process in rivals:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in rivals:
        assert process.stdin
        process.stdin.write("".join(f"{key}\n" for key in keys))
        process.stdin.flush()
    told = [end(process) for process in rivals]
    assert [sorted(pair) for pair in zip(*told, strict=True)] == [["made", "reused"]] * len(keys)
    warehouse = open_one()
    assert warehouse.observe(PROD).builds == set(keys)
    assert all(len(rows_of(warehouse, key, ["id"])) == 20000 for key in keys)


def test_two_programs_publish_the_same_numbers(place: Place) -> None:
    rounds = 15
    rivals = [start("race", place.text(), f"run_{each}", rounds) for each in (1, 2)]
    won = [int(number) for process in rivals for number in end(process)]
    assert sorted(won) == list(range(1, rounds + 1))


def test_threads_publish_the_same_number(warehouse: Any, open_one: Any) -> None:
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    step = publish([port({"orders": ("a", ["id"])})])

    def work(number: int) -> bool:
        try:
            return not open_one().run(step, bound(f"rival_{number}", number)).reused
        except Conflict:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(1, 9))) == 1
    assert len(warehouse.history("prod", PRODUCT)) == 1


def test_readers_never_see_a_mixture(place: Place, open_one: Any) -> None:
    """Two ports of one product always show the same release, whichever way they are read."""
    publishes = 60
    show_pair(open_one(), 1)
    readers = [start("reader", place.text(), publishes) for _ in range(2)]
    end(start("publisher", place.text(), 2, publishes))
    for process in readers:
        out, err = process.communicate(timeout=180)
        assert process.returncode == 0, err
        seen = [line.split() for line in out.splitlines()]
        assert len({left for left, _ in seen}) > 5
        assert [pair for pair in seen if pair[0] != pair[1]] == []


def test_one_moment_stays_one_release(place: Place, warehouse: Any) -> None:
    """What began before a publish reads on as if there had been none, and is never empty."""
    show_pair(warehouse, 1)
    show_pair(warehouse, 2)
    with place.reading() as read:
        read("SELECT 1")
        for number in (3, 4, 5, 6):
            show_pair(warehouse, number)
        assert read("SELECT n FROM sales__orders.x") == [(2,)]
        assert read("SELECT n FROM sales__orders.y_v1") == [(2,)]
    with place.reading() as read:
        assert read("SELECT x.n, y.n FROM sales__orders.x, sales__orders.y") == [(6, 6)]


def test_a_killed_builder_leaves_nothing(place: Place, open_one: Any) -> None:
    process = start("forever", place.text())
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.kill()
    process.communicate(timeout=10)
    warehouse = open_one()
    assert warehouse.observe(PROD).builds == {"before"}
    outcome = warehouse.run(build("a", "SELECT 7 AS id"), bound("run_2"))
    assert not outcome.reused
    assert rows_of(warehouse, "a", ["id"]) == [(7,)]


def test_killed_at_any_moment(place: Place, open_one: Any) -> None:
    """Each try is killed a little later than the last, on what that one left."""
    victims = start("victims", place.text())
    assert victims.stdin and victims.stdout
    killed = 0
    for milliseconds in range(0, 2000, 7):
        victims.stdin.write(f"{place.text()}\trun_{milliseconds}\t{milliseconds}\n")
        victims.stdin.flush()
        code = int(victims.stdout.readline())
        assert code in (0, -9)
        if code == 0:
            break
        killed += 1
        assert_good(open_one())
    end(victims)
    assert killed > 2
    last = open_one()
    assert_good(last)
    with place.reading() as read:
        assert read("SELECT count(*) FROM sales__orders.orders") == [(10,)]
    assert last.observe(PROD).builds == {"a", "v"}
    assert len(rows(last.failing_rows("audit_1", "required_name"))) == 10


def assert_good(warehouse: Any) -> None:
    """What is published is whole."""
    observed = warehouse.observe(PROD)
    if PRODUCT in observed.releases:
        assert {"a", "v"} <= observed.builds
        assert len(rows_of(warehouse, "v", ["id"])) == 10


def test_an_older_run_shows_nothing(place: Place, warehouse: Any, open_one: Any) -> None:
    """A run that lost its lock, and with it the newest fence, cannot publish over its heir."""
    for key in ("a", "b"):
        warehouse.run(build(key, f"SELECT '{key}' AS id"), bound())
    show(warehouse, publish([port({"orders": ("a", ["id"])})]), bound("run_2", 7))
    late = publish([port({"orders": ("b", ["id"])})], expected=1)
    with pytest.raises(Conflict):
        open_one().run(late, bound("run_0", 6))
    with place.reading() as read:
        assert read("SELECT id FROM sales__orders.orders") == [("a",)]
    show(warehouse, late, bound("run_2", 7))
    with place.reading() as read:
        assert read("SELECT id FROM sales__orders.orders") == [("b",)]
