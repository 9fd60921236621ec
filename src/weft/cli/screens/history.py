"""Runs, releases, locks and audit entries as lists."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent

from weft.app.history import ProductHistory, ReleaseLine, RunDetail, RunHistory
from weft.app.prune import Pruned
from weft.cli.cells import visible, visible_lines
from weft.cli.output import Column, Kind, Result, Table, draw_table
from weft.cli.screen import Screen
from weft.cli.screens.checks import draw_failed, draw_sum, only_kept_back
from weft.mesh.run import AuditEntry, Lock, Run, StepResult, StepState
from weft.mesh.words import count, short_commit, short_time

_TEXT, _NUMBER = Kind.TEXT, Kind.NUMBER


def runs_result(history: RunHistory, environment: str, env: str = "") -> Result:
    """Return the runs of an environment for every format.

    `env` is the option by which the next command means the same environment.
    """
    runs = history.runs
    columns = (
        *(Column(name) for name in ("run", "kind", "state")),
        Column("started", Kind.TIME),
        *(Column(name) for name in ("actor", "commit")),
        Column("message", _TEXT),
    )
    rows = [
        (
            each.id,
            each.kind,
            each.state,
            each.started,
            each.actor,
            short_commit(each.commit),
            each.message,
        )
        for each in runs
    ]
    table = Table("runs", columns, rows)

    def text(screen: Screen) -> str:
        if not runs:
            return f"Nothing has run in {environment} yet.\n  begin:  weft apply{env}\n"
        lines = draw_table(table, screen)
        if history.older:
            lines += f"  older ones, too:  weft history --limit 0{env}\n"
        return f"{lines}  what the newest did:  weft history --run {runs[0].id}{env}\n"

    latest = ("the latest",) if history.older else ()
    head = (f"{count(len(runs), 'run')} in {environment}", *latest) if runs else ()
    return Result("runs", {"runs": runs}, table, text, head)


def steps_result(detail: RunDetail, env: str = "") -> Result:
    """Return a run, what its steps did and what its checks found, for every format.

    People see the checks that do not hold, and how many there are. `env` is the option by which
    the next command means the same environment.
    """
    columns = (
        *(Column(name) for name in ("product", "kind", "target", "state")),
        *(Column(name, _NUMBER) for name in ("rows", "bytes", "seconds")),
        Column("message", _TEXT),
    )
    rows = [
        (
            each.product,
            each.kind,
            each.target,
            each.state,
            each.rows,
            each.bytes,
            round(each.seconds, 3),
            _told(each),
        )
        for each in detail.steps
    ]
    table = Table("steps", columns, rows)

    def text(screen: Screen) -> str:
        steps = draw_table(table, screen) if rows else "No steps: it had none, or they are gone.\n"
        failed = draw_failed(detail.steps, colour=screen.colour, env=env)
        checks = [check for each in detail.steps for check in each.checks]
        lines = [*failed, draw_sum(checks)] if checks else []
        long = [each for each in detail.steps if "\n" in each.message]
        told = [indent(visible_lines(f"{each.target}: {each.message}"), "  ") for each in long]
        message = [visible(detail.run.message)] if detail.run.message else []
        return "\n".join([*message, steps.rstrip("\n"), *told, *lines]) + "\n"

    steps = [
        {
            **row,
            "message": each.message or each.cause,
            "checks": each.checks,
            "only_of": each.only_of,
        }
        for row, each in zip(table.data["rows"], detail.steps, strict=True)
    ]
    return Result("steps", {"run": detail.run, "rows": steps}, table, text, _head(detail.run))


def _told(step: StepResult) -> str:
    """What a step says in one line, and what it keeps back, where it failed for that alone."""
    told = step.message.partition("\n")[0] or step.cause
    alone = step.state is StepState.FAILED and step.only_of
    return f"{told} {only_kept_back(step)}" if alone else told


def _head(run: Run) -> tuple[str, ...]:
    ended = f" to {short_time(run.ended)}" if run.ended else ""
    when = f"{short_time(run.started)}{ended}"
    parts = (f"{run.kind} {run.id}", run.environment, run.state, when, run.actor)
    return tuple(filter(None, parts))


def releases_result(history: ProductHistory, env: str = "") -> Result:
    """Return the releases of a product for every format.

    `env` is the option by which the next command means the same environment.
    """
    columns = (
        Column("release", _NUMBER),
        Column("state"),
        Column("at", Kind.TIME),
        Column("ports"),
        Column("actor"),
        Column("commit"),
        Column("run"),
        Column("restores", _NUMBER),
    )
    rows = [
        (
            each.release.number,
            _state(each),
            each.release.at,
            " ".join(f"{port.name} {port.version}" for port in each.release.ports),
            each.run.actor if each.run else "",
            short_commit(each.run.commit) if each.run else "",
            each.release.run,
            each.release.restores or None,
        )
        for each in history.releases
    ]
    table = Table("releases", columns, rows)

    def text(screen: Screen) -> str:
        lines = draw_table(table, screen)
        if history.hold:
            hold = history.hold
            since = f"held since {short_time(hold.since)}"
            lines += f"{since} by {visible(hold.actor)}: {visible(hold.reason)}\n"
            return f"{lines}  let it go on:  weft rollback {history.product} --lift{env}\n"
        return f"{lines}{_way_back(history, env)}\n"

    head = (history.product, count(len(history.releases), "release"))
    return Result("releases", {"history": history}, table, text, head)


def _way_back(history: ProductHistory, env: str) -> str:
    """Say how to get to an earlier release: the one before, or else any other that is kept."""
    number = history.before or next(
        (each.release.number for each in history.releases if each.reachable), 0
    )
    if not number:
        return "  no other one is kept, nothing to go back to"
    back = f"weft rollback {history.product} --to {number}{env}"
    if history.dropped:
        return f"  bring its files back, and then:  weft apply{env}\n  go back:  {back}"
    return f"  go back:  {back}" if history.before else f"  go to another one:  {back}"


def _state(line: ReleaseLine) -> str:
    if line.release.empty:
        return "dropped"
    return "current" if line.current else "kept" if line.kept else "forgotten"


def locks_table(locks: Sequence[Lock]) -> Table:
    """Return the locks that are held."""
    names = ("lock", "product", "environment", "holder", "host")
    columns = (
        *(Column(name) for name in names),
        Column("pid", _NUMBER),
        Column("since", Kind.TIME),
    )
    rows = [
        (each.id, each.product, each.environment, each.holder, each.host, each.pid, each.since)
        for each in locks
    ]
    return Table("locks", columns, rows)


def audit_table(entries: Sequence[AuditEntry]) -> Table:
    """Return entries of the audit log."""
    columns = (
        Column("number", _NUMBER),
        Column("at", Kind.TIME),
        *(Column(name) for name in ("actor", "action", "subject")),
        Column("detail", _TEXT),
    )
    rows = [
        (each.number, each.at, each.actor, each.action, each.subject, each.detail)
        for each in entries
    ]
    return Table("audit", columns, rows)


def removes_anything(found: Sequence[Pruned]) -> bool:
    """Whether pruning takes, or took, anything away."""
    return any(each.releases or each.builds or each.bytes for each in found)


def pruned_result(found: Sequence[Pruned], *, done: bool) -> Result:
    """Return what was pruned, or would be, for every format."""
    columns = (
        Column("warehouse"),
        *(Column(name, _NUMBER) for name in ("releases", "builds", "bytes")),
    )
    rows = [(each.warehouse, len(each.releases), len(each.builds), each.bytes) for each in found]
    table = Table("pruned", columns, rows)

    def text(screen: Screen) -> str:
        if not removes_anything(found):
            return "Nothing to remove.\n  what is kept:  weft history PRODUCT\n"
        next_step = "what is left:  weft history PRODUCT" if done else "do it:  weft prune"
        return f"{draw_table(table, screen)}  {next_step}\n"

    return Result("pruned", {"done": done, "warehouses": found}, table, text)
