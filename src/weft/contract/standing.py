"""Promise against reality: how a service level stands now, and how it was kept lately."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from weft.contract.budget import Alert, Budget, alert, budgets
from weft.contract.kept_spans import PER_MILLION, Fact, Span, facts_of, kept_spans, usual_rows
from weft.contract.service_levels import Zones
from weft.mesh.service_level import Measurement, Probe, ServiceLevel
from weft.mesh.words import count, duration

_JUDGED_BY = 30
"""The window, in days, whose budget tells that a level is spent."""


class State(StrEnum):
    """How a service level stands, worst first."""

    BROKEN = "broken"
    SPENT = "budget spent"
    BURNING = "at risk"
    UNKNOWN = "not measured yet"
    ENDED = "ended"
    KEPT = "kept"
    UNMEASURABLE = "not measurable"


_ORDER = {state: place for place, state in enumerate(State)}


@dataclass(frozen=True)
class Standing:
    """How a service level of a port version stands.

    `found` says in words what it is now, or why that is not known. `budgets` are those of all
    windows, none where nothing counts up; `alert` is the burn rate that somebody has to look at.
    `at` is the moment of what is known last, an ISO time.
    """

    port: str
    level: ServiceLevel
    state: State
    found: str
    at: str = ""
    budgets: tuple[Budget, ...] = ()
    alert: Alert | None = None


def standing(
    port: str, level: ServiceLevel, measured: Sequence[Measurement], now: float, zones: Zones
) -> Standing:
    """How a level stands by what was measured of it, in any order; `now` is since 1970."""
    if level.probe is None:
        return Standing(port, level, State.UNMEASURABLE, level.why)
    if level.probe in (Probe.BEGIN, Probe.END):
        return _of_a_day(port, level, now)
    last = max(measured, key=lambda each: each.at, default=None)
    spans = kept_spans(level, measured, now, zones(level.zone) or UTC)
    facts = tuple(facts_of(measured, now))
    if last is None or not facts:
        why = last.problem if last else "nothing was measured yet"
        return Standing(port, level, State.UNKNOWN, why, last.at if last else "")
    counted = budgets(spans, level.objective, now)
    burning = alert(spans, level.objective, now)
    found = last.problem or _FOUND[level.probe](level, facts, now)
    state = _state(spans, counted, burning)
    return Standing(port, level, state, found, last.at, counted, burning)


def worst_first(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """Sort what is worst to the front: by state, then by what is left of the budget."""
    return tuple(sorted(standings, key=_badness))


def _badness(each: Standing) -> tuple[int, float, str, str]:
    left = min((it.left for it in each.budgets if it.days == _JUDGED_BY), default=1.0)
    return _ORDER[each.state], left, each.port, each.level.name


def _state(spans: Sequence[Span], counted: Sequence[Budget], burning: Alert | None) -> State:
    if not spans:
        return State.UNKNOWN
    if not spans[-1].kept:
        return State.BROKEN
    if any(each.days == _JUDGED_BY and each.left <= 0 for each in counted):
        return State.SPENT
    return State.BURNING if burning else State.KEPT


def _of_a_day(port: str, level: ServiceLevel, now: float) -> Standing:
    """How a first or a last day stands: all that is asked is whether it has come."""
    left = level.target - now
    if level.probe is Probe.BEGIN:
        found = f"in {duration(left)}" if left > 0 else f"for {duration(-left)}"
        return Standing(port, level, State.KEPT, found)
    if left > 0:
        return Standing(port, level, State.KEPT, f"{duration(left)} left")
    return Standing(port, level, State.ENDED, f"{duration(-left)} ago")


_Say = Callable[[ServiceLevel, Sequence[Fact], float], str]


def _age(_: ServiceLevel, facts: Sequence[Fact], now: float) -> str:
    return f"{duration(now - facts[-1].at + facts[-1].value)} old"


def _refreshed(_: ServiceLevel, facts: Sequence[Fact], now: float) -> str:
    return f"refreshed {duration(now - facts[-1].at)} ago"


def _by_time(level: ServiceLevel, facts: Sequence[Fact], now: float) -> str:
    at = datetime.fromtimestamp(facts[-1].at, UTC)
    return f"refreshed last {at:%Y-%m-%d %H:%M}Z"


def _answered(_: ServiceLevel, facts: Sequence[Fact], now: float) -> str:
    said = "answered" if facts[-1].value else "did not answer"
    return f"{said} {duration(now - facts[-1].at)} ago"


def _rows(_: ServiceLevel, facts: Sequence[Fact], now: float) -> str:
    usual = usual_rows([each.value for each in facts[:-1]])
    rows = count(facts[-1].value, "row")
    if not usual:
        return rows
    return f"{rows}, {facts[-1].value / usual:.1%} of the usual"


def _oldest(_: ServiceLevel, facts: Sequence[Fact], now: float) -> str:
    return f"oldest row {duration(now - facts[-1].at + facts[-1].value)} old"


def _failing(_: ServiceLevel, facts: Sequence[Fact], now: float) -> str:
    return f"{facts[-1].value / PER_MILLION:.4%} of the rows fail"


_FOUND: Mapping[Probe, _Say] = {
    Probe.NEWEST: _age,
    Probe.REFRESH: _refreshed,
    Probe.BY_TIME: _by_time,
    Probe.ANSWER: _answered,
    Probe.ROWS: _rows,
    Probe.OLDEST: _oldest,
    Probe.FAILING: _failing,
}
