"""What versions of ports promise differently: a block per port, and who is affected."""

from __future__ import annotations

from collections.abc import Sequence

import click

from weft.app.contract_diff import FILES, ContractDiff, Difference
from weft.cli.cells import cells, cut, flow, pad, sides, visible
from weft.cli.output import Column, Kind, Result, Table
from weft.cli.screen import Screen
from weft.cli.screens.affected import affected_lines
from weft.contract.candidates import UNFINISHED
from weft.contract.versions import Bump
from weft.mesh.change import Effect
from weft.mesh.words import count

_COLUMNS = (
    *(Column(name) for name in ("old", "new", "kind", "action", "what")),
    *(Column(name, Kind.TEXT) for name in ("before", "after", "note")),
    *(Column(name) for name in ("provider", "consumer")),
    Column("readers", Kind.TEXT),
    Column("waived_until"),
)
_BESIDE = "  ~   " + "  "
_LEAST = 20
_EFFECT = max(map(len, Effect))
"""How wide the effects of changes are drawn."""


def contract_diff_result(found: Sequence[ContractDiff]) -> Result:
    """Return a comparison of contracts for every format."""
    rows = [_row(each, change) for each in found for change in each.differences]
    table = Table("contract-diff", _COLUMNS, rows)

    def text(screen: Screen) -> str:
        differing = [each for each in found if each.differences]
        if not differing:
            return f"{_same(found)}\n"
        blocks = [_block(each, screen) for each in differing]
        same = len(found) - len(differing)
        blocks += [f"{count(same, 'port version')} without a difference\n"] if same else []
        return "\n".join(blocks)

    return Result("contract-diff", {"versions": found}, table, text)


def _row(found: ContractDiff, difference: Difference) -> tuple[str, ...]:
    change, waiver = difference.change, difference.waiver
    return (
        f"{found.old.address} {found.old.version}".rstrip(),
        f"{found.new.address} {found.new.version}".rstrip(),
        *(change.kind, change.action, change.what, change.old, change.new, change.note),
        *(change.provider, change.consumer),
        ", ".join(difference.readers),
        waiver.until if waiver else "",
    )


def _same(found: Sequence[ContractDiff]) -> str:
    if not found:
        return "Nothing is published, and the files promise nothing."
    if len(found) == 1:
        return f"{_head(found[0])}\nNothing is promised differently."
    return f"Nothing is promised differently in {count(len(found), 'port version')}."


def _head(found: ContractDiff) -> str:
    old, new = found.old, found.new
    before, after = (f"{it.version} ({it.origin})" if it.version else "" for it in (old, new))
    if old.address != new.address:
        return f"{old.address} {before} -> {new.address} {after}"
    return f"{old.address} · {sides(before, after)}"


def _block(found: ContractDiff, screen: Screen) -> str:
    head = _head(found)
    lines = [click.style(head, bold=True) if screen.colour else head]
    titles = [visible(each.change.title) for each in found.differences]
    room = max(map(cells, titles))
    if screen.width:
        room = min(room, max(screen.width - len(_BESIDE) - 2 * _EFFECT, _LEAST))
    lines.append(f"    {pad('', room)}  {pad('provider', _EFFECT)}  consumers")
    for title, each in zip(titles, found.differences, strict=True):
        effect = "BREAKING" if each.change.breaks else str(each.change.consumer)
        provider = pad(str(each.change.provider), _EFFECT)
        waived = ", waived" if each.waiver else ""
        mark, shown = each.change.action, pad(cut(title, room), room)
        lines.append(f"  {mark} {shown}  {provider}  {effect}{waived}")
        lines += _details(each, found, screen)
    lines += affected_lines(found.affected, screen.width)
    return "\n".join([*lines, *_step(found)]) + "\n"


def _details(difference: Difference, found: ContractDiff, screen: Screen) -> list[str]:
    """Draw what stands under a change: both sides, who reads it, and who answers for it."""
    change, waiver = difference.change, difference.waiver
    note = change.note.removeprefix(change.verb).lstrip(";, ")
    differs = [sides(change.old, change.new)] if change.old or change.new else []
    told = differs or ([visible(note)] if note else [])
    lines = [f"      {each}" for each in told]
    if change.consumer in (Effect.BREAKING, Effect.LOOSENED) and found.affected:
        everybody = len({each.consumer for each in found.affected})
        who = f"      read by {len(difference.readers)} of {count(everybody, 'consumer')}"
        readers = list(difference.readers)
        text = flow(f"{who}: ", readers, screen.width, ", ") if readers else who
        lines += text.splitlines()
    if waiver:
        head = f"waived by {visible(waiver.by)} until {waiver.until}:"
        words = [head, *visible(waiver.reason).split()]
        lines += flow("      ", words, screen.width, " ").splitlines()
    return lines


def _step(found: ContractDiff) -> list[str]:
    """Say which step the changes ask for, which was taken, and what to do about the rest."""
    if found.needed is None:
        return _gone_or_new(found)
    needed = f"This needs a new {found.needed} version"
    if found.is_enough:
        return [f"{needed}, and {found.old.version} -> {found.new.version} is one."]
    taken = f"{found.old.version} -> {found.new.version} is {_taken(found.taken)}"
    release = f"  do it:  weft release {found.new.address} --bump"
    return [f"{needed}, and {taken}.", *([release] if found.new.origin == FILES else [])]


def _taken(step: Bump | None) -> str:
    return f"a {step} version only" if step else "no later one"


def _gone_or_new(found: ContractDiff) -> list[str]:
    status = found.new.status
    if not found.old.version:
        if status in UNFINISHED:
            return [f"It is {status}, and not published in production."]
        return ["It is not released yet.", "  release it:  weft apply"]
    readers = [each for each in found.affected if not each.goes_on]
    if readers:
        return ["Until its readers have moved on, keep it with `status: deprecated`."]
    return ["Nobody reads it.", "  what a plan would do:  weft plan"]
