"""What the store is told when a product ends in a run: what was planned, and what became of it.

Writing it is `apply.py`'s work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from weft.contract.evaluate import blocked, holds
from weft.mesh.check import CheckResult, Verdict
from weft.mesh.manifest import Column, Descriptor, PortVersion, ProductManifest
from weft.mesh.release import ObjectRelease, Release
from weft.mesh.run import StepResult, StepState
from weft.mesh.signoff import Signoff
from weft.plan.plan import Step
from weft.plan.share import Share
from weft.plan.telling import notices_of, overrides_of, reads_of
from weft.store.protocol import Audited, Finished

_WORST_FIRST = (StepState.FAILED, StepState.SKIPPED, StepState.HELD)


def state_of(results: Sequence[StepResult]) -> StepState:
    """How a product ended: the worst that happened to any of its steps."""
    states = {each.state for each in results}
    for state in _WORST_FIRST:
        if state in states:
            return state
    return StepState.HELD if holds(results) else StepState.DONE


def finished(
    share: Share,
    results: Sequence[StepResult],
    release: Release | None,
    known: ProductManifest | None,
) -> Finished:
    """How a product ended, by its share of the plan and the results of its steps.

    `release` is given where the store does not know the current one yet. `known` is the product's
    definition: the one that the plan makes current, or the applied one.
    """
    state = state_of(results)
    # What fails of versions that are not released keeps nothing else of the product from readers.
    whole = state_of([each for each in results if not each.only_of])
    settled = whole in (StepState.DONE, StepState.HELD)
    manifest = share.manifest if settled else None
    return Finished(
        product=share.product,
        environment=share.environment,
        steps=tuple(results),
        manifest=manifest,
        removed=share.removed and state is StepState.DONE,
        release=release,
        descriptors=_descriptors(release, known) if release and known else (),
        verdicts=_verdicts(share.steps, results),
        # What is shown already can break what somebody has only come to expect of it.
        signoffs=_asked(share, results) if release or whole is StepState.DONE else (),
        # Recording the same definition again must not end a hold that is on it.
        lift_hold=manifest is not None and share.base.applied != manifest.digest,
    )


def _asked(share: Share, results: Sequence[StepResult]) -> tuple[Signoff, ...]:
    """What is asked of whom a new version breaks; nobody is asked about one that is kept back."""
    kept = {
        f"{each.product}.{name}"
        for each in results
        if each.state is StepState.FAILED or blocked(each.checks)
        for name in each.only_of
    }
    return tuple(each for each in share.signoffs if each.address not in kept)


def told_of(
    share: Share, finished: Finished, manifest: ProductManifest | None, at: str
) -> Finished:
    """How a product ended, with what its consumers are told and what its builds read.

    Nobody is told of what was not released.
    """
    done = [each.step for each in finished.steps if each.state is StepState.DONE]
    released = finished.release is not None
    return replace(
        finished,
        notices=tuple(notices_of(share)) if released else (),
        overrides=tuple(overrides_of(share)) if released else (),
        reads=tuple(reads_of(share, done, manifest, at)),
    )


def _descriptors(release: Release, manifest: ProductManifest) -> tuple[Descriptor, ...]:
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
            objects={obj.name: _columns(obj, manifest.port(each.name)) for obj in each.objects},
            release=release.number,
            dialect=manifest.dialect,
            reads=tuple(sorted(manifest.reads)),
            candidate=each.candidate,
            warehouse_dialect=manifest.warehouse_dialect,
            outage=each.outage,
        )
        for each in release.ports
    )


def _columns(released: ObjectRelease, port: PortVersion | None) -> tuple[Column, ...]:
    """The released columns; their types as far as the definition knows them."""
    defined = port.object(released.name) if port else None
    types = {each.name: each.type for each in defined.columns} if defined else {}
    return tuple(Column(name, types.get(name, "")) for name in released.columns)


def _verdicts(steps: Sequence[Step], results: Sequence[StepResult]) -> Mapping[str, Audited]:
    """What audits found. What could not be measured is asked again: the cause may lie outside."""
    done = {
        each.step: each.checks
        for each in results
        if each.state is StepState.DONE and not any(map(_unmeasured, each.checks))
    }
    return {
        step.audit.audit: Audited(step.audit.key, done[step.id])
        for step in steps
        if step.audit is not None and step.id in done
    }


def _unmeasured(result: CheckResult) -> bool:
    return result.verdict is Verdict.ERROR
