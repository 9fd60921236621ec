"""Random histories of builds that grow, on every warehouse, against a few lines on each."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from warehouse_kinds import Kind
from warehouse_steps import bound, growing, measured, required, rows_of, unique

from weft.contract.measure import Increment, fused_scan
from weft.mesh.check import Check, CheckKind
from weft.mesh.growth import Growth, Range
from weft.plan.intervals import merged
from weft.plan.plan import Step
from weft.sql.dialect import Dialect
from weft.warehouses.postgres import layers

BUILDS = 8
SEEDS = range(6)


@pytest.fixture(autouse=True)
def many_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is small is not written anew for that alone, so that there are layers to read."""
    monkeypatch.setattr(layers, "SMALL_ROWS", 0)


class Row(NamedTuple):
    """A row of a model: its key, a day of January, and whether it ends its key."""

    id: int | None
    day: int
    gone: bool = False
    name: str = ""


class State(NamedTuple):
    """A row of a snapshot: what it says of a key, and from which day to which."""

    id: int | None
    day: int
    name: str
    since: int
    until: int | None


def january(day: int | None) -> str:
    return "NULL" if day is None else f"DATE '2026-01-{day:02}'"


def select(rows: Iterable[Row]) -> str:
    listed = ", ".join(
        f"({'NULL' if each.id is None else each.id}, {january(each.day)}, {each.gone},"
        f" '{each.name}')"
        for each in (Row(0, 1, False, "outside"), *rows)
    )
    return (
        "SELECT CAST(id AS INTEGER) AS id, day, gone, name"
        f" FROM (VALUES {listed}) AS v(id, day, gone, name) WHERE name <> 'outside'"
    )


def day_of(text: str | None) -> int | None:
    return None if text is None else int(text[-2:])


def rows_in(warehouse: Any, key: str) -> list[Row]:
    found = rows_of(warehouse, key, ["id", "day", "gone", "name"])
    return sorted((Row(id, day_of(day) or 0, gone, name) for id, day, gone, name in found), key=str)


def in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=str)


def within(day: int, ranges: Sequence[Range]) -> bool:
    text = f"2026-01-{day:02}"
    return any(each.since <= text and (not each.until or text < each.until) for each in ranges)


def some_ranges(chance: random.Random) -> tuple[Range, ...]:
    ends = [f"2026-01-{day:02}" for day in range(1, 29)]
    middle = Range(*sorted(chance.sample(ends, 2)))
    return merged([middle, Range(chance.choice(ends))][chance.randint(0, 1) :])


@pytest.mark.parametrize("seed", SEEDS)
def test_by_time(warehouse: Any, seed: int) -> None:
    chance = random.Random(seed)
    there: list[Row] = []
    for number in range(BUILDS):
        base = f"b{number - 1}" if number else ""
        ranges = some_ranges(chance) if number else (Range(),)
        new = [
            Row(chance.randint(1, 9), chance.randint(1, 28)) for _ in range(chance.randint(0, 9))
        ]
        step = growing(f"b{number}", select(new), Growth("day"), base, ranges)
        outcome = warehouse.run(step, bound(f"run_{number}"))
        there = [each for each in there if not within(each.day, ranges)]
        there += [each for each in new if within(each.day, ranges)]
        assert rows_in(warehouse, f"b{number}") == in_order(there)
        assert outcome.rows == len(there)


def latest(rows: Iterable[Row]) -> dict[int | None, Row]:
    return {each.id: each for each in sorted(rows, key=lambda each: each.day)}


def different_days(chance: random.Random) -> list[Row]:
    """Rows of which no two have one key and one day."""
    pairs = {(chance.randint(1, 6), chance.randint(1, 28)) for _ in range(chance.randint(0, 8))}
    return [Row(id, day, chance.random() < 0.25, chance.choice("ab")) for id, day in sorted(pairs)]


@pytest.mark.parametrize("seed", SEEDS)
def test_by_key(warehouse: Any, seed: int) -> None:
    chance = random.Random(seed)
    growth = Growth(unique_key=("id",), changed_at="day", deleted="gone")
    there: dict[int | None, Row] = {}
    for number in range(BUILDS):
        base = f"b{number - 1}" if number else ""
        new = different_days(chance)
        warehouse.run(growing(f"b{number}", select(new), growth, base), bound(f"run_{number}"))
        for id, row in latest(new).items():
            if id in there and there[id].day > row.day:
                continue
            there.pop(id, None)
            if not row.gone:
                there[id] = row
        assert rows_in(warehouse, f"b{number}") == in_order(there.values())


