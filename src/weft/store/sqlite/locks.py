"""Lock rows in SQLite: taken all or none, given back once, each with a fence that only grows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from weft.mesh.run import Lock, Run, RunState
from weft.store.acts import run_interrupted
from weft.store.audit_chain import Act
from weft.store.protocol import WHOLE, FencedOut, Finished, Locked
from weft.store.sqlite.database import json_list

_HELD = (
    "SELECT id, product, environment, fence, holder, host, pid, since FROM locks "
    "ORDER BY environment, product"
)
_IN_THE_WAY = (
    "SELECT id, product, environment, fence, holder, host, pid, since, run FROM locks "
    "WHERE environment = ?1 AND (product = ?3 OR EXISTS (SELECT 1 FROM json_each(?2) "
    "WHERE value IN (product, ?3))) ORDER BY product"
)
_HOLDS_ALL = "SELECT 1 FROM locks WHERE run = ? AND environment = ? AND product = ?"
_TAKE = (
    "INSERT INTO locks (id, product, environment, fence, holder, host, pid, since, run) "
    "VALUES (:id, :product, :environment, :fence, :holder, :host, :pid, :since, :run)"
)
_GIVE_BACK = (
    "DELETE FROM locks WHERE id = ? AND fence = ? AND run = ? AND environment = ? AND product = ?"
)
_END_ONE = (
    "DELETE FROM locks WHERE id = ? "
    "RETURNING id, product, environment, fence, holder, host, pid, since"
)
_NEXT_FENCE = (
    "INSERT INTO fences (environment, product, last) VALUES (?, ?, 1) "
    "ON CONFLICT (environment, product) DO UPDATE SET last = last + 1 RETURNING last"
)
_INTERRUPT = "UPDATE runs SET state = ?, ended = ?, message = ? WHERE id = ? AND state = ?"


def held(connection: sqlite3.Connection) -> tuple[Lock, ...]:
    """All locks, by environment and product."""
    return tuple(Lock(*row) for row in connection.execute(_HELD))


def make_way(
    connection: sqlite3.Connection,
    run: Run,
    products: Sequence[str],
    alive: Callable[[Lock], bool] | None,
) -> tuple[Act, ...]:
    """End the runs of dead holders that stand in the way. Raises Locked for the first living."""
    wanted = (run.environment, json_list(products), WHOLE)
    rows = connection.execute(_IN_THE_WAY, wanted).fetchall()
    dead: dict[str, Lock] = {}
    for *fields, holder in rows:
        lock = Lock(*fields)
        if alive is None or alive(lock):
            raise Locked(lock)
        dead[holder] = lock
    return tuple(_interrupt(connection, holder, lock, run) for holder, lock in dead.items())


def take(connection: sqlite3.Connection, run: Run, products: Sequence[str]) -> tuple[Lock, ...]:
    """Lock products that nobody holds. A lock's id is the run's and the place in it."""
    locks = tuple(
        Lock(
            id=f"{run.id}-{place}",
            product=product,
            environment=run.environment,
            fence=_next_fence(connection, run.environment, product),
            holder=run.actor or run.id,
            host=run.host,
            pid=run.pid,
            since=run.started,
        )
        for place, product in enumerate(products, 1)
    )
    connection.executemany(_TAKE, [{**vars(each), "run": run.id} for each in locks])
    return locks


def give_back(connection: sqlite3.Connection, lock: Lock, finished: Finished, run: Run) -> None:
    """End the lock of a finished product. Raises FencedOut when the run no longer holds it."""
    gone = connection.execute(
        _GIVE_BACK, (lock.id, lock.fence, run.id, finished.environment, finished.product)
    )
    if gone.rowcount == 0:
        raise FencedOut(f"run {run.id} no longer holds the lock {lock.id} on {finished.product}")


def need_all(connection: sqlite3.Connection, run: Run) -> None:
    """Raise FencedOut when a run does not hold all of its environment."""
    if not connection.execute(_HOLDS_ALL, (run.id, run.environment, WHOLE)).fetchone():
        raise FencedOut(f"run {run.id} no longer holds the environment {run.environment}")


def release_all(connection: sqlite3.Connection, run: str) -> None:
    """End every lock that a run still holds."""
    connection.execute("DELETE FROM locks WHERE run = ?", (run,))


def end_one(connection: sqlite3.Connection, lock: str) -> Lock | None:
    """End a lock by its id, whoever holds it; None when there is none."""
    row = connection.execute(_END_ONE, (lock,)).fetchone()
    return Lock(*row) if row else None


def _next_fence(connection: sqlite3.Connection, environment: str, product: str) -> int:
    (fence,) = connection.execute(_NEXT_FENCE, (environment, product)).fetchone()
    return int(fence)


def _interrupt(connection: sqlite3.Connection, dead: str, lock: Lock, run: Run) -> Act:
    """Mark a dead run as interrupted and take all its locks away."""
    told = f"process {lock.pid} on {lock.host} ended without a word; run {run.id} took over"
    connection.execute(
        _INTERRUPT, (RunState.INTERRUPTED, run.started, told, dead, RunState.RUNNING)
    )
    release_all(connection, dead)
    return run_interrupted(dead, lock, run)
