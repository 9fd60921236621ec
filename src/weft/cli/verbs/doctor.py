"""`weft doctor`: what Weft stands on, and how to put right what is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from weft.app.doctor import examine_machine
from weft.app.errors import Exit, Usage
from weft.app.finding import Finding, State
from weft.app.rebuild_store import rebuild
from weft.app.system import System
from weft.app.workspace import find_mesh
from weft.cli.cells import flow, pad, visible
from weft.cli.next_step import in_env, same_env
from weft.cli.options import env_option
from weft.cli.output import Column, Kind, Result, Table, put, report
from weft.cli.screen import Screen, screen_options
from weft.cli.verb import verb

_MARKED = "the warehouses are marked with"
_HUES = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


@verb(
    "doctor",
    ("weft doctor", "look at programs, folder, store, warehouses and locks"),
    ("weft doctor --json", "the same for a program"),
)
@click.option(
    "--rebuild-store", is_flag=True, help="Let a new store take the place of one that was lost."
)
@env_option
@screen_options
def doctor(env: str, rebuild_store: bool, screen: Screen) -> int:
    """Look at everything that Weft stands on; exits with 4 when a verb would fail.

    Works outside of a mesh too; then it looks at the programs and the folder. It repairs nothing
    unless it is asked to: a lost store is rebuilt from what the warehouses are marked with, and
    the next apply records what is there, without building anything again.
    """
    if rebuild_store:
        rebuilt = rebuild(find_mesh(Path.cwd()), System())
        words = f"The store has the id {rebuilt} now, which {_MARKED}.\n  go on:  weft apply"
        report(words, Table("store", (Column("id"),), [(rebuilt,)]), screen)
        return Exit.DONE
    try:
        folder = find_mesh(Path.cwd())
    except Usage:
        folder = Path.cwd()
    findings = tuple(map(_with_env, examine_machine(folder, env, System())))
    put(_result(findings), screen)
    failed = any(each.state is State.FAIL for each in findings)
    return Exit.UNREACHABLE if failed else Exit.DONE


def _with_env(finding: Finding) -> Finding:
    """Let the commands in a fix mean the environment that the finding is about."""
    return replace(finding, fix=in_env(finding.fix, same_env(finding.environment)))


def _result(findings: tuple[Finding, ...]) -> Result:
    columns = (
        Column("state"),
        Column("name"),
        Column("detail", Kind.TEXT),
        Column("fix", Kind.TEXT),
    )
    rows = [[each.state, each.name, each.detail, each.fix] for each in findings]
    table = Table("findings", columns, rows)
    return Result("findings", table.data, table, lambda screen: _text(findings, screen))


def _text(findings: tuple[Finding, ...], screen: Screen) -> str:
    width = max(len(each.name) for each in findings)
    lines: list[str] = []
    for each in findings:
        word = pad(each.state, 5)
        word = click.style(word, fg=_HUES[each.state]) if screen.colour else word
        name = pad(each.name, width)
        lines.append(f" {word} {name}  {_told(each.detail, width + 9, screen)}".rstrip())
        if each.fix:
            lines.append(f"{' ' * (width + 9)}fix: {visible(each.fix)}")
    bad = sum(each.state is not State.OK for each in findings)
    told = f"{bad} of {len(findings)} need a look\n  next:  the fix of each, as above"
    lines.append(told if bad else "All is well\n  next:  weft plan")
    return "\n".join(lines) + "\n"


def _told(text: str, place: int, screen: Screen) -> str:
    """Set words in lines that begin, after the first, at a place of the screen."""
    return flow(" " * place, visible(text).split(), screen.width, joint=" ").lstrip()
