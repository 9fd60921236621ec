"""Port versions that are not released go on by themselves: what fails there keeps back them alone.

Readers see such a version as they saw it before, or not at all; everything else is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from weft.contract.candidates import is_shown
from weft.mesh.manifest import ProductManifest
from weft.mesh.release import PortRelease, Release
from weft.plan.apart import models_apart, versions_of
from weft.plan.examine import Examined, Situation
from weft.plan.moving import old_home
from weft.plan.plan import Change, KeptBack, Preview, Step


def kept_back(
    found: Examined, situation: Situation, failing: Mapping[str, Sequence[str]]
) -> Iterator[KeptBack]:
    """The unreleased versions of a product that are not shown as they would be.

    `failing` are the labels of the checks that failed, by the key of the audit.
    """
    for name in models_apart(found.manifest):
        own = (key for key, audit in found.audits.items() if name in audit.previews)
        checks = tuple(label for key in own for label in failing.get(key, ()))
        if checks:
            shown = _as_shown(name, found, situation) is not None
            yield KeptBack(found.manifest.address, name, checks, shown)


def apart(steps: Sequence[Step], found: Examined, situation: Situation) -> list[Step]:
    """The steps of a product, each with the unreleased versions that nothing else needs it for.

    Where a product comes from another warehouse, it comes as a whole.
    """
    models = {} if old_home(found.manifest, situation) else models_apart(found.manifest)
    made: list[Step] = []
    needed_by: dict[str, list[tuple[str, ...]]] = {}
    # Every step stands after those that it needs.
    for step in reversed(steps):
        alone = _with_versions(step, models, needed_by.get(step.id, []))
        made.append(alone)
        for need in step.needs:
            needed_by.setdefault(need, []).append(alone.only_of)
    return made[::-1]


def _with_versions(
    step: Step, models: Mapping[str, frozenset[str]], others: Sequence[tuple[str, ...]]
) -> Step:
    """A step with the versions that it is for; `others` are those of the steps that need it."""
    if not (step.build or step.copy):
        return step
    own = versions_of(step.target, models) if step.build else ()
    shared = (step.build and not own) or not all(others)
    return replace(step, only_of=() if shared else tuple(sorted({*own, *chain(*others)})))


def previews(found: Examined, situation: Situation, steps: Iterable[Step]) -> tuple[Preview, ...]:
    """The unreleased versions of a product, each with what is shown of it if it is kept back.

    `steps` are those of the product that come before it is published.
    """
    current = situation.shown(found.manifest.address)
    there = situation.builds.get(found.manifest.warehouse, frozenset())
    own: dict[str, list[str]] = {}
    for step in steps:
        for name in step.only_of:
            own.setdefault(name, []).append(step.id)
    made: list[Preview] = []
    for name, models in models_apart(found.manifest).items():
        builds = current.builds if current else {}
        left = {model: builds[model] for model in models if builds.get(model) in there}
        grown = current.grown if current else {}
        made.append(
            Preview(
                name,
                steps=tuple(own.get(name, ())),
                models=tuple(sorted(models)),
                shown=_as_shown(name, found, situation),
                builds=left,
                grown={model: grown[model] for model in left if model in grown},
            )
        )
    return tuple(made)


def to_show(
    moves: Sequence[Step], others: Sequence[Preview], situation: Situation
) -> tuple[str, ...]:
    """The unreleased versions that a release is published for, if it is for nothing else.

    `moves` are the steps by which the product comes to be shown, `others` all such versions that
    are not known to be kept back.
    """
    release = moves[0].release if len(moves) == 1 else None
    current = situation.releases.get(release.product) if release else None
    if release is None or current is None:
        return ()
    if without(release, others, ()).content != current.content:
        return ()
    return tuple(each.port for each in others if _differs(each, release))


def _differs(preview: Preview, release: Release) -> bool:
    """Whether a release shows or has anything else of a version than there is of it now."""
    builds = {model: release.builds[model] for model in preview.models if model in release.builds}
    return release.port(preview.port) != preview.shown or builds != preview.builds


def failed_before(
    found: Examined, situation: Situation, steps: Iterable[Step]
) -> Iterator[KeptBack]:
    """The unreleased versions of a product that failed in the last run and are tried again.

    `steps` are what the plan does for the product.
    """
    address = found.manifest.address
    failed = situation.failed.get(address, {})
    again = [each for each in steps if each.id in failed]
    for name in models_apart(found.manifest) if again else ():
        told = next((failed[each.id] for each in again if name in each.only_of), "")
        if told:
            shown = _as_shown(name, found, situation) is not None
            yield KeptBack(address, name, shown=shown, failed=told)


def _as_shown(name: str, found: Examined, situation: Situation) -> PortRelease | None:
    """A port version as readers see it now, where they are to see it and it can still be read."""
    current = situation.shown(found.manifest.address)
    there = situation.builds.get(found.manifest.warehouse, frozenset())
    wanted = {each.name for each in found.ports}
    port = current.port(name) if current and name in wanted else None
    if port is None or (port.candidate and not is_shown(port.candidate, situation.today)):
        return None
    return port if there.issuperset(obj.key for obj in port.objects) else None


def as_of_today(change: Change, manifest: ProductManifest, today: str) -> Change:
    """A change that does not announce a preview whose last day is over, an ISO date."""
    port = manifest.port(change.name) if change.kind == "port" else None
    if port is None or not port.candidate or is_shown(port.candidate, today):
        return change
    effect = f"{port.status}, not shown: its last day as a preview was {port.candidate}"
    return replace(change, effect=effect)


def without(release: Release, kept: Iterable[Preview], others: Iterable[Preview]) -> Release:
    """A release in which these versions stay as they are shown; `others` are as they would be."""
    kept = tuple(kept)
    if not kept:
        return release
    names = {each.port for each in kept}
    ports = [each for each in release.ports if each.name not in names]
    ports += [each.shown for each in kept if each.shown]
    going_on = {model for each in others for model in each.models}
    builds, grown = dict(release.builds), dict(release.grown)
    for each in kept:
        for model in set(each.models) - going_on:
            builds.pop(model, None)
            grown.pop(model, None)
        builds |= {model: key for model, key in each.builds.items() if model not in going_on}
        grown |= {model: how for model, how in each.grown.items() if model not in going_on}
    ordered = sorted(ports, key=lambda each: (each.port, each.major))
    return replace(release, ports=tuple(ordered), builds=builds, grown=grown)
