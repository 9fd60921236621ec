"""Remove from a database all that is kept of an environment, but for the audit log."""

from __future__ import annotations

from weft.store.database import Transaction

# What names a run goes before the runs do. Definitions that nothing names are forgotten later.
_OF_RUNS = ("plans", "outcomes")
_OF_ENVIRONMENT = (
    *("verdicts", "applied", "descriptors", "releases", "holds", "salts", "locks", "fences"),
    *("settlements", "evidence", "signoffs", "reads", "notices", "measurements"),
    "runs",
)
_ROWS = (
    *(
        (table, "run IN (SELECT id FROM runs WHERE environment = :environment)")
        for table in _OF_RUNS
    ),
    *((table, "environment = :environment") for table in _OF_ENVIRONMENT),
)


def rows(transaction: Transaction, environment: str) -> int:
    """Count what is kept of an environment."""
    wanted = {"environment": environment}
    counts = (" ".join(("SELECT count(*) FROM", *_where(each))) for each in _ROWS)
    return sum(transaction.execute(each, wanted).fetchone()[0] for each in counts)


def end(transaction: Transaction, environment: str) -> None:
    """Remove what is kept of an environment, inside the caller's transaction."""
    for each in _ROWS:
        wanted = {"environment": environment}
        transaction.execute(" ".join(("DELETE FROM", *_where(each))), wanted)


def _where(rows: tuple[str, str]) -> tuple[str, str, str]:
    table, condition = rows
    return table, "WHERE", condition
