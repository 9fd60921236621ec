"""Apply: carry out a plan exactly, or refuse it; record every product as it ends.

Nothing is worked out again here. The plan says what is done, the warehouse what was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from weft.app.bootstrap import Opened
from weft.app.commit import current_commit
from weft.app.errors import Blocked, Breaking, Stale
from weft.app.execution import Execution
from weft.contract.evaluate import blocked
from weft.mesh.check import CheckResult
from weft.mesh.manifest import Column, Descriptor, PortVersion, ProductManifest
from weft.mesh.release import ObjectRelease, Release
from weft.mesh.run import Lock, Run, RunEvent, RunState, StepResult, StepState
from weft.plan.plan import Plan, Step, StepKind
from weft.store.protocol import Finished
from weft.warehouses.protocol import Bound, Scope, Warehouse, WarehouseError


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

    def state(self) -> StepState:
        """The worst that happened to any of its steps."""
        states = {each.state for each in self.steps}
        for state in (StepState.FAILED, StepState.SKIPPED, StepState.HELD):
            if state in states:
                return state
        held = any(blocked(each.checks) for each in self.steps)
        return StepState.HELD if held else StepState.DONE


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
    published stays, the rest is done by the next apply.
    """
    refuse_unless_allowed(plan, options)
    if plan.empty and not plan.salts:
        return
    applying = _Applying(mesh, plan, options)
    applying.begin()
    try:
        yield from applying.go_on()
    except GeneratorExit:
        applying.end(RunState.INTERRUPTED)
        raise
    except KeyboardInterrupt:
        applying.end(RunState.INTERRUPTED)
        raise


