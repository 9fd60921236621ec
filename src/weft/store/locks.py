"""Lock rows in a database: taken all or none, given back once, with fences that only grow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from weft.mesh.run import Lock, Run, RunState
from weft.store.acts import run_interrupted
from weft.store.audit_chain import Act
from weft.store.database import Transaction, json_list
from weft.store.protocol import WHOLE, FencedOut, Finished, Locked

_HELD = (
    "SELECT id, product, environment, fence, holder, host, pid, since FROM locks "
    "ORDER BY environment, product"
)
_IN_THE_WAY = (
    "SELECT id, product, environment, fence, holder, host, pid, since, run FROM locks "
    "WHERE environment = :environment AND (product = :whole OR EXISTS ("
    "SELECT 1 FROM json_each(:products) AS wanted WHERE value IN (product, :whole))) "
    "ORDER BY product"
)
_HOLDS_ALL = (
    "SELECT 1 FROM locks WHERE run = :run AND environment = :environment AND product = :whole"
)
_TAKE = (
    "INSERT INTO locks (id, product, environment, fence, holder, host, pid, since, run) "
    "VALUES (:id, :product, :environment, :fence, :holder, :host, :pid, :since, :run)"
)
_GIVE_BACK = (
    "DELETE FROM locks WHERE id = :id AND fence = :fence AND run = :run "
    "AND environment = :environment AND product = :product"
)
_END_ONE = (
    "DELETE FROM locks WHERE id = :id "
    "RETURNING id, product, environment, fence, holder, host, pid, since"
)
# Without WHERE, SQLite takes ON CONFLICT for the condition of a join.
_NEXT_FENCES = (
    "INSERT INTO fences (environment, product, last) "
    "SELECT :environment, value, 1 FROM json_each(:products) AS wanted WHERE true "
    "ON CONFLICT (environment, product) DO UPDATE SET last = fences.last + 1 "
    "RETURNING product, last"
)
_INTERRUPT = (
    "UPDATE runs SET state = :interrupted, ended = :ended, message = :message "
    "WHERE id = :id AND state = :running"
)


def held(transaction: Transaction) -> tuple[Lock, ...]:
    """All locks, by environment and product."""
    return tuple(Lock(*row) for row in transaction.execute(_HELD))


def make_way(
    transaction: Transaction,
    run: Run,
    products: Sequence[str],
    alive: Callable[[Lock], bool] | None,
) -> tuple[Act, ...]:
    """End the runs of dead holders that stand in the way. Raises Locked for the first living."""
    wanted = {
        "environment": run.environment,
        "products": json_list(products),
        "whole": WHOLE,
    }
    dead: dict[str, Lock] = {}
    for *fields, holder in transaction.execute(_IN_THE_WAY, wanted).fetchall():
        lock = Lock(*fields)
        if alive is None or alive(lock):
            raise Locked(lock)
        dead[holder] = lock
    return tuple(_interrupt(transaction, holder, lock, run) for holder, lock in dead.items())


def take(transaction: Transaction, run: Run, products: Sequence[str]) -> tuple[Lock, ...]:
    """Lock products that nobody holds. A lock's id is the run's and the place in it."""
    wanted = {"environment": run.environment, "products": json_list(products)}
    fences = dict(transaction.execute(_NEXT_FENCES, wanted).fetchall())
    locks = tuple(
        Lock(
            id=f"{run.id}-{place}",
            product=product,
            environment=run.environment,
            fence=fences[product],
            holder=run.actor or run.id,
            host=run.host,
            pid=run.pid,
            since=run.started,
        )
        for place, product in enumerate(products, 1)
    )
    transaction.execute_all(_TAKE, [{**vars(each), "run": run.id} for each in locks])
    return locks


def give_back(transaction: Transaction, lock: Lock, finished: Finished, run: Run) -> None:
    """End the lock of a finished product. Raises FencedOut when the run no longer holds it."""
    place = {"environment": finished.environment, "product": finished.product}
    held = {"id": lock.id, "fence": lock.fence, "run": run.id}
    if transaction.execute(_GIVE_BACK, {**held, **place}).rowcount == 0:
        raise FencedOut(f"run {run.id} no longer holds the lock {lock.id} on {finished.product}")


def need_all(transaction: Transaction, run: Run) -> None:
    """Raise FencedOut when a run does not hold all of its environment."""
    place = {"run": run.id, "environment": run.environment, "whole": WHOLE}
    if transaction.execute(_HOLDS_ALL, place).fetchone() is None:
        raise FencedOut(f"run {run.id} no longer holds the environment {run.environment}")


def release_all(transaction: Transaction, run: str) -> None:
    """End every lock that a run still holds."""
    transaction.execute("DELETE FROM locks WHERE run = :run", {"run": run})


def end_one(transaction: Transaction, lock: str) -> Lock | None:
    """End a lock by its id, whoever holds it; None when there is none."""
    row = transaction.execute(_END_ONE, {"id": lock}).fetchone()
    return Lock(*row) if row else None


def _interrupt(transaction: Transaction, dead: str, lock: Lock, run: Run) -> Act:
    """Mark a dead run as interrupted and take all its locks away."""
    change = {
        "interrupted": RunState.INTERRUPTED,
        "running": RunState.RUNNING,
        "ended": run.started,
        "message": f"process {lock.pid} on {lock.host} ended without a word; "
        f"run {run.id} took over",
        "id": dead,
    }
    transaction.execute(_INTERRUPT, change)
    release_all(transaction, dead)
    return run_interrupted(dead, lock, run)
