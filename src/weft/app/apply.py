"""Apply: carry out a plan exactly, or refuse it; record every product as it ends.

Nothing is worked out again here. The plan says what is done, the warehouse what was done.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

import msgspec

from weft.app.bootstrap import Opened
from weft.app.circles import refuse_circles
from weft.app.current import current_releases
from weft.app.environments import exists
from weft.app.errors import Blocked, Breaking, Stale
from weft.app.execution import Execution, Stalled
from weft.app.fitness import refuse_unfit
from weft.app.measuring import measure
from weft.app.overdue import refuse_overdue
from weft.app.prune import prune_after
from weft.app.recording import finished, state_of, told_of
from weft.app.runs import begun_run, is_alive, unfinished_run
from weft.app.serving import not_served, unserved
from weft.app.source_contents import changed_sources
from weft.app.taken_away import refuse_taking_away
from weft.app.under_way import plans_under_way
from weft.app.witnessing import witnessed
from weft.mesh.manifest import ProductManifest
from weft.mesh.release import Release
from weft.mesh.run import Lock, RunEvent, RunState, StepResult, StepState
from weft.mesh.signoff import Answer, Signoff
from weft.plan.plan import Plan
from weft.plan.readings import Readings
from weft.plan.share import Share, shares
from weft.store.protocol import Locked, StoreError
from weft.warehouses.protocol import Bound, ServesPorts, WarehouseError


@dataclass(frozen=True)
class ApplyOptions:
    """How to apply: `allow_drop` lets destructive steps run; `workers` 0 means one per core.

    `definitions` are the digests of the files as they are now, by product, when the plan was
    saved earlier; None when it was made a moment ago. `input_contracts` are then what the inputs
    of the plan's products promise now, as the plan keeps it.
    """

    allow_drop: bool = False
    workers: int = 0
    definitions: Mapping[str, str] | None = None
    input_contracts: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Product:
    """A product while it is being applied."""

    lock: Lock
    share: Share
    results: list[StepResult] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Whether all of its steps have a result."""
        return len(self.results) == len(self.share.steps)


def refuse_unless_allowed(plan: Plan, options: ApplyOptions) -> None:
    """Raise Breaking or Blocked when this plan must not be applied as it is."""
    if plan.blocked:
        kind = Breaking if plan.breaking else Blocked
        what, *why = "\n".join(plan.blocked).splitlines()
        raise kind(what, why="\n".join(why), next_step="weft plan")
    if plan.drops and not options.allow_drop:
        named = "; ".join(f"{step.product}: {step.target}" for step in plan.drops)
        raise Blocked(
            f"this plan drops something: {named}",
            why="what is dropped can no longer be read by anybody",
            next_step="add --allow-drop",
        )


def apply_plan(mesh: Opened, plan: Plan, options: ApplyOptions) -> Iterator[RunEvent]:
    """Apply a plan; yields what happens. Raises Blocked, Stale, Locked and what stores raise.

    Leaving the iteration early, or an exception in the caller, interrupts the run: what was
    published stays, the rest is done by the next apply. An empty plan does nothing, unless there
    is still something to do after an interrupted run, or to be shown to other programs; or unless
    it is the first one in its environment, which exists from then on.
    """
    refuse_unless_allowed(plan, options)
    idle = plan.empty and not plan.salts and exists(mesh)
    if idle and unfinished_run(mesh) is None and not unserved(mesh):
        return
    refuse_unfit(mesh, plan)
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
            applying.end(state, _told(error))
        if isinstance(error, StoreError):
            error.interrupted = error.full
        raise


def _asked(signoff: Signoff) -> tuple[str, ...]:
    """Who is asked about which major."""
    return (signoff.product, signoff.port, str(signoff.major), signoff.consumer)


def _told(error: BaseException) -> str:
    """What history says of a run that did not end by itself."""
    if isinstance(error, KeyboardInterrupt):
        [number] = error.args or (signal.SIGINT,)
        return f"ended by {signal.Signals(number).name}"
    return str(error)


