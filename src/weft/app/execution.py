"""Carry out steps along their graph, several at a time, and say how each one ended.

Nothing here knows stores or screens; what a held or failed step means for others is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from weft.app.copying import copy
from weft.app.verifying import verify
from weft.contract.evaluate import blocked
from weft.mesh.run import StepResult, StepState
from weft.plan.growing import in_words
from weft.plan.plan import Plan, Preview, Step, StepKind
from weft.plan.previews import without
from weft.warehouses.protocol import (
    Bound,
    Origin,
    Outcome,
    SaysWhoBlocks,
    Warehouse,
    WarehouseError,
)

if TYPE_CHECKING:
    from weft.app.functions.calling import Functions

_MOVES = (StepKind.PUBLISH, StepKind.LEAVE, StepKind.DROP)

# So many steps are handed out per worker, so that none waits while results are recorded.
_AHEAD = 2

# In seconds: who waits for longer wants to know for whom.
_PATIENCE = 2.0


@dataclass(frozen=True)
class Stalled:
    """What is in the way of steps that run, and what to do about it, in words."""

    text: str


class Execution:
    """The steps of one plan while they run; `outcomes` has what those did that ended, by id."""

    def __init__(
        self,
        plan: Plan,
        warehouses: Mapping[str, Warehouse],
        bound: Mapping[str, Bound],
        workers: int,
        monotonic: Callable[[], float],
    ) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._warehouses = warehouses
        self._bound = bound
        self._functions = _functions(plan)
        self._workers = workers
        self._handed_out = workers * _AHEAD if workers > 1 else 1
        self._monotonic = monotonic
        self._steps = {step.id: step for step in plan.steps}
        self._place = {step.id: number for number, step in enumerate(plan.steps)}
        self._waiting = {step.id: set(step.needs) for step in plan.steps}
        self._needed_by: dict[str, list[str]] = {}
        for step in plan.steps:
            for need in step.needs:
                self._needed_by.setdefault(need, []).append(step.id)
        self._ready: list[tuple[int, str]] = []
        self._blocked: set[str] = set()
        self._unwritable = ""
        self._said: set[str] = set()
        for step in plan.steps:
            if not step.needs:
                self._queue(step.id)

    def results(self) -> Iterator[StepResult]:
        """Run everything; yields each step's result as it ends, in the caller's thread."""
        return (each for each in self.go_on() if isinstance(each, StepResult))

    def go_on(self) -> Iterator[StepResult | Stalled]:
        """Run everything; yields each step's result as it ends, and once each what blocks some.

        When the caller stops listening, running statements are cancelled and waited for.
        """
        running: dict[Future[tuple[Outcome, float]], Step] = {}
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="weft")
        finished = False
        try:
            while self._ready or running:
                while self._ready and len(running) < self._handed_out:
                    step = self._as_found(self._steps[heappop(self._ready)[1]])
                    del self._waiting[step.id]
                    running[pool.submit(self._carry_out, step)] = step
                done, _ = wait(running, _PATIENCE, return_when=FIRST_COMPLETED)
                if not done:
                    yield from self._stalled(running.values())
                for future in sorted(done, key=lambda each: self._place[running[each].id]):
                    yield from self._ended(running.pop(future), future)
            finished = True
        finally:
            if not finished:
                if self._functions:
                    self._functions.cancel()
                for warehouse in self._warehouses.values():
                    warehouse.cancel()
            pool.shutdown(wait=True, cancel_futures=True)

    def _stalled(self, running: Iterable[Step]) -> Iterator[Stalled]:
        asked = {(step.warehouse, self._bound[step.product].run) for step in running}
        for name, run in sorted(asked):
            warehouse = self._warehouses[name]
            if isinstance(warehouse, SaysWhoBlocks):
                with suppress(WarehouseError):
                    for text in warehouse.blocked(run):
                        if text not in self._said:
                            self._said.add(text)
                            yield Stalled(text)

    def _queue(self, step: str) -> None:
        heappush(self._ready, (self._place[step], step))

    def _carry_out(self, step: Step) -> tuple[Outcome, float]:
        began = self._monotonic()
        warehouse, bound = self._warehouses[step.warehouse], self._bound[step.product]
        if step.copy:
            source = self._warehouses[step.copy.source]
            origin = Origin(run=bound.run, environment=bound.environment)
            outcome = copy(step.copy, source, warehouse, step.warehouse, origin)
        elif self._functions and step.build and step.build.call:
            call = step.build.call
            outcome = self._functions.build(call, step, step.build, warehouse, bound)
        elif step.verify:
            outcome = verify(step.verify, warehouse)
        else:
            outcome = warehouse.run(step, bound)
        return outcome, self._monotonic() - began

    def _ended(self, step: Step, future: Future[tuple[Outcome, float]]) -> Iterator[StepResult]:
        try:
            outcome, seconds = future.result()
        except WarehouseError as error:
            yield from self._failed(step, error)
            return
        self.outcomes[step.id] = outcome
        if blocked(outcome.checks):
            self._blocked.add(step.id)
        yield StepResult(
            step=step.id,
            product=step.product,
            kind=step.kind,
            target=step.target,
            state=StepState.REUSED if outcome.reused else StepState.DONE,
            rows=outcome.rows,
            bytes=outcome.bytes,
            seconds=seconds,
            message="" if outcome.reused else _told(step),
            checks=outcome.checks,
            consumer=step.consumer,
            only_of=step.only_of,
        )
        yield from self._release(step.id)

    def _failed(self, step: Step, error: WarehouseError) -> Iterator[StepResult]:
        """Skip what needed the step; and everything, where nothing can be written any more."""
        why = f"{step.kind} {step.target} failed"
        if step.only_of and step.kind not in _MOVES and not error.outside:
            failed = _result(step, StepState.FAILED, message=str(error))
            yield replace(failed, only_of=step.only_of)
            yield from self._go_on_without(step, why)
            return
        if error.unwritable and self._unwritable:
            why = str(error)
            yield _result(step, StepState.SKIPPED, message=why, cause=self._unwritable)
        else:
            yield _result(step, StepState.FAILED, message=str(error))
        yield from self._skip_what_needs(step, why)
        if error.unwritable and not self._unwritable:
            self._unwritable = step.id
            self._ready.clear()
            for name in self._waiting:
                yield _result(self._steps[name], StepState.SKIPPED, message=why, cause=step.id)
            self._waiting.clear()

    def _go_on_without(self, failed: Step, why: str) -> Iterator[StepResult]:
        """Skip what is for the same versions that are not released, and who reads these.

        What moves the releases of their product goes on, and leaves them as they are shown.
        """
        self._blocked.add(failed.id)
        ended = [failed.id]
        for done in ended:
            for name in self._needed_by.get(done, ()):
                step = self._steps[name]
                if name not in self._waiting:
                    continue
                if step.product != failed.product:
                    yield from self._skip([name], failed, why)
                elif step.kind not in _MOVES:
                    del self._waiting[name]
                    ended.append(name)
                    skipped = _result(step, StepState.SKIPPED, message=why, cause=failed.id)
                    yield replace(skipped, only_of=failed.only_of)
        for done in ended:
            yield from self._release(done)

    def _release(self, done: str) -> Iterator[StepResult]:
        """Let the steps go on that waited for this one; hold the publishing of held products."""
        for name in self._needed_by.get(done, ()):
            waiting = self._waiting.get(name)
            if waiting is None:
                continue
            waiting.discard(done)
            if waiting:
                continue
            step = self._steps[name]
            products = self._held_by(step)
            if step.product in products:
                del self._waiting[name]
                yield _result(step, StepState.HELD, message="checks failed")
                yield from self._skip_what_needs(step, "held back")
            elif products:
                del self._waiting[name]
                yield _result(step, StepState.SKIPPED, message="held back", cause=min(products))
                yield from self._skip_what_needs(step, "held back")
            elif step.only_of and {each.port for each in self._kept(step)}.issuperset(step.only_of):
                del self._waiting[name]
                yield replace(_result(step, StepState.REUSED), only_of=step.only_of)
                yield from self._release(name)
            else:
                self._queue(name)

    def _held_by(self, step: Step) -> set[str]:
        """The products whose failed checks keep a step from moving a release, its own or others.

        Those of its previews do not: it leaves them as they are shown.
        """
        if step.kind not in _MOVES:
            return set()
        own = {each for preview in step.previews for each in preview.steps}
        return {self._steps[need].product for need in (self._blocked & {*step.needs}) - own}

    def _as_found(self, step: Step) -> Step:
        """A step as what was found so far wants it: without previews that are kept back."""
        if step.release is None or not step.previews:
            return step
        kept = self._kept(step)
        others = [each for each in step.previews if each not in kept]
        return replace(step, release=without(step.release, kept, others))

    def _kept(self, step: Step) -> list[Preview]:
        """The previews of a step of which something failed."""
        return [each for each in step.previews if self._blocked.intersection(each.steps)]

    def _skip_what_needs(self, step: Step, why: str) -> Iterator[StepResult]:
        """Skip everything that can no longer run, all of it under the one cause."""
        return self._skip(self._needed_by.get(step.id, ()), step, why)

    def _skip(self, names: Iterable[str], step: Step, why: str) -> Iterator[StepResult]:
        """Skip steps and everything that needs them, because of another step."""
        stack = list(names)
        while stack:
            name = stack.pop()
            if self._waiting.pop(name, None) is None:
                continue
            skipped = self._steps[name]
            own = skipped.product == step.product
            held = own and skipped.product in self._held_by(skipped)
            state = StepState.HELD if held else StepState.SKIPPED
            yield _result(skipped, state, message=why, cause=step.id if own else step.product)
            stack += self._needed_by.get(name, ())


def _functions(plan: Plan) -> Functions | None:
    """What calls functions; a plan that has none to call does without importing it."""
    if not any(step.build and step.build.call for step in plan.steps):
        return None
    from weft.app.functions.calling import Functions

    return Functions()


def _told(step: Step) -> str:
    """Say how a build came from an earlier one; nothing where it did not."""
    spec = step.build
    return in_words(spec.kind, spec.growing) if spec and spec.growing else ""


def _result(step: Step, state: StepState, *, message: str = "", cause: str = "") -> StepResult:
    return StepResult(
        step=step.id,
        product=step.product,
        kind=step.kind,
        target=step.target,
        state=state,
        message=message,
        cause=cause,
    )
