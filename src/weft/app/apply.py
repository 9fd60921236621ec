"""Apply: carry out a plan exactly, or refuse it; record every product as it ends.

Nothing is worked out again here. The plan says what is done, the warehouse what was done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

import msgspec

from weft.app.bootstrap import Opened
from weft.app.commit import current_commit
from weft.app.errors import Blocked, Breaking, Stale
from weft.app.execution import Execution
from weft.app.prune import prune_after
from weft.app.recording import finished, state_of
from weft.mesh.manifest import ProductManifest
from weft.mesh.release import Release
from weft.mesh.run import Lock, Run, RunEvent, RunState, StepResult, StepState
from weft.plan.plan import Plan
from weft.store.protocol import Locked, StoreError
from weft.warehouses.protocol import Bound, Scope, WarehouseError


@dataclass(frozen=True)
class ApplyOptions:
    """How to apply: `allow_drop` lets destructive steps run; `workers` 0 means one per core.

    `definitions` are the digests of the files as they are now, by product, when the plan was
    saved earlier; None when it was made a moment ago.
    """

    allow_drop: bool = False
    workers: int = 0
    definitions: Mapping[str, str] | None = None
    input_contracts: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Product:
    """A product while it is being applied."""

    lock: Lock
    left: int
    steps: list[StepResult] = field(default_factory=list)


def refuse_unless_allowed(plan: Plan, options: ApplyOptions) -> None:
    """Raise Breaking or Blocked when this plan must not be applied as it is."""
    if plan.blocked:
        kind = Breaking if plan.breaking else Blocked
        raise kind(plan.blocked[0], why="\n".join(plan.blocked[1:]), next_step="weft plan")
    if plan.drops and not options.allow_drop:
        named = "; ".join(f"{step.product}: {step.target}" for step in plan.drops)
        raise Blocked(
            f"this plan drops something: {named}",
            why="what is dropped can no longer be read by anybody",
            next_step="weft apply --allow-drop",
        )


def apply_plan(mesh: Opened, plan: Plan, options: ApplyOptions) -> Iterator[RunEvent]:
    """Apply a plan; yields what happens. Raises Blocked, Stale, Locked and what stores raise.

    Leaving the iteration early, or an exception in the caller, interrupts the run: what was
    published stays, the rest is done by the next apply. An empty plan does nothing, unless there
    is still something to do after an interrupted run.
    """
    refuse_unless_allowed(plan, options)
    if plan.empty and not plan.salts and unfinished_run(mesh) is None:
        return
    applying = _Applying(mesh, plan, options)
    try:
        applying.begin()
        applying.look_again()
        yield from applying.go_on()
    except Locked:
        raise
    except BaseException as error:
        # Whatever it was, the locks are free again and history says that the run did not end.
        # A beginning that failed may have been recorded or not.
        state = RunState.FAILED if isinstance(error, Stale) else RunState.INTERRUPTED
        with suppress(StoreError, KeyError):
            applying.end(state, str(error))
        raise


# Runs at the same time are few; one that did not end by itself is among the newest.
_RECENT = 20


def unfinished_run(mesh: Opened) -> Run | None:
    """A run after which other programs may not have been shown all that is published.

    That is one that died, or the one that ended last, when it was not by itself.
    """
    runs = mesh.store.journal.runs(mesh.environment, _RECENT)
    for run in runs:
        if run.state is RunState.RUNNING and not _alive(mesh, run):
            return run
    ended = [run for run in runs if run.state is not RunState.RUNNING]
    last = max(ended, key=lambda run: run.ended, default=None)
    if last is not None and (last.state is RunState.INTERRUPTED or last.message):
        return last
    return None


def _alive(mesh: Opened, process: Run | Lock) -> bool:
    """Whether a process may still be at work; of another machine's nothing is known."""
    return process.host != mesh.system.host or mesh.system.alive(process.pid)


