"""Runs, their steps and plans, locks, holds and releases in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from weft.mesh.release import Release
from weft.mesh.run import Hold, Lock, Run, RunState, StepResult, StepState
from weft.store.audit_chain import Act, act
from weft.store.content import compressed, decompressed, packed, unpacked
from weft.store.protocol import Finished
from weft.store.sqlite import locks
from weft.store.sqlite.audit import record
from weft.store.sqlite.database import Database
from weft.store.sqlite.definitions import record_definition

_RELEASE = msgspec.json.Decoder(Release)
_STEPS = msgspec.json.Decoder(tuple[StepResult, ...])

_RUNS = (
    "SELECT id, kind, environment, plan, state, started, ended, actor, host, pid, git_commit, "
    "root, message FROM runs WHERE ?1 IN ('', environment) ORDER BY position DESC LIMIT ?2"
)
_ADD_RUN = (
    "INSERT INTO runs (id, kind, environment, plan, state, started, ended, actor, host, pid, "
    "git_commit, root, message) VALUES (:id, :kind, :environment, :plan, :state, :started, "
    ":ended, :actor, :host, :pid, :commit, :root, :message)"
)
_HOLDS = (
    "SELECT product, environment, release, actor, reason, since FROM holds WHERE environment = ?"
)
_HOLD = (
    "INSERT OR REPLACE INTO holds (product, environment, release, actor, reason, since) "
    "VALUES (:product, :environment, :release, :actor, :reason, :since)"
)
_LIFT = "DELETE FROM holds WHERE environment = ? AND product = ?"
_RELEASES = (
    "SELECT content FROM releases WHERE environment = ? AND product = ? ORDER BY number DESC"
)

# The worst state of a step names how its product ended.
_ENDINGS = (
    (StepState.FAILED, "product.failed"),
    (StepState.HELD, "product.held"),
    (StepState.SKIPPED, "product.skipped"),
)


class SqliteJournal:
    """Runs, their steps, locks and holds: intend, act, observe, record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self,
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
        with self._database.writing() as connection:
            interrupted = locks.make_way(connection, run, ordered, alive)
            _add_run(connection, run, plan)
            taken = locks.take(connection, run, ordered)
            record(connection, run.actor, run.started, *interrupted, _begun(run, len(ordered)))
        return taken

    def finish(self, lock: Lock, finished: Finished, run: Run, at: str) -> None:
        """Record how a product ended and release its lock. Raises FencedOut."""
        with self._database.writing() as connection:
            locks.give_back(connection, lock, finished, run)
            connection.execute(
                "INSERT INTO outcomes (run, product, content) VALUES (?, ?, ?)",
                (run.id, finished.product, packed(finished.steps)),
            )
            record_definition(connection, finished, run, at)
            acts = _acts(finished, run)
            overridden = finished.lift_hold or finished.removed
            if overridden and _lift(connection, finished.product, finished.environment):
                acts.append(_lifted(finished.product, finished.environment))
            record(connection, run.actor, at, *acts)

    def end(self, run: Run) -> None:
        """Record how the run ended and release what it still holds. Raises KeyError."""
        with self._database.writing() as connection:
            changed = connection.execute(
                "UPDATE runs SET state = ?, ended = ?, message = ? WHERE id = ?",
                (run.state, run.ended, run.message, run.id),
            )
            if changed.rowcount == 0:
                raise KeyError(run.id)
            locks.release_all(connection, run.id)
            done = act("run.ended", run.id, environment=run.environment, state=run.state)
            record(connection, run.actor, run.ended, done)

    def runs(self, environment: str = "", limit: int = 50) -> tuple[Run, ...]:
        """Runs, newest first; of all environments when "" is given."""
        with self._database.reading() as connection:
            rows = connection.execute(_RUNS, (environment, limit))
            return tuple(_run(*row) for row in rows)

    def steps(self, run: str) -> tuple[StepResult, ...]:
        """What the steps of a run did, product by product in the order in which these finished."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT content FROM outcomes WHERE run = ? ORDER BY position", (run,)
            )
            return tuple(step for (content,) in rows for step in unpacked(content, _STEPS))

    def plan(self, run: str) -> bytes:
        """The plan of a run as JSON. Raises KeyError when there is no such run."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT content FROM plans WHERE run = ?", (run,)).fetchone()
            if row is None:
                raise KeyError(run)
            return decompressed(row[0])

    def locks(self) -> tuple[Lock, ...]:
        """All locks that are held."""
        with self._database.reading() as connection:
            return locks.held(connection)

    def unlock(self, lock: str, actor: str, at: str) -> Lock | None:
        """End a lock by its id; its holder can record nothing more. None when there is none."""
        with self._database.writing() as connection:
            ended = locks.end_one(connection, lock)
            if ended is not None:
                done = act(
                    "lock.ended",
                    ended.product,
                    environment=ended.environment,
                    holder=ended.holder,
                    lock=ended.id,
                )
                record(connection, actor, at, done)
        return ended

    def holds(self, environment: str) -> dict[str, Hold]:
        """Holds by product."""
        with self._database.reading() as connection:
            rows = connection.execute(_HOLDS, (environment,))
            return {row[0]: Hold(*row) for row in rows}

    def hold(self, hold: Hold) -> None:
        """Place a hold on a product, replacing the earlier one."""
        done = act(
            "hold.placed",
            hold.product,
            environment=hold.environment,
            reason=hold.reason,
            release=hold.release,
        )
        with self._database.writing() as connection:
            connection.execute(_HOLD, vars(hold))
            record(connection, hold.actor, hold.since, done)

    def lift(self, product: str, environment: str, actor: str, at: str) -> bool:
        """End a hold; False when there was none."""
        with self._database.writing() as connection:
            lifted = _lift(connection, product, environment)
            if lifted:
                record(connection, actor, at, _lifted(product, environment))
        return lifted

    def releases(self, environment: str, product: str) -> tuple[Release, ...]:
        """Every release that was recorded for a product, newest first, forgotten ones too."""
        with self._database.reading() as connection:
            rows = connection.execute(_RELEASES, (environment, product))
            return tuple(unpacked(content, _RELEASE) for (content,) in rows)


