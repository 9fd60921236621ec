"""Reads are counted by reader and day; what consumers were told stays in its order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from weft.mesh.consumption import EnforcedEnd, Notice, NoticeKind, PortReads, ReadBy
from weft.mesh.run import Run, RunState
from weft.store.protocol import Finished, Outdated, Store

AT = "2026-11-21T10:00:00.000Z"
LATER = "2026-11-21T12:00:00.000Z"
ANA = PortReads("sales.orders", "lines", 1, ReadBy.QUERY, "ana", "2026-11-21", 1, AT)
TOLD = Notice(
    "sales.orders", "lines", 1, "finance.margin", NoticeKind.DEPRECATED, "lines@1 ends 2027-03-01"
)
RUN = Run("run1", "apply", "prod", "plan1", RunState.RUNNING, AT, "mara", "host", 1)


def finish(store: Store, finished: Finished) -> None:
    [lock] = store.journal.begin(RUN, [finished.product], b"{}")
    store.journal.finish(lock, finished, RUN, LATER)


def test_nobody_read_at_first(store: Store) -> None:
    assert store.reads.of("", ["sales.orders"]) == ()
    store.reads.add("prod", [])
    assert store.reads.of("prod", ["sales.orders"]) == ()


def test_reads_of_a_day_are_one_count(open_one: Callable[[], Store]) -> None:
    open_one().reads.add("prod", [ANA])
    open_one().reads.add("prod", [replace(ANA, count=2, last=LATER), replace(ANA, major=2)])
    assert open_one().reads.of("prod", ["sales.orders"]) == (
        replace(ANA, count=3, last=LATER),
        replace(ANA, major=2),
    )


def test_an_earlier_read_that_comes_late_does_not_hide_the_last(store: Store) -> None:
    store.reads.add("prod", [replace(ANA, last=LATER)])
    store.reads.add("prod", [ANA])
    assert store.reads.of("prod", ["sales.orders"]) == (replace(ANA, count=2, last=LATER),)


def test_reads_of_one_environment_and_of_all(store: Store) -> None:
    store.reads.add("prod", [ANA])
    store.reads.add("dev", [replace(ANA, reader="ben")])
    assert store.reads.of("prod", ["sales.orders"]) == (ANA,)
    assert len(store.reads.of("", ["sales.orders"])) == 2
    assert store.reads.of("", ["sales.other"]) == ()


def test_a_product_that_ends_in_a_run_reads_and_tells(open_one: Callable[[], Store]) -> None:
    built = replace(ANA, kind=ReadBy.BUILD, reader="finance.margin")
    again = replace(TOLD, kind=NoticeKind.SUNSET, message="lines@1 ends 2027-06-30")
    override = EnforcedEnd("sales.orders.lines@1", "kim", "it shows names")
    store = open_one()
    finished = Finished(
        "sales.orders", "prod", notices=(TOLD, again), reads=(built,), overrides=(override,)
    )
    finish(store, finished)
    assert open_one().reads.of("prod", ["sales.orders"]) == (built,)
    told = (replace(TOLD, at=LATER), replace(again, at=LATER))
    assert open_one().notices.of("prod", ["sales.orders"]) == told
    assert open_one().notices.of("dev", ["sales.orders"]) == ()
    [entry] = [each for each in store.audit.entries() if each.action == "port.ended"]
    assert (entry.actor, entry.subject) == (RUN.actor, "sales.orders.lines@1")
    assert entry.detail == '{"by":"kim","reason":"it shows names"}'


def test_old_reads_are_forgotten_but_for_the_last_of_each_reader(store: Store) -> None:
    old = replace(ANA, day="2026-01-01", last="2026-01-01T10:00:00.000Z")
    only = replace(old, reader="ben")
    store.reads.add("prod", [old, only, ANA])
    before = "2026-06-01T00:00:00.000Z"
    store.forget(Outdated("root", before, measured=before))
    assert store.reads.of("prod", ["sales.orders"]) == (ANA, only)


def test_reads_count_among_the_rows_of_their_environment(store: Store) -> None:
    store.reads.add("dev", [ANA])
    assert (store.rows("dev"), store.rows("prod")) == (1, 0)
