"""Port versions that are not released go on by themselves: checks that fail keep back them alone.

Readers see such a version as they saw it before, or not at all; everything else is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from weft.contract.candidates import is_shown
from weft.mesh.manifest import ProductManifest
from weft.mesh.release import PortRelease, Release
from weft.plan.apart import models_apart
from weft.plan.examine import Examined, Situation
from weft.plan.plan import Change, KeptBack, Preview


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


def previews(
    found: Examined, situation: Situation, audits: Mapping[str, str]
) -> tuple[Preview, ...]:
    """The unreleased versions of a product, each with what is shown of it if it is kept back.

    `audits` are the ids of the steps that audit it, by the keys of the audits.
    """
    current = situation.shown(found.manifest.address)
    there = situation.builds.get(found.manifest.warehouse, frozenset())
    made: list[Preview] = []
    for name, models in models_apart(found.manifest).items():
        own = (key for key, audit in found.audits.items() if name in audit.previews)
        builds = current.builds if current else {}
        left = {model: builds[model] for model in models if builds.get(model) in there}
        grown = current.grown if current else {}
        made.append(
            Preview(
                name,
                audits=tuple(audits[key] for key in own if key in audits),
                models=tuple(sorted(models)),
                shown=_as_shown(name, found, situation),
                builds=left,
                grown={model: grown[model] for model in left if model in grown},
            )
        )
    return tuple(made)


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