def _add_run(connection: sqlite3.Connection, run: Run, plan: bytes) -> None:
    connection.execute(_ADD_RUN, vars(run))
    connection.execute("INSERT INTO plans (run, content) VALUES (?, ?)", (run.id, compressed(plan)))


def _run(id: str, kind: str, environment: str, plan: str, state: str, *rest: Any) -> Run:
    return Run(id, kind, environment, plan, RunState(state), *rest)


def _begun(run: Run, products: int) -> Act:
    return act(
        "run.begun",
        run.id,
        commit=run.commit,
        environment=run.environment,
        kind=run.kind,
        plan=run.plan,
        products=products,
    )


def _acts(finished: Finished, run: Run) -> list[Act]:
    """What a product's end in a run means for the audit log."""
    product, environment = finished.product, finished.environment
    facts: dict[str, str] = {"environment": environment, "run": run.id}
    if finished.manifest is not None:
        facts["definition"] = finished.manifest.digest
    acts = [act(_ending(finished), product, **facts)]
    if finished.release is not None:
        released = finished.release
        acts.append(
            act(
                "release.published",
                product,
                environment=environment,
                fence=released.fence,
                release=released.number,
                restores=released.restores,
                run=run.id,
            )
        )
    return acts


def _ending(finished: Finished) -> str:
    states = {step.state for step in finished.steps}
    for state, ending in _ENDINGS:
        if state in states:
            return ending
    if finished.removed:
        return "product.removed"
    return "product.refreshed" if finished.manifest is None else "product.applied"


def _lift(connection: sqlite3.Connection, product: str, environment: str) -> bool:
    return connection.execute(_LIFT, (environment, product)).rowcount > 0


def _lifted(product: str, environment: str) -> Act:
    return act("hold.lifted", product, environment=environment)
