"""Service levels on a screen: promise against reality, and what is left of the error budgets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import click

from weft.app.status import Beside
from weft.cli.output import Column, Kind, Result, Table, draw_table
from weft.cli.screen import Screen
from weft.contract.attainment import Attainment, LevelState
from weft.contract.budget import WINDOWS, Budget
from weft.mesh.address import product_of
from weft.mesh.service_level import Probe
from weft.mesh.words import count

_JUDGED_BY = 30
_INDENT = "  "
_MANY = 10
_NOTHING = Beside()


def status_result(
    attained: Sequence[Attainment],
    environment: str,
    env: str,
    address: str,
    beside: Beside = _NOTHING,
    *,
    whole: bool,
) -> Result:
    """Return service levels and what is beside them for every format.

    With `whole` people see every window.

    `env` is the option by which the next command means the same environment.
    """
    table = levels_table(attained)
    data = {"environment": environment, "levels": attained, **vars(beside)}
    planned = "".join(f"{each}\n" for each in (*beside.outages, *beside.previews))

    def text(screen: Screen) -> str:
        if not attained:
            who = f"{address} promises no" if address else "Nothing that is published promises a"
            next_step = "weft explain slaProperties"
            told = f"{who} service level in {environment}.\n  how to promise one:  {next_step}\n"
            return f"{planned}{told}"
        shown = draw_table(table, screen) if whole else _by_port(attained, screen)
        steps = "".join(f"  {each}\n" for each in _next_steps(attained, env))
        return f"{planned}{shown}\n{steps}"

    return Result("status", data, table, text, _sum(attained, environment) if attained else ())


def levels_table(attained: Iterable[Attainment]) -> Table:
    """Service levels with all of their windows, a row each."""
    columns = (
        *(Column(name) for name in ("port", "level")),
        Column("promised", Kind.TEXT),
        Column("state"),
        Column("found", Kind.TEXT),
        *(Column(f"kept_{days}d", title=f"kept {days} d") for days in WINDOWS),
        *(Column(f"left_{days}d", title=f"budget {days} d") for days in WINDOWS),
        Column("known_30d", title="known 30 d"),
        Column("since"),
    )
    rows = []
    for each in attained:
        by_days = {it.days: it for it in each.budgets}
        windows = [by_days.get(days) for days in WINDOWS]
        rows.append(
            [
                *(each.port, each.level.name, each.level.promised, each.state, each.found),
                *(_share(it.met if it else None) for it in windows),
                *(_left(it) for it in windows),
                _share(it.known if (it := by_days.get(_JUDGED_BY)) else None),
                _since(each),
            ]
        )
    return Table("status", columns, rows)


def promises_table(attained: Iterable[Attainment]) -> Table:
    """The service levels of one port, as its page shows them."""
    columns = (
        Column("service level"),
        Column("promised", Kind.TEXT),
        Column("state"),
        Column("found", Kind.TEXT),
    )
    rows = [(each.level.name, each.level.promised, each.state, each.found) for each in attained]
    return Table("service_levels", columns, rows)


def _by_port(attained: Sequence[Attainment], screen: Screen) -> str:
    """The ports, the one with the worst level first, each with its levels under it."""
    ports: dict[str, list[Attainment]] = {}
    for each in attained:
        ports.setdefault(each.port, []).append(each)
    ordered = [each for levels in ports.values() for each in levels]
    since = {port: _first_since(levels) for port, levels in ports.items()}
    narrower = replace(screen, width=max(screen.width - len(_INDENT), 0))
    head, *rows = draw_table(_short(ordered, since), narrower).splitlines()
    if len(rows) != len(ordered):
        return draw_table(_short(ordered, {}, named=True), screen)
    lines = [_INDENT + head]
    for port, levels in ports.items():
        measured = f" · measured since {since[port]}" if since[port] else ""
        lines.append(f"{click.style(port, bold=True) if screen.colour else port}{measured}")
        lines += [_INDENT + row for row in rows[: len(levels)]]
        del rows[: len(levels)]
    return "\n".join(lines) + "\n"


def _short(
    attained: Iterable[Attainment], since: Mapping[str, str], *, named: bool = False
) -> Table:
    """What fits on a screen: the window that a level is judged by; its port where it is named.

    `since` is when that of each port begins, and is not said again of its levels.
    """
    columns = (
        *([Column("port")] if named else ()),
        Column("state"),
        Column("level", Kind.TEXT),
        Column("promised", Kind.TEXT),
        Column("found", Kind.TEXT),
        Column("kept", Kind.NUMBER, f"kept {_JUDGED_BY} d"),
        Column("left", Kind.NUMBER, "budget"),
    )
    rows = [
        (
            *([each.port] if named else ()),
            *(each.state, each.level.name, each.level.promised, _found(each, since)),
            _share(found.met if (found := _judging(each)) else None),
            _left(found),
        )
        for each in attained
    ]
    return Table("status", columns, rows)


def _found(each: Attainment, since: Mapping[str, str]) -> str:
    """What was found, and since when there is anything where that is later than for the port."""
    later = _since(each) not in ("", since.get(each.port, ""))
    return f"{each.found}, measured since {_since(each)}" if later else each.found


def _since(each: Attainment) -> str:
    """The day on which what is known begins, where the window it is judged by is longer."""
    found = _judging(each)
    return found.since[: len("2026-11-21")] if found else ""


def _first_since(levels: Iterable[Attainment]) -> str:
    """The first of those days of a port; "" where anything is known of all of the window."""
    known = [_since(each) for each in levels if (found := _judging(each)) and found.known]
    return min(known, default="")


def _judging(each: Attainment) -> Budget | None:
    return next((it for it in each.budgets if it.days == _JUDGED_BY), None)


def _left(budget: Budget | None) -> str:
    """What is left of a budget, or how often it was used up; nothing where nothing is known."""
    if budget is None or not budget.known:
        return ""
    if budget.left >= 0:
        return f"{_share(budget.left)} left"
    used = 1 - budget.left
    return f"used {used:,.0f}x" if used >= _MANY else f"used {used:.1f}x"


def _share(share: float | None) -> str:
    """A share as people read it; what is not whole is never rounded to it."""
    if share is None:
        return ""
    text = f"{share:.1%}"
    if text == "100.0%" and share < 1:
        return ">99.9%"
    return "<0.1%" if text == "0.0%" and share > 0 else text.replace(".0%", "%")


def _sum(attained: Sequence[Attainment], environment: str) -> tuple[str, ...]:
    ports = len({each.port for each in attained})
    states = Counter(each.state for each in attained)
    promised = f"{count(len(attained), 'service level')} of {count(ports, 'port')} in {environment}"
    return promised, *(f"{states[state]:,} {state}" for state in LevelState if states[state])


def _look_at(worst: Attainment) -> str:
    """Where it is seen what keeps a level from being kept."""
    product = product_of(worst.port)
    match worst.level.probe:
        case Probe.ANSWER:
            return "what can be reached:  weft doctor"
        case Probe.FAILING:
            return f"what fails:  weft test {product}"
        case _:
            return f"its releases:  weft history {product}"


def _next_steps(attained: Sequence[Attainment], env: str) -> Iterator[str]:
    """What to do about the worst, and about what nobody knows."""
    worst = attained[0]
    known = [it.known for each in attained if (it := _judging(each)) and 0 < it.known < 1]
    if known:
        of_them = f"the least known for {_share(min(known))} of them"
        yield f"{count(len(known), 'level')} known for less than {_JUDGED_BY} days, {of_them}"
    if worst.state in (LevelState.BROKEN, LevelState.SPENT, LevelState.BURNING):
        if worst.alert:
            fast = f"at least {worst.alert.burn:g} times too fast"
            yield f"{worst.alert.name}: {worst.port} uses up its budget {fast}"
        yield f"{_look_at(worst)}{env}"
    elif any(each.state is LevelState.UNKNOWN and not each.budgets for each in attained):
        yield f"measure it:  weft status --measure{env}"
    else:
        yield f"a port with its promises:  weft show {worst.port}{env}"
