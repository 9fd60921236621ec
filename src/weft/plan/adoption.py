"""Builds that another environment shows: those that a plan need not make, and those it does make.

Which releases those environments have is for the caller to find out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from weft.mesh.release import Release
from weft.plan.examine import Examined, Situation
from weft.plan.offers import Refusal
from weft.plan.plan import Adopted, Plan, StepKind, Unadopted


def not_built(plan: Plan, situation: Situation) -> dict[str, dict[str, str]]:
    """The builds that a plan releases, neither makes nor finds in the release that is there.

    By product and model, each with its key.
    """
    made = {step.build.key for step in plan.steps if step.build}
    found: dict[str, dict[str, str]] = {}
    for step in plan.steps:
        if step.kind is StepKind.PUBLISH and step.release is not None:
            known = made | situation.released_builds(step.product)
            builds = step.release.builds.items()
            found[step.product] = {model: key for model, key in builds if key not in known}
    return {product: builds for product, builds in found.items() if builds}


def adopted(
    wanted: Mapping[str, Mapping[str, str]], releases: Iterable[Release]
) -> tuple[Adopted, ...]:
    """Say which of these builds the releases show; the first of them that does counts."""
    left = {product: dict(builds) for product, builds in wanted.items()}
    found: list[Adopted] = []
    for release in releases:
        builds = left.get(release.product, {})
        models = tuple(model for model, key in builds.items() if key in release.keys)
        if models:
            found.append(Adopted(release.product, release.environment, models))
            left[release.product] = {m: key for m, key in builds.items() if m not in models}
    return tuple(found)


def unadopted(plan: Plan, examined: Mapping[str, Examined]) -> Iterator[Unadopted]:
    """Say of models that grow and are built why what another environment shows does not fit."""
    models: dict[tuple[str, Refusal], list[str]] = {}
    for step in plan.steps:
        refused = examined[step.product].keyed.refused if step.build else {}
        if step.target in refused:
            models.setdefault((step.product, refused[step.target]), []).append(step.target)
    for (product, refusal), names in models.items():
        yield Unadopted(product, refusal.environment, tuple(names), refusal.why)
