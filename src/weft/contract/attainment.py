"""Promise against reality: how a service level stands now, and how it was kept lately."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from weft.contract.budget import Alert, Budget, alert, budgets
from weft.contract.changing_promises import Promise, spans_by_promise
from weft.contract.kept_spans import PER_MILLION, Fact, Span, facts_of, kept_spans, usual_rows
from weft.contract.service_levels import Zones
from weft.mesh.service_level import Measurement, Probe, ServiceLevel
from weft.mesh.words import count, duration

_A_MOMENT = 0.001
"""What was measured just now holds already: clocks count in thousandths of a second."""

_JUDGED_BY = 30
"""The window, in days, whose budget tells that a level is spent."""


class LevelState(StrEnum):
    """How a service level stands, worst first."""

    BROKEN = "broken"
    SPENT = "budget spent"
    BURNING = "at risk"
    UNKNOWN = "not measured yet"
    ENDED = "ended"
    KEPT = "kept"
    UNMEASURABLE = "not measurable"


_ORDER = {state: place for place, state in enumerate(LevelState)}


@dataclass(frozen=True)
class Attainment:
    """How a service level of a port version stands.

    `found` says in words what it is now, or why that is not known. `budgets` are those of all
    windows, none where nothing counts up; `alert` is the burn rate that somebody has to look at.
    `at` is the moment of what is known last, an ISO time.
    """

    port: str
    level: ServiceLevel
    state: LevelState
    found: str
    at: str = ""
    budgets: tuple[Budget, ...] = ()
    alert: Alert | None = None


def attainment(
    port: str,
    level: ServiceLevel,
    measured: Sequence[Measurement],
    now: float,
    zones: Zones,
    promises: Sequence[Promise] = (),
) -> Attainment:
    """How a level stands by what was measured of it, in any order; `now` is since 1970.

    `promises` are those made one after the other, the level's own last, where it was not always the
    same: it stands as it is promised now, and its budgets count what was promised at the time.
    """
    if level.probe is None:
        return Attainment(port, level, LevelState.UNMEASURABLE, level.why)
    if level.probe in (Probe.BEGIN, Probe.END):
        return _of_a_day(port, level, now)
    last = max(measured, key=lambda each: each.at, default=None)
    until = now + _A_MOMENT
    spans = kept_spans(level, measured, until, zones(level.zone) or UTC)
    facts = tuple(facts_of(measured, now))
    if last is None or not facts:
        why = last.problem if last else "nothing was measured yet"
        return Attainment(port, level, LevelState.UNKNOWN, why, last.at if last else "")
    past = tuple(spans_by_promise(promises, measured, until, zones)) if promises else spans
    counted = budgets(past, level.objective, now)
    burning = alert(past, level.objective, now)
    found = last.problem or _FOUND[level.probe](level, facts, now)
    if not spans:
        found = f"counts from the next {level.promised} on"
    state = LevelState.UNKNOWN if last.value is None else _state(spans, counted, burning)
    return Attainment(port, level, state, found, last.at, counted, burning)


def worst_first(attainments: Iterable[Attainment]) -> tuple[Attainment, ...]:
    """Sort what is worst to the front: by state, then by what is left of the budget."""
    return tuple(sorted(attainments, key=_badness))


def _badness(each: Attainment) -> tuple[int, float, str, str]:
    left = min((it.left for it in each.budgets if it.days == _JUDGED_BY), default=1.0)
    return _ORDER[each.state], left, each.port, each.level.name


def _state(spans: Sequence[Span], counted: Sequence[Budget], burning: Alert | None) -> LevelState:
    if not spans:
        return LevelState.UNKNOWN
    if not spans[-1].kept:
        return LevelState.BROKEN
    if any(each.days == _JUDGED_BY and each.left <= 0 for each in counted):
        return LevelState.SPENT
    return LevelState.BURNING if burning else LevelState.KEPT


def _of_a_day(port: str, level: ServiceLevel, now: float) -> Attainment:
    """How a first or a last day stands: all that is asked is whether it has come."""
    left = level.target - now
    if level.probe is Probe.BEGIN:
        found = f"in {duration(left)}" if left > 0 else f"for {duration(-left)}"
        return Attainment(port, level, LevelState.KEPT, found)
    if left > 0:
        return Attainment(port, level, LevelState.KEPT, f"{duration(left)} left")
    return Attainment(port, level, LevelState.ENDED, f"{duration(-left)} ago")


_Say = Callable[[ServiceLevel, Sequence[Fact], float], str]


def _age(_: ServiceLevel, facts: Sequence[Fact], now: float) -> str:
    return f"{duration(now - facts[-1].at + facts[-1].value)} old"


def _refreshed(_: ServiceLevel, facts: Sequence[Fact], now: float) -> str:
    return f"refreshed {duration(now - facts[-1].at + facts[-1].value)} ago"


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