class _Applying:
    """One apply under way."""

    def __init__(self, mesh: Opened, plan: Plan, options: ApplyOptions) -> None:
        self._mesh = mesh
        self._plan = plan
        self._options = options
        self._run = begun_run(mesh, plan.kind, plan.environment, plan.id)
        self._products: dict[str, _Product] = {}
        self._releases: dict[str, Release] = {}
        self._recorded: dict[str, int] = {}
        self._left: dict[str, Release] = {}
        self._manifests: dict[str, ProductManifest] = dict(plan.manifests)
        self._readings = Readings()
        self._worst = StepState.DONE
        self._message = ""

    def begin(self) -> None:
        """Record the run and lock what the plan touches. Raises Locked."""
        mesh, plan = self._mesh, self._plan
        journal, definitions = mesh.store.journal, mesh.store.definitions
        if definitions.production() != mesh.settings.production:
            definitions.settle_production(
                mesh.settings.production, self._run.actor, self._run.started
            )
        earlier = unfinished_run(mesh)
        if earlier is not None and earlier.state is RunState.RUNNING:
            told = f"process {earlier.pid} on {earlier.host} ended without a word"
            interrupted = replace(earlier, state=RunState.INTERRUPTED, ended=self._run.started)
            journal.end(replace(interrupted, message=told))
        locks = journal.begin(
            self._run,
            sorted(plan.base),
            msgspec.json.encode(plan),
            lambda lock: is_alive(mesh, lock),
        )
        own = shares(plan)
        self._products = {lock.product: _Product(lock, own[lock.product]) for lock in locks}

    def look_again(self) -> None:
        """Make sure that all is still what the plan was made from. Raises Stale."""
        mesh, plan = self._mesh, self._plan
        homes = [(address, base.warehouse) for address, base in plan.base.items()]
        self._releases = current_releases(mesh, homes)
        self._refuse_stale()
        found = ((address, self._unrecorded(address)) for address in plan.base)
        self._left = {address: each for address, each in found if each is not None}
        self._refuse_objections()
        refuse_overdue(plan, self._run.started)
        self._refuse_newer_files()
        under_way = plans_under_way(mesh, self._run.id)
        refuse_circles(mesh, plan, under_way)
        refuse_taking_away(mesh, plan, under_way)
        unknown = set(plan.base) - set(self._manifests)
        if unknown:
            self._manifests |= mesh.store.definitions.manifests(plan.environment, unknown)
        if plan.salts:
            mesh.store.definitions.set_salts(
                plan.environment, plan.salts, self._run.actor, self._run.started
            )

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

    def _refuse_objections(self) -> None:
        """Who was asked may have said no since the plan was made."""
        said = {_asked(each): each.state for each in self._plan.signoffs}
        asked = self._mesh.store.signoffs.all(self._plan.environment) if said else ()
        last = {_asked(each): each for each in sorted(asked, key=lambda each: each.place)}
        for each in last.values():
            if each.state is Answer.NO and said.get(_asked(each), Answer.NO) is not Answer.NO:
                raise Stale(
                    f"this plan is stale: {each.consumer} says no to {each.address}",
                    why=each.reason,
                    next_step="weft plan",
                )

    def _refuse_newer_files(self) -> None:
        """A plan pins the content of files, and what was in them before cannot be read again."""
        if not self._plan.sources:
            return
        mesh = self._mesh
        changed = changed_sources(mesh.folder, self._plan.sources.values(), mesh.cache)
        if changed:
            raise Stale(
                f"this plan is stale: there is newer data in {', '.join(changed)}",
                why="what was planned can no longer be read",
                next_step="weft plan",
            )

    def go_on(self) -> Iterator[RunEvent]:
        """Run the steps; yields one event per step, one per product, and one at the end."""
        total = len(self._plan.steps)
        yield RunEvent("started", self._run.id, 0, total, text=self._plan.id)
        for address, product in self._products.items():
            if product.ended:
                yield self._ended(address, 0, total)
        warehouses = {
            name: self._mesh.warehouse(name)
            for name in {name for step in self._plan.steps for name in step.warehouses}
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
        for result in execution.go_on():
            if isinstance(result, Stalled):
                yield RunEvent("waiting", self._run.id, done, total, text=result.text)
                continue
            done += 1
            release = None
            if result.step in execution.outcomes:
                release = execution.outcomes[result.step].release
            if release is not None:
                known = self._releases.get(result.product, release)
                self._releases[result.product] = max(known, release, key=lambda it: it.place)
            yield RunEvent("step", self._run.id, done, total, result)
            product = self._products[result.product]
            product.results.append(result)
            if product.ended:
                yield self._ended(result.product, done, total)
        # Even when nothing was published here: another run may have been stopped before its turn.
        yield from self._serve()
        # What other programs are still shown must not go away under them.
        if not self._message:
            yield from self._prune()
        self._measure()
        ending = self._ending()
        self.end(ending, self._message)
        yield RunEvent("ended", self._run.id, done, total, text=ending)

    def _ended(self, address: str, done: int, total: int) -> RunEvent:
        state = self._finish(address)
        text = f"{address} {state}"
        return RunEvent("product", self._run.id, done, total, text=text, product=address)

    def _ending(self) -> RunState:
        if self._worst in (StepState.FAILED, StepState.SKIPPED):
            failed = any(
                step.state is StepState.FAILED
                for each in self._products.values()
                for step in each.results
            )
            return RunState.FAILED if failed else RunState.HELD
        return RunState.HELD if self._worst is StepState.HELD else RunState.DONE

    def _finish(self, address: str) -> StepState:
        """Record how a product ended, in one transaction, and let go of its lock."""
        product = self._products[address]
        state = state_of(product.results)
        order = (StepState.DONE, StepState.HELD, StepState.SKIPPED, StepState.FAILED)
        self._worst = max(self._worst, state, key=order.index)
        manifest = self._manifests.get(address)
        ended = finished(product.share, product.results, self._unrecorded(address), manifest)
        ended = told_of(product.share, ended, manifest, self._run.started)
        if manifest is not None:
            evidence = witnessed(self._mesh, ended, manifest, self._run, self._left.get(address))
            ended = replace(ended, evidence=evidence)
        now = self._mesh.system.now()
        self._mesh.store.journal.finish(product.lock, ended, self._run, now)
        self._readings.note(product.share, product.results, manifest, now)
        return state

    def _unrecorded(self, address: str) -> Release | None:
        """The current release, when this run published it, or one that was killed before it
        could be recorded. An older one than that recorded is there by damage."""
        release = self._releases.get(address)
        if release is None or release.number <= self._recorded.get(address, 0):
            return None
        return release

    def _serve(self) -> Iterator[RunEvent]:
        """Show the new releases to other programs; their own file is never worth a failed run.

        What went wrong is kept with the run, so that the next apply tries again.
        """
        for warehouse in self._mesh.connected.values():
            if not isinstance(warehouse, ServesPorts):
                continue
            try:
                warehouse.serve(self._plan.environment)
            except WarehouseError as error:
                self._message = not_served(self._mesh, error, self._run.id)
                yield RunEvent("warning", self._run.id, text=self._message)

    def _prune(self) -> Iterator[RunEvent]:
        """Remove what is kept no longer; what cannot be removed now, a later apply removes."""
        published = [each for each in self._releases.values() if each.run == self._run.id]
        try:
            prune_after(self._mesh, published)
        except WarehouseError as error:
            yield RunEvent("warning", self._run.id, text=f"not pruned: {error}")

    def _measure(self) -> None:
        """Measure what was published, and what was read, against what it promises."""
        published = {
            address: each for address, each in self._releases.items() if each.run == self._run.id
        }
        measure(self._mesh, published, published, self._readings)

    def end(self, state: RunState, message: str = "") -> None:
        """Record how the run ended; locks that are still held are released."""
        self._run = replace(self._run, state=state, ended=self._mesh.system.now(), message=message)
        self._mesh.store.journal.end(self._run)
