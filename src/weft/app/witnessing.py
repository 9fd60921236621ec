"""Bear witness to what is published: evidence of each version that consumers first get.

Writing it is the store's work, in the transaction that records the release.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from weft.app.bootstrap import Opened
from weft.app.remembered import described
from weft.contract.document import contract_digest
from weft.contract.waivers import waivers_of
from weft.mesh.check import CheckResult
from weft.mesh.evidence import (
    Evidence,
    EvidencedCheck,
    EvidencedInput,
    EvidencedObject,
    EvidencedSignoff,
)
from weft.mesh.manifest import PortObject, ProductManifest
from weft.mesh.release import ObjectRelease, PortRelease, Release
from weft.mesh.run import Run, StepResult
from weft.plan.plan import StepKind
from weft.store.protocol import Finished


def witnessed(
    mesh: Opened,
    finished: Finished,
    manifest: ProductManifest,
    run: Run,
    left: Release | None = None,
) -> tuple[Evidence, ...]:
    """Evidence of the versions that a product published first in this run; mostly there is none.

    A version that is shown again, after a rollback too, has its evidence already. `left` is what
    was shown before, where the run that published it was stopped before that was recorded; what
    its audits found went with it. Raises StoreError.
    """
    release = finished.release
    if release is None:
        return ()
    earlier = () if left in (None, release) else (replace(finished, release=left, steps=()),)
    versions = mesh.store.evidence.versions(finished.environment, [finished.product])
    known = {(each.port, each.version) for each in versions}
    told: list[Evidence] = []
    for each in (*earlier, finished):
        told += _fresh(mesh, each, manifest, run, known)
        known |= {(one.port, one.version) for one in told}
    return tuple(told)


def _fresh(
    mesh: Opened,
    finished: Finished,
    manifest: ProductManifest,
    run: Run,
    known: Collection[tuple[str, str]],
) -> Iterator[Evidence]:
    """Evidence of what a release publishes and nobody knows: the ports and versions that are."""
    release = finished.release
    ports = [each for each in release.ports if each.status.published] if release else []
    fresh = [each for each in ports if (each.port, each.version) not in known]
    if release is None or not fresh:
        return
    # A release of a run that was killed is recorded by a later one.
    its_run = run if release.run == run.id else mesh.store.journal.run(release.run) or run
    read = _inputs(mesh, manifest)
    witness = _Witness(mesh, finished, manifest)
    for each in fresh:
        yield witness.tell(each, release, its_run, read)


class _Witness:
    """What is known of how a product was built and audited in a run, or before it."""

    def __init__(self, mesh: Opened, finished: Finished, manifest: ProductManifest) -> None:
        self._definitions = mesh.store.definitions
        self._environment = finished.environment
        self._results = finished.steps
        self._signed = finished.signoffs
        self._manifest = manifest

    def tell(
        self, port: PortRelease, release: Release, run: Run, read: tuple[EvidencedInput, ...]
    ) -> Evidence:
        """Everything that is known of a port as it is in a release."""
        name = port.name
        checks = {each.name: tuple(self._checks(name, each)) for each in port.objects}
        promised = [_told(object, each) for object, found in checks.items() for each in found]
        return Evidence(
            environment=self._environment,
            product=release.product,
            port=port.port,
            major=port.major,
            version=port.version,
            status=port.status,
            contract=contract_digest(port.contract),
            definition=release.manifest,
            release=release.number,
            plan=run.plan,
            run=release.run,
            commit=run.commit,
            branch=run.branch,
            root=release.root,
            actor=run.actor,
            at=release.at,
            objects=tuple(
                self._object(name, each, checks[each.name], release) for each in port.objects
            ),
            checks=(*promised, *self._expected(name)),
            inputs=read,
            sources=release.sources,
            waivers=tuple(
                each for each in waivers_of(port.contract) if release.at[:10] <= each.until
            ),
            signoffs=tuple(self._signoffs(release.product, port)),
        )

    def _object(
        self, port: str, object: ObjectRelease, checks: tuple[CheckResult, ...], release: Release
    ) -> EvidencedObject:
        model = next((name for name, key in release.builds.items() if key == object.key), "")
        defined = self._defined(port, object)
        if defined is not None and release.builds.get(defined.model) == object.key:
            model = defined.model
        counted = [each.rows for each in self._audits(port, object) if each.checks]
        counted += [each.rows for each in checks if each.rows]
        return EvidencedObject(object.name, model, object.key, counted[0] if counted else None)

    def _checks(self, port: str, object: ObjectRelease) -> Iterator[CheckResult]:
        """What was found now, or by an earlier audit of the same build with today's checks."""
        audits = list(self._audits(port, object))
        if audits:
            yield from (check for each in audits for check in each.checks)
            return
        defined = self._defined(port, object)
        asked = {(each.check.id, each.check.label) for each in defined.checks} if defined else set()
        earlier = self._definitions.verdicts_on(self._environment, object.key)
        fitting = [each for each in earlier if asked <= {(it.check, it.label) for it in each}]
        # One that asks more is about another version of the contract.
        yield from min(fitting, key=len, default=())

    def _expected(self, port: str) -> Iterator[EvidencedCheck]:
        """What consumers expect of a port, and what was found for it now."""
        for each in self._results:
            expected, _, object = each.target.rpartition(".")
            if each.consumer and expected == port:
                for check in each.checks:
                    yield replace(_told(object, check), consumer=each.consumer)

    def _signoffs(self, product: str, port: PortRelease) -> Iterator[EvidencedSignoff]:
        for each in self._signed:
            if (each.product, each.port, each.version) == (product, port.port, port.version):
                yield EvidencedSignoff(each.consumer, each.state, each.actor, each.reason, each.at)

    def _audits(self, port: str, object: ObjectRelease) -> Iterator[StepResult]:
        target = f"{port}.{object.name}"
        return (
            each
            for each in self._results
            if each.kind == StepKind.AUDIT and each.target == target and not each.consumer
        )

    def _defined(self, port: str, object: ObjectRelease) -> PortObject | None:
        defined = self._manifest.port(port)
        return defined.object(object.name) if defined else None


def _told(object: str, found: CheckResult) -> EvidencedCheck:
    return EvidencedCheck(
        object=object,
        check=found.check,
        label=found.label,
        verdict=found.verdict,
        rows=found.rows,
        failed=found.failed,
        value=found.value,
        expected=found.expected,
    )


def _inputs(mesh: Opened, manifest: ProductManifest) -> tuple[EvidencedInput, ...]:
    """The ports that a product reads, as they are published now."""
    read = {each.port: each.product for each in manifest.inputs if each.port}
    published = described(mesh, frozenset(read.values())) if read else {}
    return tuple(
        EvidencedInput(port, published[port].version, published[port].release)
        for port in read
        if port in published
    )
