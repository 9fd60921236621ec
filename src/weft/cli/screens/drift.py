"""What was changed outside, as people read it: what it was, what it is, what can be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from weft.app.drift import Looked
from weft.cli.cells import NONE, cells, cut, flow, pad, sides, visible
from weft.cli.headline import headline
from weft.cli.output import Column, Kind, Result, Table
from weft.cli.screen import Screen
from weft.mesh.drift import Deviation, Difference, Drift, Settlement, ThingKind
from weft.mesh.words import count, short_time
from weft.plan.drift import Standing, can_be_adopted

_WORDS = {
    Deviation.MISSING: "is missing",
    Deviation.CHANGED: "was changed",
    Deviation.UNKNOWN: "was added",
}
_INDENT = " " * 6
_FACT = 12
_LEAST = 12
# A SELECT would fill the screen; programs get it whole.
_LONG = ("definition",)


def drift_result(looked: Looked, environment: str, env: str, *, whole: bool) -> Result:
    """Return what was found for every format.

    With `whole` people see what was adopted too. `env` is the option by which the next commands
    mean the same environment.
    """
    columns = (
        *(Column(name) for name in ("id", "warehouse", "product", "kind")),
        Column("name", Kind.TEXT),
        Column("deviation"),
        Column("since", Kind.TIME),
        Column("state"),
    )
    rows = [
        [
            *(each.drift.id, each.drift.warehouse, each.drift.product, each.drift.kind),
            *(each.drift.name, each.drift.deviation, each.drift.since, _state(each)),
        ]
        for each in looked.found
    ]
    data = {
        "environment": environment,
        "products": looked.products,
        "beyond": looked.beyond,
        "drift": [_document(each) for each in looked.found],
    }

    def text(screen: Screen) -> str:
        return "\n".join(_lines(looked, environment, env, screen, whole=whole)) + "\n"

    return Result("drift", data, Table("drift", columns, rows), text)


def settled_table(settlements: Sequence[Settlement]) -> Table:
    """Return decisions on drift as a table."""
    columns = (
        *(Column(name) for name in ("drift", "product")),
        Column("subject", Kind.TEXT),
        *(Column(name) for name in ("until", "actor")),
        Column("reason", Kind.TEXT),
    )
    rows = [
        (each.drift, each.product, each.subject, each.until, each.actor, each.reason)
        for each in settlements
    ]
    return Table("settlements", columns, rows)


def ways_out(drift: Drift) -> list[str]:
    """Name what can be done about a drift."""
    return ["revert", *(["adopt"] if can_be_adopted(drift) else []), "accept"]


def _document(each: Standing) -> dict[str, Any]:
    drift = each.drift
    return {
        "id": drift.id,
        "warehouse": drift.warehouse,
        "product": drift.product,
        "address": drift.address,
        "kind": drift.kind,
        "name": drift.name,
        "deviation": drift.deviation,
        "differences": drift.differences,
        "since": drift.since,
        "meaning": each.meaning,
        "ways": ways_out(drift),
        "state": _state(each),
        "settlement": each.settlement,
    }


def _state(each: Standing) -> str:
    if each.open:
        return "open"
    return "adopted" if each.adopted else "accepted"


def _lines(
    looked: Looked, environment: str, env: str, screen: Screen, *, whole: bool
) -> Iterator[str]:
    right = f"{count(looked.products, 'product')} · {looked.seconds:.1f} s"
    if not looked.found:
        head = f"Nothing was changed outside: {environment} is as Weft left it."
        yield headline([head], right, screen.width)
        yield from _beyond(looked, screen)
        yield f"  look at it:  weft ls{env}"
        return
    yield headline([f"{environment}: {_sum(looked)}"], right, screen.width)
    shown = [each for each in looked.found if whole or not each.adopted]
    for title, own in _groups(shown).items():
        yield ""
        yield title
        for each in own:
            yield from _drift(each, screen)
    yield ""
    yield from _beyond(looked, screen)
    yield from _next_steps(looked, env, whole=whole)


def _sum(looked: Looked) -> str:
    decided = [each for each in looked.found if not each.open]
    adopted = sum(each.adopted for each in decided)
    parts = [f"{count(len(looked.open), 'thing')} changed outside"] if looked.open else []
    parts += [f"{len(decided) - adopted:,} accepted"] if len(decided) > adopted else []
    parts += [f"{adopted:,} adopted"] if adopted else []
    return " · ".join(parts)


def _groups(found: Sequence[Standing]) -> dict[str, list[Standing]]:
    """The findings by product; what belongs to all products of a warehouse stands under that."""
    groups: dict[str, list[Standing]] = {}
    for each in sorted(found, key=_place):
        drift = each.drift
        title = f"{drift.product} on {drift.warehouse}" if drift.product else drift.warehouse
        groups.setdefault(title, []).append(each)
    return groups


def _place(each: Standing) -> tuple[bool, str, str]:
    return not each.drift.product, each.drift.product, each.drift.warehouse


def _drift(each: Standing, screen: Screen) -> Iterator[str]:
    drift = each.drift
    mark = "!" if each.open else "."
    mark = click.style(mark, fg="yellow") if screen.colour and each.open else mark
    yield f"  {mark} {drift.id}  {drift.kind} {visible(drift.name)} {_word(drift)}"
    if drift.address not in ("", drift.product):
        yield f"{_INDENT}{pad('concerns', _FACT)} {drift.address}"
    for difference in drift.differences:
        yield _difference(difference, screen.width)
    if drift.since:
        yield f"{_INDENT}{pad('since', _FACT)} {short_time(drift.since)}"
    yield _told("means", each.meaning, screen.width)
    if each.settlement:
        yield _told(_state(each), _decision(each.settlement), screen.width)
    else:
        yield f"{_INDENT}{pad('you can', _FACT)} {' · '.join(ways_out(drift))}"


def _word(drift: Drift) -> str:
    if drift.kind is ThingKind.GRANT and drift.deviation is Deviation.UNKNOWN:
        return "was given"
    return _WORDS[drift.deviation]


def _decision(settlement: Settlement) -> str:
    until = f"until {settlement.until} " if settlement.until else ""
    return f"{until}by {visible(settlement.actor)}: {visible(settlement.reason)}"


def _difference(difference: Difference, width: int) -> str:
    label = f"{_INDENT}{pad(difference.fact, _FACT)} "
    if difference.fact in _LONG and difference.was:
        return f"{label}differs, -o json shows both"
    room = max(width - cells(label), _LEAST) if width else 0
    if difference.was:
        return label + sides(difference.was, difference.found, room, _LEAST)
    found = visible(difference.found) or NONE
    return label + (cut(found, room) if room else found)


def _told(label: str, words: str, width: int) -> str:
    return flow(f"{_INDENT}{pad(label, _FACT)} ", words.split(), width, joint=" ")


def _beyond(looked: Looked, screen: Screen) -> Iterator[str]:
    if looked.beyond:
        head = "not looked at, their warehouses are not in weft.yaml: "
        yield from flow(head, list(looked.beyond), screen.width).splitlines()


def _next_steps(looked: Looked, env: str, *, whole: bool) -> Iterator[str]:
    if looked.open:
        first = min(looked.open, key=_place).drift
        yield f"  bring it back:  weft drift --revert {first.id}{env}"
        reason = "--until DATE --reason WHY"
        yield f"  or bear it:     weft drift --accept {first.id} {reason}{env}"
        if can_be_adopted(first):
            yield f"  or keep it:     weft drift --adopt {first.id} --reason WHY{env}"
    elif whole or not all(each.adopted for each in looked.found):
        first = min(looked.found, key=_place).drift
        yield f"  decide again:  weft drift --reopen {first.id}{env}"
    else:
        yield f"  see what is kept:  weft drift -v{env}"
