"""Runs, their steps and plans, locks, holds and releases in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from weft.mesh.release import Release
from weft.mesh.run import Hold, Lock, Run, RunState, StepResult
from weft.store import acts
from weft.store.content import compressed, decompressed, packed, unpacked
from weft.store.protocol import Finished
from weft.store.sqlite import locks
from weft.store.sqlite.audit import record
from weft.store.sqlite.database import Database
from weft.store.sqlite.definitions import record_definition

_RELEASE = msgspec.json.Decoder(Release)
_STEPS = msgspec.json.Decoder(tuple[StepResult, ...])

_RUN = (
    "SELECT id, kind, environment, plan, state, started, ended, actor, host, pid, git_commit, "
    "root, message, branch FROM runs "
)
_RUNS = _RUN + "WHERE ?1 IN ('', environment) ORDER BY position DESC LIMIT ?2"
_RUN_OF_ID = _RUN + "WHERE id = ?"
_ADD_RUN = (
    "INSERT INTO runs (id, kind, environment, plan, state, started, ended, actor, host, pid, "
    "git_commit, root, message, branch) VALUES (:id, :kind, :environment, :plan, :state, "
    ":started, :ended, :actor, :host, :pid, :commit, :root, :message, :branch)"
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
            begun = acts.run_begun(run, len(ordered))
            record(connection, run.actor, run.started, *interrupted, begun)
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
            done = acts.product_ended(finished, run)
            overridden = finished.lift_hold or finished.removed
            if overridden and _lift(connection, finished.product, finished.environment):
                done += (acts.hold_lifted(finished.product, finished.environment),)
            record(connection, run.actor, at, *done)

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
            record(connection, run.actor, run.ended, acts.run_ended(run))

    def runs(self, environment: str = "", limit: int = 50) -> tuple[Run, ...]:
        """Runs, newest first; of all environments when "" is given."""
        with self._database.reading() as connection:
            rows = connection.execute(_RUNS, (environment, limit or -1))
            return tuple(_run(*row) for row in rows)

    def run(self, id: str) -> Run | None:
        """The run of this id."""
        with self._database.reading() as connection:
            row = connection.execute(_RUN_OF_ID, (id,)).fetchone()
            return _run(*row) if row else None

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
                record(connection, actor, at, acts.lock_ended(ended))
        return ended

    def holds(self, environment: str) -> dict[str, Hold]:
        """Holds by product."""
        with self._database.reading() as connection:
            rows = connection.execute(_HOLDS, (environment,))
            return {row[0]: Hold(*row) for row in rows}

    def hold(self, hold: Hold) -> None:
        """Place a hold on a product, replacing the earlier one."""
        with self._database.writing() as connection:
            connection.execute(_HOLD, vars(hold))
            record(connection, hold.actor, hold.since, acts.hold_placed(hold))

    def lift(self, product: str, environment: str, actor: str, at: str) -> bool:
        """End a hold; False when there was none."""
        with self._database.writing() as connection:
            lifted = _lift(connection, product, environment)
            if lifted:
                record(connection, actor, at, acts.hold_lifted(product, environment))
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


def _lift(connection: sqlite3.Connection, product: str, environment: str) -> bool:
    return connection.execute(_LIFT, (environment, product)).rowcount > 0