def states_in(warehouse: Any, key: str) -> list[State]:
    found = rows_of(warehouse, key, ["id", "day", "name", "valid_from", "valid_to"])
    states = [
        State(id, day_of(day) or 0, name, day_of(since) or 0, day_of(until))
        for id, day, name, since, until in found
    ]
    return sorted(states, key=str)


def after(states: list[State], new: list[Row], now: int, growth: Growth) -> list[State]:
    """The states of a snapshot by `changed_at` after one more build."""
    rows = latest(new)
    last = {each.id: each for each in sorted(states, key=lambda each: (each.since, not each.until))}
    for id, was in last.items():
        if was.until is None and id not in rows and growth.closes:
            states = [
                *(each for each in states if each != was),
                was._replace(until=max(now, was.since)),
            ]
    for id, row in rows.items():
        found = last.get(id)
        moment = row.day
        if found is not None:
            seen = found.until or found.since
            ends = row.gone if found.until is None else growth.closes
            if row.day <= seen and not ends:
                continue
            moment = row.day if row.day > seen else max(now, seen)
            if found.until is None:
                states = [*(each for each in states if each != found), found._replace(until=moment)]
        if not row.gone:
            states = [*states, State(id, row.day, row.name, moment, None)]
    return states


@pytest.mark.parametrize("closes", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_snapshot_by_time_of_change(warehouse: Any, seed: int, closes: bool) -> None:
    chance = random.Random(seed)
    growth = Growth(unique_key=("id",), changed_at="day", deleted="gone", closes=closes)
    states: list[State] = []
    for number in range(BUILDS):
        base = f"b{number - 1}" if number else ""
        new, now = different_days(chance), 10 + number * 2
        step = growing(f"b{number}", select(new), growth, base, kind="snapshot")
        at = replace(bound(f"run_{number}"), at=f"2026-01-{now:02}T00:00:00+00:00")
        warehouse.run(step, at)
        states = after(states, new, now, growth)
        assert states_in(warehouse, f"b{number}") == sorted(states, key=str)
        assert sum(each.until is None for each in states) == len(
            {each.id for each in states if each.until is None}
        )


CHECKS = [
    *required("id"),
    unique("id"),
    Check("enum", "enum", CheckKind.ENUM, ("name",), {"values": ["", "a"]}),
    Check("pair", "pair", CheckKind.UNIQUE, ("id", "name")),
]


def grown_audit(key: str, passed: frozenset[str], dialect: Dialect) -> Step:
    new, kept, count = (dialect.relation(part, key) for part in ("new", "kept", "count"))
    relation = dialect.relation("builds", key)
    increment = Increment(new, kept, count, passed)
    scan, measures = fused_scan(relation, CHECKS, dialect, {}, {}, increment)
    return measured(key, scan, measures, name=f"grown_{key}")


@pytest.mark.parametrize("seed", range(12))
def test_an_audit_of_what_is_new_finds_what_one_of_everything_finds(
    warehouse: Any, warehouse_kind: Kind, audit: Callable[..., Any], seed: int
) -> None:
    chance = random.Random(seed)
    ids = [None, *range(1, 200)]
    passed: frozenset[str] = frozenset()
    for number in range(BUILDS):
        key, base = f"b{number}", f"b{number - 1}" if number else ""
        ranges = some_ranges(chance) if number else (Range(),)
        new = [
            Row(
                chance.choice(ids[chance.random() > 0.1 :]),
                chance.randint(1, 28),
                name=chance.choice(["", "a", "a", "b"] if chance.random() < 0.2 else ["", "a"]),
            )
            for _ in range(4)
        ]
        run = f"run_{number}"
        warehouse.run(growing(key, select(new), Growth("day"), base, ranges), bound(run))
        whole = warehouse.run(audit(key, CHECKS, name=f"whole_{key}"), bound(run))
        if base:
            step = grown_audit(key, passed, warehouse_kind.dialect)
            assert step.audit
            of_base = replace(step, audit=replace(step.audit, base=base))
            grown = warehouse.run(of_base, bound(run))
            assert (grown.rows, grown.checks) == (whole.rows, whole.checks)
        passed = frozenset(each.check for each in whole.checks if each.failed == 0)
