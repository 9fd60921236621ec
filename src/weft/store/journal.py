"""Runs, their steps and plans, locks, holds and releases in a database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from weft.mesh.release import Release
from weft.mesh.run import Hold, Lock, Run, RunState, StepResult
from weft.store import acts, locks
from weft.store.audit_log import record
from weft.store.content import compressed, decompressed, packed, unpacked
from weft.store.database import Database, Transaction, reading, writing
from weft.store.definitions import record_definition
from weft.store.evidence import record_evidence
from weft.store.notices import tell
from weft.store.protocol import Finished
from weft.store.reads import count_reads
from weft.store.signoffs import ask

_RELEASE = msgspec.json.Decoder(Release)
_STEPS = msgspec.json.Decoder(tuple[StepResult, ...])
_ALL = 2**63 - 1

_RUN = (
    "SELECT id, kind, environment, plan, state, started, ended, actor, host, pid, git_commit, "
    "root, message, branch FROM runs "
)
_RUNS = _RUN + "WHERE :environment IN ('', environment) ORDER BY position DESC LIMIT :limit"
_RUN_OF_ID = _RUN + "WHERE id = :id"
# Writers take turns, so that the next position is the one after the last.
_ADD_RUN = (
    "INSERT INTO runs (position, id, kind, environment, plan, state, started, ended, actor, host, "
    "pid, git_commit, root, message, branch) SELECT coalesce(max(position), 0) + 1, :id, :kind, "
    ":environment, :plan, :state, :started, :ended, :actor, :host, :pid, :commit, :root, "
    ":message, :branch FROM runs"
)
_ADD_OUTCOME = (
    "INSERT INTO outcomes (position, run, product, content) "
    "SELECT coalesce(max(position), 0) + 1, :run, :product, :content FROM outcomes"
)
_END_RUN = "UPDATE runs SET state = :state, ended = :ended, message = :message WHERE id = :id"
_OUTCOMES = "SELECT content FROM outcomes WHERE run = :run ORDER BY position"
_UNDER_WAY = (
    "SELECT plans.content FROM runs AS own "
    "JOIN runs ON runs.environment = own.environment AND runs.position < own.position "
    "JOIN plans ON plans.run = runs.id "
    "WHERE own.id = :run AND EXISTS (SELECT 1 FROM locks WHERE locks.run = runs.id) "
    "ORDER BY runs.position"
)
_HOLDS = (
    "SELECT product, environment, release, actor, reason, since FROM holds "
    "WHERE environment = :environment"
)
_HOLD = (
    "INSERT INTO holds (product, environment, release, actor, reason, since) "
    "VALUES (:product, :environment, :release, :actor, :reason, :since) "
    "ON CONFLICT (environment, product) DO UPDATE SET release = excluded.release, "
    "actor = excluded.actor, reason = excluded.reason, since = excluded.since"
)
_LIFT = "DELETE FROM holds WHERE environment = :environment AND product = :product"
_RELEASES = (
    "SELECT content FROM releases WHERE environment = :environment AND product = :product "
    "ORDER BY number DESC"
)


class DatabaseJournal:
    """Runs, their steps, locks and holds: intend, act, observe, record."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @writing
    def begin(
        self,
        transaction: Transaction,
        run: Run,
        products: Sequence[str],
        plan: bytes,
        alive: Callable[[Lock], bool] | None = None,
    ) -> tuple[Lock, ...]:
        """Record the run and its plan, and lock the products, in address order, or none of them.

        Raises Locked with the first lock in the way; the locks of a run whose holder does not
        live are taken over, and that run is recorded as interrupted.
        """
        ordered = sorted(set(products))
        interrupted = locks.make_way(transaction, run, ordered, alive)
        transaction.execute(_ADD_RUN, vars(run))
        transaction.execute(
            "INSERT INTO plans (run, content) VALUES (:run, :content)",
            {"run": run.id, "content": compressed(plan)},
        )
        taken = locks.take(transaction, run, ordered)
        begun = acts.run_begun(run, len(ordered))
        record(transaction, run.actor, run.started, *interrupted, begun)
        return taken

    @writing
    def finish(
        self, transaction: Transaction, lock: Lock, finished: Finished, run: Run, at: str
    ) -> None:
        """Record how a product ended and release its lock. Raises FencedOut."""
        locks.give_back(transaction, lock, finished, run)
        outcome = {"run": run.id, "product": finished.product, "content": packed(finished.steps)}
        transaction.execute(_ADD_OUTCOME, outcome)
        record_definition(transaction, finished, run, at)
        done = acts.product_ended(finished, run)
        done += record_evidence(transaction, finished.environment, finished.evidence)
        ask(transaction, finished.signoffs, at)
        tell(transaction, finished.environment, finished.notices, at)
        count_reads(transaction, finished.environment, finished.reads)
        done += tuple(map(acts.port_ended_by_override, finished.overrides))
        overridden = finished.lift_hold or finished.removed
        if overridden and _lift(transaction, finished.product, finished.environment):
            done += (acts.hold_lifted(finished.product, finished.environment),)
        record(transaction, run.actor, at, *done)

    @writing
    def end(self, transaction: Transaction, run: Run) -> None:
        """Record how the run ended and release what it still holds. Raises KeyError."""
        if transaction.execute(_END_RUN, vars(run)).rowcount == 0:
            raise KeyError(run.id)
        locks.release_all(transaction, run.id)
        record(transaction, run.actor, run.ended, acts.run_ended(run))

    @reading
    def runs(
        self, transaction: Transaction, environment: str = "", limit: int = 50
    ) -> tuple[Run, ...]:
        """Runs, newest first; of all environments when "" is given, all runs when `limit` is 0."""
        wanted = {"environment": environment, "limit": limit or _ALL}
        return tuple(_run(*row) for row in transaction.execute(_RUNS, wanted))

    @reading
    def run(self, transaction: Transaction, id: str) -> Run | None:
        """The run of this id."""
        row = transaction.execute(_RUN_OF_ID, {"id": id}).fetchone()
        return _run(*row) if row else None

    @reading
    def steps(self, transaction: Transaction, run: str) -> tuple[StepResult, ...]:
        """What the steps of a run did, product by product in the order in which these finished."""
        rows = transaction.execute(_OUTCOMES, {"run": run})
        return tuple(step for (content,) in rows for step in unpacked(content, _STEPS))

    @reading
    def plan(self, transaction: Transaction, run: str) -> bytes:
        """The plan of a run as JSON. Raises KeyError when there is none, or none any longer."""
        found = transaction.execute("SELECT content FROM plans WHERE run = :run", {"run": run})
        row = found.fetchone()
        if row is None:
            raise KeyError(run)
        return decompressed(row[0])

    @reading
    def under_way(self, transaction: Transaction, run: str) -> tuple[bytes, ...]:
        """The plans of runs of the same environment that began before a run and still hold locks.

        They are JSON, and in the order in which they began.
        """
        found = transaction.execute(_UNDER_WAY, {"run": run})
        return tuple(decompressed(content) for (content,) in found)

    @reading
    def locks(self, transaction: Transaction) -> tuple[Lock, ...]:
        """All locks that are held."""
        return locks.held(transaction)

    @writing
    def unlock(self, transaction: Transaction, lock: str, actor: str, at: str) -> Lock | None:
        """End a lock by its id; its holder can record nothing more. None when there is none."""
        ended = locks.end_one(transaction, lock)
        if ended is not None:
            record(transaction, actor, at, acts.lock_ended(ended))
        return ended

    @reading
    def holds(self, transaction: Transaction, environment: str) -> dict[str, Hold]:
        """Holds by product."""
        rows = transaction.execute(_HOLDS, {"environment": environment})
        return {row[0]: Hold(*row) for row in rows}

    @writing
    def hold(self, transaction: Transaction, hold: Hold) -> None:
        """Place a hold on a product, replacing the earlier one."""
        transaction.execute(_HOLD, vars(hold))
        record(transaction, hold.actor, hold.since, acts.hold_placed(hold))

    @writing
    def lift(
        self, transaction: Transaction, product: str, environment: str, actor: str, at: str
    ) -> bool:
        """End a hold; False when there was none."""
        lifted = _lift(transaction, product, environment)
        if lifted:
            record(transaction, actor, at, acts.hold_lifted(product, environment))
        return lifted

    @reading
    def releases(
        self, transaction: Transaction, environment: str, product: str
    ) -> tuple[Release, ...]:
        """Every release that was recorded for a product, newest first, forgotten ones too."""
        rows = transaction.execute(_RELEASES, {"environment": environment, "product": product})
        return tuple(unpacked(content, _RELEASE) for (content,) in rows)


def _run(id: str, kind: str, environment: str, plan: str, state: str, *rest: Any) -> Run:
    return Run(id, kind, environment, plan, RunState(state), *rest)


def _lift(transaction: Transaction, product: str, environment: str) -> bool:
    place = {"environment": environment, "product": product}
    return transaction.execute(_LIFT, place).rowcount > 0
