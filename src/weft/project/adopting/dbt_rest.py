"""What is in a project of dbt and becomes nothing here, or something else: told, never lost."""

from __future__ import annotations

import json
from collections.abc import Iterator

from weft.project.adopting.dbt_manifest import DbtProject
from weft.project.adopting.dbt_models import DATA, is_model, read_data
from weft.project.adopting.product import Told


def rest_of(project: DbtProject) -> Iterator[Told]:
    """Tell of everything but tests, which whoever says them tells of."""
    yield from _consumers(project)
    yield from _of_models(project)
    yield from _without_place(project)


def _consumers(project: DbtProject) -> Iterator[Told]:
    """Who answers for models, and who reads them outside of the project."""
    for each in project.exposures:
        known = (project.nodes.get(one) for one in each.depends_on.nodes)
        made_of = ", ".join(one.name for one in known if one is not None)
        why = f"{each.type} of {each.owner.user or 'nobody'}, reads {made_of or 'nothing'}"
        yield Told(f"exposure {each.label or each.name}", why)
    for group in project.groups.values():
        why = f"its owner {group.owner.user} is in the contracts of its ports"
        yield Told(f"group {group.name}", why)


def _of_models(project: DbtProject) -> Iterator[Told]:
    """What models have beside their SQL that nobody does here."""
    for node in project.of_kind("model", "snapshot", "seed"):
        for key in ("pre-hook", "post-hook", "grants"):
            if node.config.get(key):
                yield Told(f"{node.unique_id}: {key}", "it is not run here", is_lost=True)
        versions = [
            each.version
            for each in project.of_kind("model")
            if each.name == node.name and each.version is not None
        ]
        latest = node.latest_version
        if latest is not None and latest == node.version and str(latest) != max(map(str, versions)):
            why = f"{latest} is the latest version there; here it is the highest that is active"
            yield Told(node.unique_id, why)
    for node in project.of_kind("source"):
        limits = node.freshness or {}
        if any(isinstance(each, dict) and each.get("count") for each in limits.values()):
            said = json.dumps(limits, sort_keys=True)
            yield Told(f"{node.unique_id}: freshness {said}", "sources are not checked", True)


def _without_place(project: DbtProject) -> Iterator[Told]:
    """What is in a project and has nothing like it here."""
    for kind, names in project.others.items():
        why = "it is disabled" if kind == "disabled" else f"there is no {kind} here"
        yield from (Told(each, why, is_lost=True) for each in names)
    read = {each.unique_id for each in read_data(project)}
    for node in project.nodes.values():
        kind = node.resource_type
        if kind == "model" and not is_model(node):
            yield Told(node.unique_id, "ephemeral: written out where it is read")
        elif kind in DATA and node.unique_id not in read:
            yield Told(node.unique_id, "no model reads it", is_lost=True)
        elif kind not in ("model", "test", *DATA):
            yield Told(node.unique_id, f"there is no {kind} here", is_lost=True)
