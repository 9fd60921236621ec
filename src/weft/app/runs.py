"""The life of a run: what is recorded of it when it begins, and how it is seen that it died."""

from __future__ import annotations

from weft.app.bootstrap import Opened
from weft.app.checkout import checkout
from weft.mesh.run import Lock, Run, RunState

# Runs at the same time are few; one that did not end by itself is among the newest.
_RECENT = 20


def begun_run(mesh: Opened, kind: str, environment: str, plan: str = "") -> Run:
    """A run of this process that begins now; `plan` is the id of what it carries out, if any."""
    system, files = mesh.system, checkout(mesh.folder)
    return Run(
        id=system.new_id(),
        kind=kind,
        environment=environment,
        plan=plan,
        state=RunState.RUNNING,
        started=system.now(),
        actor=system.user(),
        host=system.host,
        pid=system.pid,
        commit=files.commit,
        root=mesh.settings.root,
        branch=files.branch,
    )


def is_alive(mesh: Opened, process: Run | Lock) -> bool:
    """Whether a process may still be at work; of another machine's nothing is known."""
    return process.host != mesh.system.host or mesh.system.alive(process.pid)


def unfinished_run(mesh: Opened) -> Run | None:
    """A run after which other programs may not have been shown all that is published.

    That is one that died, or the one that ended last, when it was not by itself.
    """
    runs = mesh.store.journal.runs(mesh.environment, _RECENT)
    for run in runs:
        if run.state is RunState.RUNNING and not is_alive(mesh, run):
            return run
    ended = [run for run in runs if run.state is not RunState.RUNNING]
    last = max(ended, key=lambda run: run.ended, default=None)
    if last is not None and (last.state is RunState.INTERRUPTED or last.message):
        return last
    return None
