"""What was measured is kept by moment, given back from a time on, and goes when it is old."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

from weft.mesh.service_level import Measurement
from weft.store.opening import open_store
from weft.store.protocol import Outdated, Store

FIRST = Measurement("sales.orders", "lines", 1, "latency", "2026-03-01T10:00:00.000Z", 60)
LATER = replace(FIRST, at="2026-03-02T10:00:00.000Z", value=None, problem="no row has a value")
LAST = replace(FIRST, at="2026-03-03T10:00:00.000Z", value=9_000_000_000)
OTHERS = (
    replace(FIRST, major=2),
    replace(FIRST, port="returns"),
    replace(FIRST, product="sales.prices"),
    replace(FIRST, level="latency of lines.sold_at"),
)
BEGINNING = "2026-01-01"


def test_nothing_is_measured_at_first(store: Store) -> None:
    assert store.measurements.since("prod", ["sales.orders"], BEGINNING) == ()
    store.measurements.add("prod", [])


def test_what_was_measured_is_kept(open_one: Callable[[], Store]) -> None:
    open_one().measurements.add("prod", [LAST, FIRST, LATER])
    there = open_one().measurements
    assert there.since("prod", ["sales.orders"], BEGINNING) == (FIRST, LATER, LAST)
    assert there.since("dev", ["sales.orders"], BEGINNING) == ()
    assert there.since("prod", ["sales.prices"], BEGINNING) == ()


def test_a_moment_has_one_measurement(store: Store) -> None:
    store.measurements.add("prod", [LATER])
    store.measurements.add("prod", [replace(LATER, value=5, problem="")])
    [found] = store.measurements.since("prod", ["sales.orders"], BEGINNING)
    assert (found.value, found.problem) == (5, "")


def test_what_was_known_at_a_time_comes_first(store: Store) -> None:
    store.measurements.add("prod", [FIRST, LATER, LAST, *OTHERS])
    found = store.measurements.since("prod", ["sales.orders"], "2026-03-02T12:00:00Z")
    assert [each for each in found if each not in OTHERS] == [LATER, LAST]
    assert {*found} - {LATER, LAST} == {*OTHERS} - {OTHERS[2]}


def test_only_the_last_is_given_where_all_is_older(store: Store) -> None:
    store.measurements.add("prod", [FIRST, LATER, LAST])
    assert store.measurements.since("prod", ["sales.orders"], "2026-04-01T00:00:00Z") == (LAST,)


def test_what_is_old_goes_unless_it_is_the_last_of_its_kind(store: Store) -> None:
    store.measurements.add("prod", [FIRST, LATER, LAST, OTHERS[0]])
    store.forget(Outdated("skyline", BEGINNING, measured="2026-03-03T00:00:00+00:00"))
    found = store.measurements.since("prod", ["sales.orders"], BEGINNING)
    assert set(found) == {LAST, OTHERS[0]}


def test_nothing_goes_where_nobody_says_since_when(store: Store) -> None:
    store.measurements.add("prod", [FIRST, LAST])
    store.forget(Outdated("skyline", "2027-01-01T00:00:00Z"))
    assert len(store.measurements.since("prod", ["sales.orders"], BEGINNING)) == 2


def test_measurements_move_with_the_store(store: Store, tmp_path: object) -> None:
    store.measurements.add("prod", [FIRST, LATER, LAST])
    file = io.BytesIO()
    store.export(file)
    other = open_store(f"sqlite:///{tmp_path}/other.db", "skyline", "second", "/")
    try:
        other.restore(file, "ana", FIRST.at)
        moved = other.measurements.since("prod", ["sales.orders"], BEGINNING)
        assert moved == (FIRST, LATER, LAST)
    finally:
        other.close()


def test_measuring_is_no_act_of_a_person(store: Store) -> None:
    before = store.audit.entries()
    store.measurements.add("prod", [FIRST])
    assert store.audit.entries() == before
    assert store.audit.verify()[1] == ""
