"""The table of commands and exit codes: one line each, known without importing any command."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import click


@dataclass(frozen=True)
class Entry:
    """A command: `target` is `module:attribute` in `weft.cli.verbs`, `line` says what it does."""

    name: str
    target: str
    line: str


SECTIONS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "Start",
        (
            Entry("demo", "demo:demo", "Write the example mesh, apply it and show it."),
            Entry("init", "init:init", "Begin a mesh in a folder."),
            Entry("new", "new:new", "Write a new domain, product or port."),
            Entry("adopt", "adopt:adopt", "Draft products of what is there already."),
            Entry("contract", "contract:contract", "Show a contract, or bring it up to date."),
            Entry("validate", "validate:validate", "Check what can be known from the files."),
        ),
    ),
    (
        "Change",
        (
            Entry("plan", "plan:plan", "Show what applying the files would change."),
            Entry("apply", "apply:apply", "Do what a plan says, and exactly that."),
            Entry("run", "run:run", "Refresh data from the definitions applied last."),
            Entry("test", "test:test", "Run unit tests, then the contracts on the data."),
        ),
    ),
    (
        "Read",
        (
            Entry("ls", "ls:ls", "List products and how they stand."),
            Entry("show", "show:show", "Show a product, port or model."),
            Entry("status", "status:status", "Show what is promised, and how it is kept."),
            Entry("consumers", "consumers:consumers", "Show who reads a port, and who has moved."),
            Entry("query", "query:query", "Run one SELECT over published ports."),
            Entry("diff", "diff:diff", "Compare environments, or versions of a contract."),
            Entry("lineage", "lineage:lineage", "Trace what feeds a thing, and what it feeds."),
            Entry("why", "why:why", "Say what keeps a thing from being up to date."),
            Entry("history", "history:history", "Show releases, runs and their steps."),
        ),
    ),
    (
        "Keep",
        (
            Entry("release", "release:release", "Give a contract its next version; prove them."),
            Entry("deprecate", "deprecate:deprecate", "Say when a version of a port ends."),
            Entry("retire", "retire:retire", "End a version of a port that nobody reads."),
            Entry("rollback", "rollback:rollback", "Go back to an earlier release and hold it."),
            Entry("drift", "drift:drift", "Find what was changed outside of Weft."),
            Entry("env", "env:env", "List environments, and end those nobody needs."),
            Entry("prune", "prune:prune", "Remove what rollback need not reach any more."),
            Entry("unlock", "unlock:unlock", "End the lock of a run on another machine."),
            Entry("audit", "audit:audit", "Show who did what, and prove the list whole."),
            Entry("store", "store:store", "Move what Weft remembers to another place."),
        ),
    ),
    (
        "Understand",
        (
            Entry("explain", "explain:explain", "Explain a code, a field, a change or a verb."),
            Entry("doctor", "doctor:doctor", "Look at everything that Weft stands on."),
        ),
    ),
)

EXIT_CODES = (
    ("0", "done, or nothing to do"),
    ("1", "a bug in Weft; `WEFT_DEBUG=1` shows the whole trace"),
    ("2", "wrong usage, a query that is wrong, or a name that nothing has"),
    (
        "3",
        "the plan has changes, environments differ, something drifted, or a service level is "
        "broken (`--detailed-exitcode`)",
    ),
    (
        "4",
        "a warehouse, the store or a file cannot be reached or written, is not allowed, or is "
        "locked",
    ),
    ("5", "the definitions have errors, or the plan, a policy or a person says no"),
    ("6", "checks failed; the products concerned stay on their last release"),
    ("7", "a change would break consumers"),
    ("8", "a run was interrupted or is partly applied; applying again goes on"),
    ("130, 143", "stopped by Ctrl-C or SIGTERM while no run was going on"),
)

ENTRIES = {entry.name: entry for _, entries in SECTIONS for entry in entries}


def load(name: str) -> click.Command:
    """Import a command by its name. Raises KeyError when there is none."""
    module, _, attribute = ENTRIES[name].target.partition(":")
    command: click.Command = getattr(import_module(f"weft.cli.verbs.{module}"), attribute)
    return command
