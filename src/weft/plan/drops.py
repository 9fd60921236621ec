"""What goes away, and when: after everything else, and after whoever read it has moved on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter

from weft.mesh.manifest import ProductManifest
from weft.plan.examine import Situation
from weft.plan.plan import Step, StepKind
from weft.plan.steps import drop_product


def drops_of_removed(situation: Situation) -> list[Step]:
    """The steps that end the products whose files are gone, as far as they still show anything."""
    steps: list[Step] = []
    for address in situation.removed:
        current = situation.releases.get(address)
        if current is not None and not current.empty:
            steps.append(drop_product(address, situation.applied[address].warehouse, current))
    return steps


def destructive_last(steps: Sequence[Step], situation: Situation) -> tuple[Step, ...]:
    """Put drops at the end, each after the steps by which its readers stop reading it."""
    moves = {step.product: step.id for step in steps if step.kind is StepKind.PUBLISH}
    drops = {step.id: step for step in steps if step.kind is StepKind.DROP}
    moves |= {step.product: step.id for step in drops.values() if step.product in situation.removed}
    waiting = {
        name: replace(step, needs=_needs(step, _readers(step.product, situation.applied), moves))
        for name, step in drops.items()
    }
    graph = {name: [need for need in step.needs if need in drops] for name, step in waiting.items()}
    order = TopologicalSorter(graph).static_order()
    others = (step for step in steps if step.kind is not StepKind.DROP)
    return (*others, *(waiting[name] for name in order))


def _readers(product: str, applied: Mapping[str, ProductManifest]) -> Iterable[str]:
    """Products whose last applied definition reads this one."""
    return (address for address, manifest in applied.items() if product in manifest.reads)


def _needs(step: Step, readers: Iterable[str], moves: Mapping[str, str]) -> tuple[str, ...]:
    found = (moves[reader] for reader in readers if reader in moves)
    return tuple(dict.fromkeys((*step.needs, *found)))
