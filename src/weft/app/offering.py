"""Find the builds of models that grow which environments show and production could take.

Whether one can be taken is for `weft.plan.offers` to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace

from weft.app.bootstrap import Opened
from weft.app.releases import current_elsewhere
from weft.mesh.release import Build, Release
from weft.plan.examine import Examined, Situation, examine, home_of
from weft.plan.offers import Offer
from weft.warehouses.protocol import Scope


def examined_with_offers(
    mesh: Opened, situation: Situation
) -> tuple[Situation, dict[str, Examined]]:
    """Examine a situation; in production with what other environments have that could be taken."""
    examined = examine(situation)
    growing = {
        address: situation.shown(address)
        for address, found in examined.items()
        if _has_to_grow(found, situation)
    }
    if not (growing and situation.in_production):
        return situation, examined
    situation = replace(situation, offers=_offers(mesh, situation, growing))
    return situation, examine(situation) if situation.offers else examined


def _has_to_grow(found: Examined, situation: Situation) -> bool:
    """Whether a model that grows has to be built, and its product stays where it is."""
    manifest = found.manifest
    there = situation.builds.get(manifest.warehouse, frozenset())
    wanted = {found.keyed.builds[model] for model in found.keyed.growing}
    return home_of(manifest, situation) == manifest.warehouse and not wanted <= there


def _offers(
    mesh: Opened, situation: Situation, growing: Mapping[str, Release | None]
) -> dict[str, dict[str, list[Offer]]]:
    """What environments show of models that grow, by product and model.

    `growing` has what production shows of these products.
    """
    releases = sorted(current_elsewhere(mesh, growing), key=lambda each: each.environment)
    heads: dict[str, set[str]] = {}
    for each in releases:
        warehouse = situation.desired.products[each.product].warehouse
        heads.setdefault(warehouse, set()).update(each.builds[model] for model in each.grown)
    own = frozenset[str]().union(*(each.bases for each in growing.values() if each))
    lines = {
        key: line
        for warehouse, keys in heads.items()
        for key, line in _lines(mesh, warehouse, keys, own).items()
    }
    offers: dict[str, dict[str, list[Offer]]] = {}
    for each in releases:
        for model, grown in each.grown.items():
            line = lines.get(each.builds[model])
            if line:
                of_model = offers.setdefault(each.product, {}).setdefault(model, [])
                of_model.append(Offer(each.environment, grown.asked, line))
    return offers


def _lines(
    mesh: Opened, warehouse: str, heads: Set[str], own: Set[str]
) -> dict[str, tuple[Build, ...]]:
    """Builds that are there and whole, each with those that it grew from, back to `own` ones."""
    there = mesh.warehouse(warehouse)
    scope = Scope(mesh.environment, (), builds=frozenset(heads))
    known: dict[str, Build] = {}
    whole = waiting = heads & there.observe(scope).builds
    while waiting:
        found = there.built(waiting)
        known |= found
        waiting = {each.base for each in found.values() if each.base} - own - known.keys()
    return {key: tuple(_line(key, known)) for key in whole}


def _line(key: str, known: Mapping[str, Build]) -> list[Build]:
    line: list[Build] = []
    while key in known:
        line.append(known[key])
        key = known[key].base
    return line
