"""Objectives, error budgets and burn rates, as the workbook of the SREs counts them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.contract.budget import ALERTS, DAY, WINDOWS, alert, budget, budgets
from weft.contract.kept_spans import Span

NOW = 1_000 * DAY
HOUR = 3_600.0


def cut(edges: list[float], kept: list[bool]) -> list[Span]:
    """Stretches between neighbouring edges, given in days before now."""
    moments = sorted(NOW - each * DAY for each in set(edges))
    pairs = zip(moments, moments[1:], kept, strict=False)
    return [Span(start, end, good) for start, end, good in pairs]


EDGES = st.lists(st.floats(0, 100, allow_nan=False), min_size=2, max_size=30)
KEPT = st.lists(st.booleans(), min_size=30, max_size=30)
OBJECTIVES = st.floats(0.5, 0.9999)


def test_nothing_known_leaves_the_whole_budget_and_says_so() -> None:
    found = budget([], 0.99, NOW, 30)
    assert (found.met, found.known, found.left, found.burn) == (None, 0, 1, None)


def test_a_window_counts_only_what_lies_in_it() -> None:
    spans = [Span(NOW - 100 * DAY, NOW - 29 * DAY, False), Span(NOW - 29 * DAY, NOW, True)]
    found = budget(spans, 0.5, NOW, 30)
    assert found.met == pytest.approx(29 / 30)
    assert (found.known, found.left) == (1, pytest.approx(1 - 1 / 15))
    assert budget(spans, 0.5, NOW, 7).left == 1


def test_99_percent_of_30_days_leave_432_minutes() -> None:
    spent = Span(NOW - 432 * 60, NOW, False)
    found = budget([Span(NOW - 30 * DAY, spent.start, True), spent], 0.99, NOW, 30)
    assert (found.left, found.burn) == (pytest.approx(0, abs=1e-9), pytest.approx(1))


def test_where_nothing_may_go_wrong_the_budget_is_all_or_nothing() -> None:
    good, bad = Span(NOW - DAY, NOW - 1, True), Span(NOW - 1, NOW, False)
    assert budget([good], 1.0, NOW, 7).left == 1
    assert budget([good, bad], 1.0, NOW, 7).left == 0
    assert budget([good, bad], 1.0, NOW, 7).burn is None


def test_there_is_a_budget_for_every_window() -> None:
    assert tuple(each.days for each in budgets([], 0.99, NOW)) == WINDOWS == (7, 30, 90)


DAILY = [
    Span(NOW - 100 * DAY, NOW - 60 * DAY, True),
    Span(NOW - 60 * DAY, NOW - 58 * DAY, False),
    Span(NOW - 58 * DAY, NOW - 20 * DAY, True),
    Span(NOW - 20 * DAY, NOW - 19 * DAY, False),
    Span(NOW - 19 * DAY, NOW - 3 * DAY, True),
    Span(NOW - 3 * DAY, NOW - 2.5 * DAY, False),
    Span(NOW - 2.5 * DAY, NOW, True),
]
"""Not kept for 48 hours, for 24 and for 12, in each window one of them more."""


@pytest.mark.parametrize(
    ("days", "broken", "allowed"),
    # 1 % of the hours of the window, and what went wrong in it.
    [(7, 12, 1.68), (30, 12 + 24, 7.2), (90, 12 + 24 + 48, 21.6)],
)
def test_windows_counted_by_hand(days: int, broken: float, allowed: float) -> None:
    found = budget(DAILY, 0.99, NOW, days)
    assert found.met == pytest.approx(1 - broken / (days * 24))
    assert found.left == pytest.approx(1 - broken / allowed)
    assert found.burn == pytest.approx(broken / allowed)
    assert (found.known, found.since) == (1, "")


def test_gaps_count_for_nothing_and_are_said() -> None:
    hours = range(0, 30 * 24, 4)
    spans = [Span(NOW - (at + 1) * HOUR, NOW - at * HOUR, kept=at % 40 != 0) for at in hours]
    found = budget(spans, 0.95, NOW, 30)
    # One hour of four is known, and of these every tenth was not kept: 18 of 180.
    assert (found.known, found.met) == (pytest.approx(0.25), pytest.approx(0.9))
    # 5 % of 720 hours are 36, and 10 % of what is known is twice as fast as may be.
    assert (found.left, found.burn) == (pytest.approx(1 - 18 / 36), pytest.approx(2))
    assert found.since == ""


def test_what_was_published_yesterday_says_since_when() -> None:
    yesterday = NOW - 28 * HOUR
    spans = [Span(yesterday, NOW - HOUR, True), Span(NOW - HOUR, NOW, False)]
    week, month, quarter = budgets(spans, 0.99, NOW)
    assert [each.since for each in (week, month, quarter)] == ["1972-09-25T20:00:00+00:00"] * 3
    assert week.met == month.met == quarter.met == pytest.approx(27 / 28)
    assert month.known == pytest.approx(28 / 720)
    # The budget is that of the whole window, of which one hour is gone.
    assert [each.left for each in (week, month, quarter)] == [
        pytest.approx(1 - 1 / 1.68),
        pytest.approx(1 - 1 / 7.2),
        pytest.approx(1 - 1 / 21.6),
    ]


def test_a_window_whose_first_hours_alone_are_not_known_is_a_whole_one() -> None:
    spans = [Span(NOW - 29.5 * DAY, NOW, True)]
    assert [each.since for each in budgets(spans, 0.99, NOW)] == [
        "",
        "",
        "1972-08-28T12:00:00+00:00",
    ]


@given(EDGES, KEPT, OBJECTIVES, st.randoms(use_true_random=False))
def test_the_order_of_stretches_does_not_matter(
    edges: list[float], kept: list[bool], objective: float, chance: random.Random
) -> None:
    spans = cut(edges, kept)
    first = budget(spans, objective, NOW, 30)
    chance.shuffle(spans)
    again = budget(spans, objective, NOW, 30)
    assert again.left == pytest.approx(first.left)
    assert again.known == pytest.approx(first.known)


@given(EDGES, KEPT, OBJECTIVES, st.sampled_from(WINDOWS))
def test_shares_are_shares_and_more_than_everything_is_never_left(
    edges: list[float], kept: list[bool], objective: float, days: int
) -> None:
    found = budget(cut(edges, kept), objective, NOW, days)
    assert found.left <= 1
    assert 0 <= found.known <= 1
    assert found.met is None or 0 <= found.met <= 1
    assert (found.met is None) == (found.known == 0) == (found.burn is None)


@given(EDGES, KEPT, OBJECTIVES)
def test_more_that_goes_wrong_never_leaves_more(
    edges: list[float], kept: list[bool], objective: float
) -> None:
    worse = [good and place % 2 == 0 for place, good in enumerate(kept)]
    before = budget(cut(edges, kept), objective, NOW, 30)
    assert budget(cut(edges, worse), objective, NOW, 30).left <= before.left


@given(st.floats(0.01, 1), st.floats(0.5, 0.999), st.sampled_from(WINDOWS))
def test_a_constant_share_of_errors_burns_at_that_share_of_what_is_allowed(
    errors: float, objective: float, days: int
) -> None:
    spans = []
    for hour in range(days * 24):
        start = NOW - days * DAY + hour * HOUR
        spans.append(Span(start, start + errors * HOUR, False))
        spans.append(Span(start + errors * HOUR, start + HOUR, True))
    found = budget(spans, objective, NOW, days)
    assert found.burn == pytest.approx(errors / (1 - objective))
    assert found.left == pytest.approx(1 - errors / (1 - objective))


@pytest.mark.parametrize(
    ("errors", "name"),
    [(0.145, "page"), (0.061, "page"), (0.011, "ticket"), (0.0099, None)],
)
def test_an_alert_wants_the_burn_rate_in_both_of_its_windows(
    errors: float, name: str | None
) -> None:
    minute, spans = 60.0, []
    for number in range(30 * 24 * 60):
        start = NOW - (number + 1) * minute
        spans.append(Span(start, start + errors * minute, False))
        spans.append(Span(start + errors * minute, start + minute, True))
    found = alert(spans, 0.99, NOW)
    assert (found and found.name) == name


def test_an_alert_ends_soon_after_its_cause() -> None:
    began, ended = NOW - 30 * 60, NOW - 6 * 60
    spans = [Span(NOW - 30 * DAY, began, True), Span(began, ended, False)]
    assert alert(spans, 0.99, ended) == ALERTS[0]
    found = alert([*spans, Span(ended, NOW, True)], 0.99, NOW)
    assert found != ALERTS[0]
