"""When a product is due, and why: by its promises, by what it reads, and by what a run found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.app.zones import zone_named
from weft.mesh.service_level import Probe, ServiceLevel
from weft.plan.due import Due, Timing, confirmed, due_products
from weft.plan.outages import Turn

HOUR = 3_600.0
START = datetime(2026, 11, 20, 12, tzinfo=UTC)
LAST = "2026-11-20T12:00:00.000Z"

DAILY = ServiceLevel("frequency", "frequency", "1 d", Probe.REFRESH, 24 * HOUR)
FRESH = ServiceLevel("latency", "latency", "6 h", Probe.REFRESH, 6 * HOUR)
BY_SIX = ServiceLevel(
    "timeOfAvailability", "timeOfAvailability", "06:00 UTC", Probe.BY_TIME, 6 * HOUR, zone="UTC"
)
FLIGHTS = Timing("operations.flights", (DAILY,), LAST)


def due(*timings: Timing, hours: float = 0, minutes: float = 0) -> dict[str, Due]:
    now = START + timedelta(hours=hours, minutes=minutes)
    return due_products(timings, now.timestamp(), zone_named)


def one(timing: Timing, hours: float = 0, minutes: float = 0) -> tuple[bool, str]:
    [found] = due(timing, hours=hours, minutes=minutes).values()
    return found.due, found.why


def test_a_product_is_due_shortly_before_its_promise_would_break() -> None:
    assert one(FLIGHTS, 22, 59) == (False, "until 2026-11-21 11:00Z")
    assert one(FLIGHTS, 23, 10) == (True, "promised every 1 d, last 23 h 10 min ago")
    assert one(FLIGHTS, 30) == (True, "promised every 1 d, last 1 d 6 h ago")


def test_a_product_is_due_when_an_outage_begins_or_ends() -> None:
    """Also one that promises nothing, is held, or waits; and not sooner for it."""
    turns = (Turn("2026-11-20T15:00:00.000Z", "the outage begins"),)
    for timing in (
        Timing("a.b", refreshed=LAST, turns=turns),
        replace(FLIGHTS, turns=turns),
        replace(FLIGHTS, turns=turns, held="mara holds it"),
    ):
        assert one(timing, 3) == (True, "the outage begins")
        assert due(timing, hours=3)["a.b" if not timing.levels else FLIGHTS.product].promised
    assert one(replace(FLIGHTS, turns=turns), 2.9) == (
        False,
        "until 2026-11-20 15:00Z: the outage begins",
    )
    assert one(replace(FLIGHTS, turns=turns, held="mara holds it"), 2) == (False, "mara holds it")
    later = (Turn("2026-11-22T15:00:00.000Z", "the outage begins"),)
    assert one(replace(FLIGHTS, turns=later), 22) == (False, "until 2026-11-21 11:00Z")


def test_a_short_promise_leaves_a_tenth_of_its_time() -> None:
    often = replace(DAILY, target=HOUR)
    timing = replace(FLIGHTS, levels=(often,))
    assert one(timing, minutes=53)[0] is False
    assert one(timing, minutes=54) == (True, "promised every 1 h, last 54 min ago")


def test_the_promise_that_is_due_first_counts() -> None:
    timing = replace(FLIGHTS, levels=(DAILY, FRESH))
    assert one(timing, 5) == (False, "until 2026-11-20 17:24Z")
    assert one(timing, 5.5) == (True, "promised within 6 h, last 5 h 30 min ago")


def test_a_time_of_day_makes_it_due_from_the_midnight_before() -> None:
    timing = replace(FLIGHTS, levels=(BY_SIX,))
    assert one(timing, 11.9) == (False, "until 2026-11-21 00:00Z")
    assert one(timing, 12) == (True, "promised by 06:00 UTC each day, last 12 h ago")
    elsewhere = replace(BY_SIX, zone="+02:00")
    assert one(replace(FLIGHTS, levels=(elsewhere,)), 9.9) == (False, "until 2026-11-20 22:00Z")


def test_what_promises_no_time_is_due_in_every_run() -> None:
    found = due(Timing("a.b", refreshed=LAST))["a.b"]
    assert (found.due, found.promised) == (True, False)


def test_what_was_never_refreshed_is_due() -> None:
    assert one(replace(FLIGHTS, refreshed="")) == (True, "it was never refreshed")


def test_a_refresh_in_the_future_says_nothing() -> None:
    """A clock that was wrong for an hour must not stop all refreshes for years."""
    ahead = replace(FLIGHTS, refreshed="2030-01-01T12:00:00.000Z")
    assert one(ahead) == (True, "its last refresh is 1138 d ahead of the clock")
    assert one(FLIGHTS, -0.5) == (False, "until 2026-11-21 11:00Z")


def test_what_a_person_holds_is_not_due() -> None:
    held = replace(FLIGHTS, held="mara holds it: wrong fares")
    assert one(held, 48) == (False, "mara holds it: wrong fares")


LEVELS = st.builds(
    ServiceLevel,
    name=st.just("level"),
    property=st.sampled_from(("frequency", "latency")),
    promised=st.just("promised"),
    probe=st.sampled_from((Probe.REFRESH, Probe.NEWEST, Probe.BY_TIME)),
    target=st.floats(60, 40 * 24 * HOUR),
    zone=st.sampled_from(("UTC", "Europe/Berlin", "America/New_York", "-11:00")),
)


@given(st.lists(LEVELS, min_size=1, max_size=4), st.floats(0, 2000), st.floats(0, 2000))
def test_what_is_due_stays_due_until_it_is_refreshed(
    levels: list[ServiceLevel], hours: float, more: float
) -> None:
    timing = replace(FLIGHTS, levels=tuple(levels))
    early, late = (due(timing, hours=each)[timing.product] for each in (hours, hours + more))
    assert late.due or not early.due
    assert early.next == late.next
    assert not due(timing)[timing.product].due


@given(st.lists(LEVELS, min_size=1, max_size=4))
def test_a_product_is_due_before_the_first_of_its_promises_breaks(
    levels: list[ServiceLevel],
) -> None:
    ages = [each.target for each in levels if each.probe is not Probe.BY_TIME]
    timing = replace(FLIGHTS, levels=tuple(levels))
    if ages:
        assert due(timing, hours=min(ages) / HOUR)[timing.product].due


def test_what_promises_no_time_is_due_whoever_holds_it() -> None:
    held = Timing("a.b", refreshed=LAST, held="mara holds it: wrong fares")
    reader = Timing("a.c", refreshed=LAST, reads=("a.b",), reads_others=False)
    promising = replace(reader, product="a.d", reads=("a.c",), levels=(DAILY,))
    found = due(held, reader, promising, hours=30)
    assert [each.due for each in found.values()] == [True, True, False]
    assert found["a.d"].waits == ("a.c",)


READER = Timing("punctuality.daily", (DAILY,), LAST, ("operations.flights",), reads_others=False)
HELD = replace(FLIGHTS, held="mara holds it: wrong fares")


def test_a_product_waits_for_all_that_it_reads() -> None:
    found = due(HELD, READER, hours=30)[READER.product]
    assert (found.due, found.why) == (False, "waits for operations.flights")
    assert found.waits == ("operations.flights",)


def test_what_reads_something_that_waits_waits_as_well() -> None:
    further = replace(READER, product="shop.window", reads=(READER.product,))
    found = due(HELD, READER, further, hours=30)
    assert found["shop.window"].waits == (READER.product,)


@pytest.mark.parametrize(
    "reader",
    [
        replace(READER, reads_others=True),
        replace(READER, reads=("operations.flights", "weather.observations")),
        replace(READER, reads=("weather.observations",)),
        replace(READER, reads=()),
    ],
)
def test_a_product_that_reads_something_else_waits_for_nothing(reader: Timing) -> None:
    assert due(HELD, reader, hours=30)[reader.product].due


def test_a_product_does_not_wait_for_one_that_is_only_not_due() -> None:
    monthly = replace(FLIGHTS, levels=(replace(DAILY, target=30 * 24 * HOUR),))
    found = due(monthly, READER, hours=30)
    assert [each.due for each in found.values()] == [False, True]


def test_what_was_looked_at_and_is_as_its_sources_is_confirmed() -> None:
    both = {FLIGHTS.product, READER.product}
    assert confirmed((FLIGHTS, READER), both, set()) == (FLIGHTS.product, READER.product)
    assert confirmed((FLIGHTS, READER), {READER.product}, set()) == (READER.product,)


def test_what_reads_something_unsettled_is_not_confirmed() -> None:
    further = replace(READER, product="shop.window", reads=(READER.product,))
    everything = {FLIGHTS.product, READER.product, further.product}
    assert confirmed((FLIGHTS, READER, further), everything, {FLIGHTS.product}) == ()
    assert confirmed((FLIGHTS, READER, further), everything, {READER.product}) == (FLIGHTS.product,)