def _columns(released: ObjectRelease, port: PortVersion) -> tuple[Column, ...]:
    """The released columns; their types as far as the current definition knows them."""
    types = {column.name: column.type for obj in port.objects for column in obj.columns}
    return tuple(Column(name, types.get(name, "")) for name in released.columns)


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
        self._manifests: dict[str, ProductManifest] = dict(plan.manifests)
        self._worst = StepState.DONE

    def begin(self) -> None:
        """Lock what the plan touches and make sure that it is still what the plan was made from."""
        mesh, plan = self._mesh, self._plan
        journal = mesh.store.journal
        locks = journal.begin(
            self._run, sorted(plan.base), msgspec.json.encode(plan), self._still_alive
        )
        counts: dict[str, int] = {}
        for step in plan.steps:
            counts[step.product] = counts.get(step.product, 0) + 1
        self._products = {
            lock.product: _Product(lock, counts.get(lock.product, 0)) for lock in locks
        }
        try:
            self._observe()
            self._refuse_stale()
            self._gather_manifests()
            if plan.salts:
                mesh.store.definitions.set_salts(
                    plan.environment, plan.salts, self._run.actor, self._run.started
                )
        except (Stale, WarehouseError):
            self.end(RunState.FAILED)
            raise

    def _still_alive(self, lock: Lock) -> bool:
        system = self._mesh.system
        return lock.host != system.host or system.alive(lock.pid)

    def _observe(self) -> None:
        homes: dict[str, set[str]] = {}
        for address in self._plan.base:
            for step in self._plan.steps:
                if step.product == address:
                    homes.setdefault(step.warehouse, set()).add(address)
            if address in self._plan.manifests:
                homes.setdefault(self._plan.manifests[address].warehouse, set()).add(address)
        for name, products in homes.items():
            scope = Scope(self._plan.environment, tuple(sorted(products)))
            self._releases.update(self._mesh.warehouse(name).observe(scope).releases)

    def _refuse_stale(self) -> None:
        """Compare each product with what the plan says it was made from."""
        store = self._mesh.store
        applied = store.definitions.applied(self._plan.environment)
        holds = store.journal.holds(self._plan.environment)
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

    def _gather_manifests(self) -> None:
        """Definitions that were applied earlier and are published now, for new data."""
        wanted = {step.product for step in self._plan.steps} - set(self._manifests)
        self._manifests |= self._mesh.store.definitions.manifests(self._plan.environment, wanted)

    def go_on(self) -> Iterator[RunEvent]:
        """Run the steps; yields one event per step, one per product, and one at the end."""
        total = len(self._plan.steps)
        yield RunEvent("started", self._run.id, 0, total, text=self._plan.id)
        for address, product in self._products.items():
            if product.left == 0:
                self._finish(address)
        warehouses: dict[str, Warehouse] = {
            step.warehouse: self._mesh.warehouse(step.warehouse) for step in self._plan.steps
        }
        bound = {
            address: Bound(self._run.id, each.lock.fence, self._run.started, self._plan.sources)
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
                state = self._finish(result.product)
                yield RunEvent(
                    "product", self._run.id, done, total, text=f"{result.product} {state}"
                )
        yield from self._serve(warehouses)
        ending = self._ending()
        self.end(ending)
        yield RunEvent("ended", self._run.id, done, total, text=ending)

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
        state = product.state()
        order = (StepState.DONE, StepState.HELD, StepState.SKIPPED, StepState.FAILED)
        self._worst = max(self._worst, state, key=order.index)
        settled = state in (StepState.DONE, StepState.HELD)
        manifest = self._plan.manifests.get(address) if settled else None
        release = self._published(address, product)
        finished = Finished(
            product=address,
            environment=self._plan.environment,
            steps=tuple(product.steps),
            manifest=manifest,
            removed=address in self._plan.removed and state is StepState.DONE,
            release=release,
            descriptors=self._descriptors(release) if release else (),
            verdicts=self._verdicts(product),
            lift_hold=manifest is not None and state is StepState.DONE,
        )
        journal = self._mesh.store.journal
        journal.finish(product.lock, finished, self._run, self._mesh.system.now())
        return state

    def _published(self, address: str, product: _Product) -> Release | None:
        """What this run published, or an interrupted one whose record is still missing."""
        moved = any(
            each.kind in (StepKind.PUBLISH, StepKind.DROP)
            and each.state in (StepState.DONE, StepState.REUSED)
            for each in product.steps
        )
        release = self._releases.get(address)
        manifest = self._plan.manifests.get(address)
        if release is None or moved:
            return release if moved else None
        return release if manifest is not None and release.manifest == manifest.digest else None

    def _descriptors(self, release: Release) -> tuple[Descriptor, ...]:
        manifest = self._manifests.get(release.product)
        if manifest is None:
            return ()
        ports = {(each.port, each.major): each for each in manifest.ports}
        return tuple(
            Descriptor(
                port=each.port,
                major=each.major,
                product=release.product,
                warehouse=manifest.warehouse,
                root=manifest.root,
                version=each.version,
                status=each.status,
                contract=each.contract,
                objects={obj.name: obj.columns for obj in ports[each.port, each.major].objects},
                release=release.number,
            )
            for each in release.ports
            if (each.port, each.major) in ports
        )

    def _verdicts(self, product: _Product) -> dict[str, tuple[CheckResult, ...]]:
        found: dict[str, tuple[CheckResult, ...]] = {}
        for result in product.steps:
            step: Step = self._steps[result.step]
            if step.audit is not None and result.state is StepState.DONE:
                found[step.audit.audit] = result.checks
        return found

    def _serve(self, warehouses: Mapping[str, Warehouse]) -> Iterator[RunEvent]:
        """Show the new releases to other programs; their own file is never worth a failed run."""
        for warehouse in warehouses.values():
            serve = getattr(warehouse, "serve", None)
            if serve is None:
                continue
            try:
                serve(self._plan.environment)
            except WarehouseError as error:
                yield RunEvent("warning", self._run.id, text=str(error))

    def end(self, state: RunState) -> None:
        """Record how the run ended; locks that are still held are released."""
        system = self._mesh.system
        self._run = replace(self._run, state=state, ended=system.now())
        self._mesh.store.journal.end(self._run)
