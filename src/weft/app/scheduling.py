"""What a run has to look at: which products are due, and what a look at them has shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from weft.app.bootstrap import Opened
from weft.app.measuring import Published, published_levels
from weft.app.zones import zone_named
from weft.contract.kept_spans import seconds_since_1970
from weft.mesh.address import product_of
from weft.mesh.manifest import Manifest, ProductManifest
from weft.mesh.release import Release
from weft.mesh.run import Hold
from weft.mesh.service_level import Measurement, Probe, ServiceLevel
from weft.plan.due import Due, Timing, confirmed, due_products
from weft.plan.examine import Situation
from weft.plan.outages import Turn, turns_of
from weft.plan.plan import Plan

_OF_TIME = (Probe.REFRESH, Probe.BY_TIME)
_REFRESHING = (*_OF_TIME, Probe.NEWEST)


def timings(mesh: Opened, situation: Situation) -> tuple[Timing, ...]:
    """What is known of the products in scope before a run, in their order."""
    published = published_levels(mesh, situation.desired.order)
    levels: dict[str, list[ServiceLevel]] = {}
    for descriptor, each in published.values():
        levels.setdefault(descriptor.product, []).extend(each)
    refreshed = _refreshed(mesh, situation.desired, published)
    return tuple(
        _timing(
            manifest,
            tuple(it for it in levels.get(address, ()) if it.probe in _REFRESHING),
            _last(refreshed.get(address, ""), situation.shown(address)),
            situation.hold_on(address),
            _turns(situation, address),
        )
        for address, manifest in _ordered(situation.desired)
    )


def due_now(mesh: Opened, known: Iterable[Timing]) -> dict[str, Due]:
    """Which of these products are due now."""
    return due_products(known, seconds_since_1970(mesh.system.now()), zone_named)


def all_due(known: Iterable[Timing]) -> dict[str, Due]:
    """All of these products as due, because somebody asks for them."""
    return {each.product: Due(each.product, True, "", promised=bool(each.levels)) for each in known}


def with_newer_data(due: Mapping[str, Due], plan: Plan) -> tuple[Due, ...]:
    """Add what the plan knows: a product that is not due is refreshed as well for newer data."""
    sources: dict[str, list[str]] = {}
    for change in plan.data:
        for model in change.models:
            sources.setdefault(product_of(model), []).append(change.source)
    stepped = {step.product for step in plan.steps}
    return tuple(
        replace(each, due=True, why=_newer(sources.get(each.product, ())))
        if not each.due and each.product in stepped
        else each
        for each in due.values()
    )


def _newer(sources: Iterable[str]) -> str:
    named = ", ".join(dict.fromkeys(sources))
    return f"newer data in {named}" if named else "something is left to do"


def confirm(mesh: Opened, known: Iterable[Timing], looked: frozenset[str], plan: Plan) -> None:
    """Remember of products without newer data that somebody looked, as a refresh. StoreError."""
    # What is to be done for versions that are not released says nothing of the others.
    steps = {step.product for step in plan.steps if not step.only_of}
    unsettled = steps | {each.product for each in plan.held}
    settled = confirmed(known, looked, unsettled)
    if not settled:
        return
    now = mesh.system.now()
    found = [
        Measurement(
            descriptor.product,
            descriptor.port,
            descriptor.major,
            level.name,
            now,
            0,
        )
        for descriptor, levels in published_levels(mesh, settled).values()
        for level in levels
        if level.probe in _OF_TIME
    ]
    if found:
        mesh.store.measurements.add(mesh.environment, found)


def confirm_all(mesh: Opened, desired: Manifest, plan: Plan) -> None:
    """Remember that a plan that was carried out looked at all products in scope. StoreError."""
    known = [Timing(address, reads=each.reads) for address, each in _ordered(desired)]
    confirm(mesh, known, frozenset(desired.order), plan)


def _ordered(desired: Manifest) -> Iterator[tuple[str, ProductManifest]]:
    return ((address, desired.products[address]) for address in desired.order)


def _refreshed(mesh: Opened, desired: Manifest, published: Published) -> dict[str, str]:
    """When the data of products was last known to be as its sources."""
    last = mesh.store.measurements.since(mesh.environment, desired.order, mesh.system.now())
    names = {
        (address, level.name)
        for address, (_, levels) in published.items()
        for level in levels
        if level.probe in _OF_TIME
    }
    found: dict[str, str] = {}
    for each in last:
        if (each.port_version, each.level) in names and each.value == 0:
            found[each.product] = max(found.get(each.product, ""), each.at)
    return found


def _last(measured: str, shown: Release | None) -> str:
    """The last refresh, by what was measured and by the release itself."""
    published = shown.at if shown and not shown.restores else ""
    return max(measured, published)


def _timing(
    manifest: ProductManifest,
    levels: tuple[ServiceLevel, ...],
    refreshed: str,
    hold: Hold | None,
    turns: tuple[Turn, ...],
) -> Timing:
    always = any(each.refresh_always for each in manifest.transforms)
    return Timing(
        product=manifest.address,
        levels=levels,
        refreshed=refreshed,
        reads=manifest.reads,
        reads_others=always or bool(manifest.outside),
        held=f"{hold.actor} holds it: {hold.reason}" if hold else "",
        turns=turns,
    )


def _turns(situation: Situation, address: str) -> tuple[Turn, ...]:
    """When outages of a product begin and end, which they do in production."""
    release = situation.releases.get(address) if situation.in_production else None
    return tuple(turns_of(release, situation.now)) if release else ()
