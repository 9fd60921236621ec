"""What failed in its last run of port versions that are not released, and is to be tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from weft.app.bootstrap import Opened
from weft.mesh.run import StepResult, StepState
from weft.plan.apart import models_apart
from weft.plan.examine import Examined, Situation

_RUNS = 50


def with_failures(
    mesh: Opened, situation: Situation, examined: Mapping[str, Examined]
) -> Situation:
    """A situation with what the journal says of versions that are behind. Raises StoreError.

    What failed under another definition says nothing of this one.
    """
    behind = {address for address, found in examined.items() if _is_behind(found, situation)}
    failed: dict[str, dict[str, str]] = {}
    journal = mesh.store.journal
    for run in journal.runs(mesh.environment, _RUNS) if behind else ():
        steps = [each for each in journal.steps(run.id) if each.product in behind]
        for each in steps:
            failed.setdefault(each.product, {}).update(_failure(each))
        behind -= {each.product for each in steps}
        if not behind:
            break
    return replace(situation, failed=failed)


def _is_behind(found: Examined, situation: Situation) -> bool:
    """Whether a release was made of this definition without models that only versions need."""
    manifest = found.manifest
    release = situation.releases.get(manifest.address)
    if release is None or found.settled or release.manifest != manifest.digest:
        return False
    models = frozenset[str]().union(*models_apart(manifest).values())
    return any(found.keyed.builds.get(each) != release.builds.get(each) for each in models)


def _failure(step: StepResult) -> Mapping[str, str]:
    """What is told of a step that failed for versions alone; nothing of any other."""
    if step.state is not StepState.FAILED or not step.only_of:
        return {}
    return {step.step: f"{step.kind} {step.target} failed: {step.message}"}
