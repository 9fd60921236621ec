"""Lineage as two trees: what a thing reads, and what reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from weft.app.lineage import Branch, Lineage
from weft.cli.cells import visible
from weft.cli.output import Column, Kind, Result, Table

_COLUMNS = (
    Column("direction"),
    Column("depth", Kind.NUMBER),
    Column("from"),
    Column("kind"),
    Column("address"),
)


def lineage_result(lineage: Lineage, environment: str) -> Result:
    """Return lineage for every format; the table has a row per edge."""
    rows = [
        *_edges("upstream", lineage.node.id, lineage.upstream, 1),
        *_edges("downstream", lineage.node.id, lineage.downstream, 1),
    ]
    table = Table("lineage", _COLUMNS, rows)
    data = {
        "node": lineage.node,
        "upstream": lineage.upstream,
        "downstream": lineage.downstream,
    }
    head = (lineage.node.id, lineage.node.kind, environment)
    return Result("lineage", data, table, lambda _: draw_lineage(lineage), head)


def draw_lineage(lineage: Lineage) -> str:
    """Draw both trees of the thing they are about."""
    lines = []
    for title, branches in (("reads", lineage.upstream), ("is read by", lineage.downstream)):
        lines += [f"{title}{'' if branches else ' nothing'}", *_tree(branches, "  ")]
    lines.append(f"  more:  weft show {visible(lineage.node.id)}")
    return "\n".join(lines) + "\n"


def _tree(branches: Sequence[Branch], indent: str) -> Iterator[str]:
    """Draw branches with lines to the left; one that was drawn before ends in …"""
    for place, branch in enumerate(branches):
        last = place == len(branches) - 1
        more = " …" if branch.cut else ""
        kind = branch.node.kind
        yield f"{indent}{'└─' if last else '├─'} {visible(branch.node.id)} · {kind}{more}"
        yield from _tree(branch.branches, indent + ("   " if last else "│  "))


def _edges(
    direction: str, start: str, branches: Iterable[Branch], depth: int
) -> Iterator[tuple[str, int, str, str, str]]:
    for branch in branches:
        yield direction, depth, start, branch.node.kind, branch.node.id
        yield from _edges(direction, branch.node.id, branch.branches, depth + 1)
