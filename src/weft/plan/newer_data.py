"""Newer data under an unchanged definition: which sources changed, and what is built for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from weft.mesh.address import product_of
from weft.mesh.manifest import Read, ReadKind
from weft.mesh.release import Release
from weft.plan.examine import Examined, Situation, upstream_of
from weft.plan.keys import key_of
from weft.plan.plan import Change, DataChange, Step, StepKind


def data_changes(
    situation: Situation,
    examined: Mapping[str, Examined],
    changes: Sequence[Change],
    steps: Sequence[Step],
) -> tuple[DataChange, ...]:
    """The sources that have newer data, each with the models that are built again for it.

    A model whose own definition changed is not listed, nor one that is built again on request,
    nor one that these steps leave as it is.
    """
    moved = {(step.product, step.target) for step in steps if step.kind is StepKind.BUILD}
    published = {step.product for step in steps if step.kind is StepKind.PUBLISH}
    redefined = {each.address for each in changes if each.kind == "model"} | {*situation.new_salts}
    causes: dict[str, frozenset[str]] = {}
    models: dict[str, list[str]] = {}
    upstream = upstream_of(situation, examined)
    for address, found in examined.items():
        current = situation.shown(address)
        if current is None or current.damaged or found.settled:
            continue
        for transform in found.manifest.transforms:
            key = found.keyed.builds.get(transform.name)
            if key is None or current.builds.get(transform.name) == key:
                continue
            reads = [(read, key_of(read, found.keyed, upstream)) for read in transform.query.reads]
            causes[key] = frozenset(
                cause
                for read, read_key in reads
                for cause in _causes(read, read_key or "", current, causes, situation)
            )
            model = f"{address}.{transform.name}"
            moves = address in published or (address, transform.name) in moved
            if moves and model not in redefined:
                for source in causes[key]:
                    models.setdefault(source, []).append(model)
    return tuple(DataChange(source, tuple(models[source])) for source in sorted(models))


def _causes(
    read: Read,
    key: str,
    current: Release,
    causes: Mapping[str, frozenset[str]],
    situation: Situation,
) -> frozenset[str]:
    """Where the data comes from, not that of the current release, that a model would read."""
    if key in causes:
        return causes[key]
    is_source = read.kind in (ReadKind.SOURCE, ReadKind.TABLE)
    if is_source and current.sources.get(read.target) != key:
        return frozenset([f"{current.product}.{read.target}"])
    upstream = product_of(read.target)
    moves = upstream in situation.desired.products and not situation.hold_on(upstream)
    if read.kind is ReadKind.PORT and not moves:
        return frozenset([read.target])
    return frozenset()
