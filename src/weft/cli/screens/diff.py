"""What two environments or versions show, side by side: lines per object that differs."""

from __future__ import annotations

from collections.abc import Sequence

from weft.app.diff import ColumnDiff, ObjectDiff
from weft.cli.cells import visible
from weft.cli.output import Column, Kind, Result, Table, draw_table
from weft.cli.screen import Screen
from weft.mesh.words import count

_OBJECT = (
    *(Column(name) for name in ("port", "object", "state")),
    *(
        Column(name, Kind.NUMBER)
        for name in ("first_rows", "second_rows", "added", "removed", "changed")
    ),
    Column("note", Kind.TEXT),
)


def diff_result(
    found: Sequence[ObjectDiff],
    environments: tuple[str, str],
    address: str,
    seconds: float,
    versions: str = "",
) -> Result:
    """Return a comparison for every format; `address` is what was asked for.

    `versions` are the two that are compared, as a command names them, in place of environments.
    """
    rows = [[getattr(each, column.name) for column in _OBJECT] for each in found]
    table = Table("diff", _OBJECT, rows)
    first, second = environments
    data = {"first": first, "second": second, "objects": found}

    def text(screen: Screen) -> str:
        differing = [each for each in found if not each.same]
        head = f"{first} -> {second}"
        if not found:
            return f"{head}: nothing is published.\n  begin:  weft apply\n"
        same = sum(each.state == "same build" for each in found)
        told = [f"{len(differing):,} of {count(len(found), 'object')} not equal"]
        told += [f"{same:,} of the same build"] if same else []
        told.append(f"{seconds:.1f} s")
        blocks = [f"{head} · {' · '.join(told)}"]
        blocks += [_object(each, environments, screen) for each in differing]
        pair = versions or " ".join(environments)
        return "\n\n".join(blocks) + f"\n{_next(differing, pair, address)}\n"

    return Result("diff", data, table, text)


def _next(differing: Sequence[ObjectDiff], pair: str, address: str) -> str:
    compared = next((each for each in differing if each.state == "differs"), None)
    of_versions = "@" in pair
    if compared is None:
        look = f"weft diff {pair}" if of_versions else f"weft ls --env {pair.split()[-1]}"
        return f"  how they stand:  {look}"
    form = " --json" if compared.rows else ""
    what = "as data" if form else "rows that differ"
    port = "" if of_versions else f" {address or compared.port}"
    return f"  {what}:  weft diff {pair}{port} --rows 10{form}"


def _object(found: ObjectDiff, environments: tuple[str, str], screen: Screen) -> str:
    head = f"{found.port} · {visible(found.object)}: {found.state}"
    if found.state != "differs":
        return f"{head}{', ' if found.note else ''}{visible(found.note)}"
    moved = [f"{found.added:,} added", f"{found.removed:,} removed"]
    if found.key:
        moved.append(f"{found.changed:,} changed")
    lines = [head, f"  rows  {found.first_rows:,} -> {found.second_rows:,}: {', '.join(moved)}"]
    lines.append(_key(found))
    if found.unclear:
        lines.append(f"  {count(found.unclear, 'changed row')} of keys that repeat")
    if found.as_text:
        named = ", ".join(map(visible, found.as_text))
        lines.append(f"  as text  {named}: not known to be of one type on both sides")
    columns = _columns(found, environments)
    lines += [draw_table(columns, screen).rstrip("\n")] if columns.rows else []
    lines += [_rows(found, screen).rstrip("\n")] if found.rows else []
    return "\n".join(lines)


def _key(found: ObjectDiff) -> str:
    if found.keys is None:
        return "  no key: whole rows are compared; name one with --key"
    first, second, shared = found.keys
    key = ", ".join(map(visible, found.key))
    return f"  key   {key}: {first:,} -> {second:,}, {shared:,} in both"


def _columns(found: ObjectDiff, environments: tuple[str, str]) -> Table:
    """The columns that differ: by their changes, or by the share of their nulls."""
    shown = [each for each in found.columns if _differs(each, found)]
    columns = (
        Column("column"),
        Column("changed", Kind.NUMBER),
        *(Column(name, Kind.NUMBER, f"null in {name}") for name in environments),
    )
    rows = [
        (
            each.name,
            each.changed,
            _share(each.first_nulls, found.first_rows),
            _share(each.second_nulls, found.second_rows),
        )
        for each in shown
    ]
    return Table("columns", columns, rows)


def _differs(column: ColumnDiff, found: ObjectDiff) -> bool:
    first = _share(column.first_nulls, found.first_rows)
    return bool(column.changed) or first != _share(column.second_nulls, found.second_rows)


def _share(nulls: int | None, rows: int) -> str:
    if nulls is None:
        return "no column"
    return f"{nulls / rows:.2%}" if rows else "no rows"


def _rows(found: ObjectDiff, screen: Screen) -> str:
    names = list(found.rows[0].values)
    columns = (
        Column("environment", title="only in"),
        Column("times", Kind.NUMBER),
        *(Column(name, Kind.TEXT) for name in names),
    )
    rows = [(each.environment, each.times, *each.values.values()) for each in found.rows]
    return draw_table(Table("rows", columns, rows), screen)
