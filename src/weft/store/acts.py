"""What the audit log says for each change of state, in the same words in every store."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from weft.mesh.consumption import EnforcedEnd
from weft.mesh.drift import Settlement
from weft.mesh.evidence import Evidence, EvidenceRecord
from weft.mesh.run import Hold, Lock, Run, StepState
from weft.mesh.signoff import Signoff
from weft.store.audit_chain import Act
from weft.store.protocol import Finished

# The worst state of a step names how its product ended.
_ENDINGS = (
    (StepState.FAILED, "product.failed"),
    (StepState.HELD, "product.held"),
    (StepState.SKIPPED, "product.skipped"),
)


def act(action: str, subject: str, **facts: str | int | list[str]) -> Act:
    """Describe an act, with the facts as its detail; keys are in the order of the alphabet."""
    return Act(action, subject, msgspec.json.encode(facts, order="deterministic").decode())


def run_begun(run: Run, products: int) -> Act:
    """A run began, with so many products locked."""
    return act(
        "run.begun",
        run.id,
        commit=run.commit,
        environment=run.environment,
        kind=run.kind,
        plan=run.plan,
        products=products,
    )


def run_ended(run: Run) -> Act:
    """A run ended in the state that it says."""
    return act("run.ended", run.id, environment=run.environment, state=run.state)


def run_interrupted(dead: str, lock: Lock, run: Run) -> Act:
    """The run that held a lock was found dead by another one, which took its place."""
    return act(
        "run.interrupted", dead, by=run.id, host=lock.host, pid=lock.pid, product=lock.product
    )


def production_settled(environment: str) -> Act:
    """It was remembered which environment consumers see."""
    return act("production.settled", environment)


def environment_ended(run: Run) -> Act:
    """All that was kept of an environment was removed."""
    return act("environment.ended", run.environment, run=run.id)


def store_taken_over(before: str, after: str) -> Act:
    """A new store took the id of one that was lost."""
    return act("store.taken_over", after, was=before)


def store_imported(id: str, rows: int) -> Act:
    """An empty store was filled with what another one had kept, and took its id."""
    return act("store.imported", id, rows=rows)


def product_ended(finished: Finished, run: Run) -> tuple[Act, ...]:
    """A product came to its end in a run, and perhaps published a release."""
    product, release = finished.product, finished.release
    facts = {"environment": finished.environment, "run": run.id}
    if finished.manifest is not None:
        facts["definition"] = finished.manifest.digest
    ended = act(_ending(finished), product, **facts)
    if release is None:
        return (ended,)
    published = act(
        "release.published",
        product,
        environment=finished.environment,
        fence=release.fence,
        release=release.number,
        restores=release.restores,
        run=run.id,
    )
    return (ended, published)


def port_ended_by_override(override: EnforcedEnd) -> Act:
    """A port ended while somebody read it, because a person said so."""
    return act("port.ended", override.address, by=override.by, reason=override.reason)


def version_released(record: EvidenceRecord, evidence: Evidence) -> Act:
    """A version of a port was published for the first time."""
    return act(
        "version.released",
        evidence.address,
        environment=evidence.environment,
        hash=record.hash,
        record=record.number,
        run=evidence.run,
        version=evidence.version,
    )


def lock_ended(lock: Lock) -> Act:
    """Somebody ended a lock that was not theirs."""
    return act(
        "lock.ended",
        lock.product,
        environment=lock.environment,
        holder=lock.holder,
        lock=lock.id,
    )


def hold_placed(hold: Hold) -> Act:
    """Somebody wants a product to stay on its release."""
    return act(
        "hold.placed",
        hold.product,
        environment=hold.environment,
        reason=hold.reason,
        release=hold.release,
    )


def hold_lifted(product: str, environment: str) -> Act:
    """A product need no longer stay on its release."""
    return act("hold.lifted", product, environment=environment)


def drift_settled(settlement: Settlement) -> Act:
    """Somebody decided to keep what was changed outside, or to bear it until a date."""
    return act(
        "drift.adopted" if settlement.adopted else "drift.accepted",
        settlement.product or settlement.subject,
        drift=settlement.drift,
        environment=settlement.environment,
        reason=settlement.reason,
        what=settlement.subject,
        until=settlement.until,
    )


def settlement_withdrawn(drift: str, environment: str) -> Act:
    """A decision on a drift counts no longer."""
    return act("drift.reopened", drift, environment=environment)


def signoff_answered(signoff: Signoff) -> Act:
    """A consumer said what it thinks of a version that would break it."""
    return act(
        "signoff.answered",
        f"{signoff.product}.{signoff.port}",
        answer=signoff.state,
        consumer=signoff.consumer,
        environment=signoff.environment,
        reason=signoff.reason,
        version=signoff.version,
    )


def rebuild_asked(environment: str, models: Iterable[str]) -> Act:
    """Somebody gave models new salts."""
    return act("rebuild.asked", environment, models=sorted(models))


def _ending(finished: Finished) -> str:
    states = {step.state for step in finished.steps}
    for state, ending in _ENDINGS:
        if state in states:
            return ending
    if finished.removed:
        return "product.removed"
    return "product.refreshed" if finished.manifest is None else "product.applied"
