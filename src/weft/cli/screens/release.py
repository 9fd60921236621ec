"""What is not released yet of a port, and which version it needs."""

from __future__ import annotations

from collections.abc import Sequence

import click

from weft.app.release import Bumped, Unreleased
from weft.cli.cells import flow, visible
from weft.cli.output import Column, Kind, Result, Table, draw_table
from weft.cli.screen import Screen
from weft.contract.versions import Bump
from weft.mesh.change import ContractChange, Effect

_COLUMNS = (
    *(Column(name) for name in ("address", "released", "files", "needed", "next")),
    Column("changes", Kind.NUMBER),
)


def unreleased_result(found: Sequence[Unreleased]) -> Result:
    """Return what the files promise otherwise than what is published, for every format."""
    rows = [
        (each.address, each.released, each.files, each.needed, each.next, len(each.changes))
        for each in found
    ]
    table = Table("unreleased", _COLUMNS, rows)

    def text(screen: Screen) -> str:
        return "\n".join(_block(each, screen) for each in found)

    return Result("unreleased", {"versions": found}, table, text)


def _block(found: Unreleased, screen: Screen) -> str:
    head = click.style(found.address, bold=True) if screen.colour else found.address
    if not found.released:
        return "\n".join([f"{head} is {_stage(found)}", *_to_release(found)]) + "\n"
    if not found.changes:
        if found.files != found.released:
            files = f"the files say {found.files}"
            return f"{head} is released as {found.released}; {files}\n  release it:  weft apply\n"
        return f"{head} is released as {found.released}, and nothing differs\n"
    lines = [f"{head} is released as {found.released}, and the files differ"]
    lines += draw_table(_changes(found.changes), screen).rstrip("\n").splitlines()
    for each in found.waived:
        by = f"waived by {visible(each.waiver.by)} until {each.waiver.until}"
        lines.append(flow(f"  {visible(each.change)}: {by}: ", [visible(each.waiver.reason)], 0))
    return "\n".join([*lines, *_what_next(found)]) + "\n"


def _stage(found: Unreleased) -> str:
    """Say what a major is that nobody has had yet."""
    if found.candidate:
        return f"a preview until {found.candidate}, and not released yet"
    return "not released yet" if found.status.published else f"{found.status}, and not released"


def _to_release(found: Unreleased) -> list[str]:
    """Say how it comes to be released, and shown before that."""
    if found.status.published:
        return [f"  release {found.files}:  weft apply"]
    look = (
        f"  who agrees:  weft release signoff {found.address}"
        if found.candidate
        else f"  show it first:  weft release {found.address} --candidate --until DATE"
    )
    return [look, f"  release {found.files}:  weft release {found.address} --promote"]


def _changes(changes: Sequence[ContractChange]) -> Table:
    columns = (
        *(Column(name, title=title) for name, title in (("mark", " "), ("change", "change"))),
        *(Column(name, Kind.TEXT) for name in ("before", "now")),
        Column("effect", title="for consumers"),
    )
    rows = [(f"  {each.action}", each.title, each.old, each.new, _effect(each)) for each in changes]
    return Table("changes", columns, rows)


def _effect(change: ContractChange) -> str:
    return "BREAKING" if change.consumer is Effect.BREAKING else str(change.consumer)


def _what_next(found: Unreleased) -> list[str]:
    if not found.next:
        return [
            f"The files have version {found.files}, which is enough.",
            "  release it:  weft apply",
        ]
    command = f"  do it:  weft release {found.address} --bump"
    if found.needed is Bump.MAJOR:
        whom = f"  whom it concerns:  weft diff --against published {found.address}"
        return [f"This breaks consumers and needs a new major, {found.next}.", whom, command]
    return [f"This needs the next {found.needed} version, {found.next}.", command]


def nothing_to_bump(found: Bumped, what: str = "bump") -> Result:
    """Return why there is nothing to write, for every format; `what` was to be done."""
    columns = (Column("address"), Column("why", Kind.TEXT))
    table = Table(what, columns, [(found.address, found.why)])
    text = f"{found.address}: {found.why}.\n  what a plan would do:  weft plan\n"
    return Result(what, table.data, table, lambda _: text)