class _Applying:
    """One apply under way."""

    def __init__(self, mesh: Opened, plan: Plan, options: ApplyOptions) -> None:
        self._mesh = mesh
        self._plan = plan
        self._options = options
        self._steps = {step.id: step for step in plan.steps}
        self._run = Run(
            id=mesh.system.new_id(),
            kind=plan.kind,
            environment=plan.environment,
            plan=plan.id,
            state=RunState.RUNNING,
            started=mesh.system.now(),
            actor=mesh.system.user(),
            host=mesh.system.host,
            pid=mesh.system.pid,
            commit=current_commit(mesh.folder),
            root=plan.root,
        )
        self._products: dict[str, _Product] = {}
        self._releases: dict[str, Release] = {}
        self._recorded: dict[str, int] = {}
        self._manifests: dict[str, ProductManifest] = dict(plan.manifests)
        self._worst = StepState.DONE
        self._message = ""

    def begin(self) -> None:
        """Record the run and lock what the plan touches. Raises Locked."""
        mesh, plan = self._mesh, self._plan
        journal = mesh.store.journal
        earlier = unfinished_run(mesh)
        if earlier is not None and earlier.state is RunState.RUNNING:
            told = f"process {earlier.pid} on {earlier.host} ended without a word"
            interrupted = replace(earlier, state=RunState.INTERRUPTED, ended=self._run.started)
            journal.end(replace(interrupted, message=told))
        locks = journal.begin(
            self._run,
            sorted(plan.base),
            msgspec.json.encode(plan),
            lambda lock: _alive(mesh, lock),
        )
        counts = Counter(step.product for step in plan.steps)
        self._products = {lock.product: _Product(lock, counts[lock.product]) for lock in locks}

    def look_again(self) -> None:
        """Make sure that all is still what the plan was made from. Raises Stale."""
        mesh, plan = self._mesh, self._plan
        self._observe()
        self._refuse_stale()
        unknown = set(plan.base) - set(self._manifests)
        if unknown:
            self._manifests |= mesh.store.definitions.manifests(plan.environment, unknown)
        if plan.salts:
            mesh.store.definitions.set_salts(
                plan.environment, plan.salts, self._run.actor, self._run.started
            )

    def _observe(self) -> None:
        homes: dict[str, list[str]] = {}
        for address, base in self._plan.base.items():
            homes.setdefault(base.warehouse, []).append(address)
        for name, products in homes.items():
            scope = Scope(self._plan.environment, tuple(products))
            self._releases.update(self._mesh.warehouse(name).observe(scope).releases)

    def _refuse_stale(self) -> None:
        """Compare each product with what the plan says it was made from."""
        store = self._mesh.store
        applied = store.definitions.applied(self._plan.environment)
        holds = store.journal.holds(self._plan.environment)
        self._recorded = {address: each.release for address, each in applied.items()}
        for address, base in self._plan.base.items():
            release = self._releases.get(address)
            hold = holds.get(address)
            now = {
                "its definition was applied by somebody else": (
                    base.applied,
                    applied[address].digest if address in applied else "",
                ),
                "another release was published": (base.release, release.number if release else 0),
                "a hold was placed or lifted": (base.hold, hold.since if hold else ""),
            }
            if self._options.definitions is not None:
                now["its files changed"] = (
                    base.definition,
                    self._options.definitions.get(address, ""),
                )
                now["the contract of an input changed"] = (
                    base.inputs,
                    self._options.input_contracts.get(address, ""),
                )
            for why, (then, today) in now.items():
                if then != today:
                    raise Stale(
                        f"this plan is stale: {address} is not what it was",
                        why=why,
                        next_step="weft plan",
                    )

    def go_on(self) -> Iterator[RunEvent]:
        """Run the steps; yields one event per step, one per product, and one at the end."""
        total = len(self._plan.steps)
        yield RunEvent("started", self._run.id, 0, total, text=self._plan.id)
        for address, product in self._products.items():
            if product.left == 0:
                yield self._ended(address, 0, total)
        warehouses = {
            name: self._mesh.warehouse(name)
            for name in {step.warehouse for step in self._plan.steps}
        }
        bound = {
            address: Bound(
                self._run.id,
                each.lock.fence,
                self._run.started,
                self._plan.sources,
                self._plan.environment,
            )
            for address, each in self._products.items()
        }
        workers = self._options.workers or self._mesh.system.cpus
        execution = Execution(self._plan, warehouses, bound, workers, self._mesh.system.monotonic)
        done = 0
        for result in execution.results():
            done += 1
            release = None
            if result.step in execution.outcomes:
                release = execution.outcomes[result.step].release
            if release is not None:
                self._releases[result.product] = release
            yield RunEvent("step", self._run.id, done, total, result)
            product = self._products[result.product]
            product.steps.append(result)
            product.left -= 1
            if product.left == 0:
                yield self._ended(result.product, done, total)
        # Even when nothing was published here: another run may have been stopped before its turn.
        yield from self._serve()
        # What other programs are still shown must not go away under them.
        if not self._message:
            yield from self._prune()
        ending = self._ending()
        self.end(ending, self._message)
        yield RunEvent("ended", self._run.id, done, total, text=ending)

    def _ended(self, address: str, done: int, total: int) -> RunEvent:
        state = self._finish(address)
        return RunEvent("product", self._run.id, done, total, text=f"{address} {state}")

    def _ending(self) -> RunState:
        if self._worst in (StepState.FAILED, StepState.SKIPPED):
            failed = any(
                step.state is StepState.FAILED
                for each in self._products.values()
                for step in each.steps
            )
            return RunState.FAILED if failed else RunState.HELD
        return RunState.HELD if self._worst is StepState.HELD else RunState.DONE

    def _finish(self, address: str) -> StepState:
        """Record how a product ended, in one transaction, and let go of its lock."""
        product = self._products[address]
        state = state_of(product.steps)
        order = (StepState.DONE, StepState.HELD, StepState.SKIPPED, StepState.FAILED)
        self._worst = max(self._worst, state, key=order.index)
        self._mesh.store.journal.finish(
            product.lock,
            finished(
                self._plan,
                address,
                product.steps,
                self._unrecorded(address),
                self._manifests.get(address),
            ),
            self._run,
            self._mesh.system.now(),
        )
        return state

    def _unrecorded(self, address: str) -> Release | None:
        """The current release, when this run published it, or one that was killed before it
        could be recorded."""
        release = self._releases.get(address)
        if release is None or release.number == self._recorded.get(address, 0):
            return None
        return release

    def _serve(self) -> Iterator[RunEvent]:
        """Show the new releases to other programs; their own file is never worth a failed run.

        What went wrong is kept with the run, so that the next apply tries again.
        """
        for warehouse in self._mesh.connected.values():
            serve = getattr(warehouse, "serve", None)
            if serve is None:
                continue
            try:
                serve(self._plan.environment)
            except WarehouseError as error:
                self._message = str(error)
                yield RunEvent("warning", self._run.id, text=self._message)

    def _prune(self) -> Iterator[RunEvent]:
        """Remove what is kept no longer; what cannot be removed now, a later apply removes."""
        published = [each for each in self._releases.values() if each.run == self._run.id]
        try:
            prune_after(self._mesh, published)
        except WarehouseError as error:
            yield RunEvent("warning", self._run.id, text=f"not pruned: {error}")

    def end(self, state: RunState, message: str = "") -> None:
        """Record how the run ended; locks that are still held are released."""
        self._run = replace(self._run, state=state, ended=self._mesh.system.now(), message=message)
        self._mesh.store.journal.end(self._run)
