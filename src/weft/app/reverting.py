"""Plan to bring back what was changed outside: the same plan and apply as ever.

What has lost its data is built again in the same plan, from the definitions applied last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from weft.app.bootstrap import Opened
from weft.app.current import current_releases
from weft.app.drift import Recorded
from weft.app.errors import Blocked
from weft.app.plan import plan_situation
from weft.app.remembered import remembered
from weft.app.run import applied_products
from weft.app.situation import gather
from weft.mesh.drift import Drift, ThingKind
from weft.mesh.manifest import Manifest
from weft.plan.drift import destroys, loses_data
from weft.plan.examine import Situation
from weft.plan.plan import Base, Plan
from weft.plan.planning import plan_id
from weft.plan.reverting import Undone, around
from weft.warehouses.hollow import hollow

# Once these are back it has to be seen anew what is there, before anything can be built.
_FOUNDATIONS = (ThingKind.ROLE, ThingKind.SCHEMA, ThingKind.POINTER, ThingKind.RELEASE)


def plan_revert(
    mesh: Opened, drifts: Sequence[Drift], recorded: Recorded, *, allow_drop: bool = False
) -> Plan:
    """Plan to bring these back. Raises Blocked, WarehouseError and StoreError.

    What belongs to all products of a warehouse is done under the lock of one of them.
    """
    memory = remembered(mesh)
    applied = applied_products(mesh, memory)
    undone = _undone(mesh, drifts, applied)
    if not allow_drop:
        _refuse_drops(drifts)
    plan = _empty(mesh, applied, sorted({each.product for each in undone}))
    lost = _to_be_built(drifts)
    rebuilt = None
    if lost:
        desired = applied.narrowed({each.product for each in lost})
        situation = gather(mesh, desired, applied.products, memory)
        rebuilt = plan_situation(mesh, _without(mesh, situation, lost), kind=plan.kind)
    plan = around(plan, undone, recorded, rebuilt)
    return replace(plan, id=plan_id(plan))


def _undone(mesh: Opened, drifts: Iterable[Drift], applied: Manifest) -> tuple[Undone, ...]:
    """Give each drift a product. Raises Blocked where that is of another root."""
    anyone = {each.warehouse: address for address, each in applied.products.items()}
    undone = tuple(
        Undone(drift.product or anyone.get(drift.warehouse, ""), drift) for drift in drifts
    )
    for each in undone:
        if each.product not in applied.products:
            raise Blocked(
                f"{each.drift.name} is not of root {mesh.settings.root}",
                why="Whoever applies a product decides where it stands.",
                next_step="weft drift, in the files of the root that applied it",
            )
    return undone


def _refuse_drops(drifts: Iterable[Drift]) -> None:
    dropped = [each for each in drifts if destroys(each)]
    if dropped:
        raise Blocked(
            f"this would remove {', '.join(each.name for each in dropped)}",
            why="Weft has not made it and cannot bring it back.",
            next_step="add --allow-drop, or weft drift --adopt ID to keep it",
        )


def _empty(mesh: Opened, applied: Manifest, products: Sequence[str]) -> Plan:
    """A plan for these products, as they are now."""
    homes = [(address, applied.products[address].warehouse) for address in products]
    releases = current_releases(mesh, homes)
    holds = mesh.store.journal.holds(mesh.environment)
    return Plan(
        id="",
        mesh=mesh.settings.mesh,
        root=mesh.settings.root,
        environment=mesh.environment,
        kind="revert",
        base={
            address: Base(
                applied=applied.products[address].digest,
                release=releases[address].number if address in releases else 0,
                hold=holds[address].since if address in holds else "",
                warehouse=warehouse,
            )
            for address, warehouse in homes
        },
    )


def _to_be_built(drifts: Iterable[Drift]) -> tuple[Drift, ...]:
    wanted = tuple(drifts)
    founded = {each.product for each in wanted if each.kind in _FOUNDATIONS}
    return tuple(each for each in wanted if loses_data(each) and each.product not in founded)


def _without(mesh: Opened, situation: Situation, lost: Iterable[Drift]) -> Situation:
    """The situation as it will be once what has to be built again is known to be lost."""
    keys = {key for each in lost for key in (each.key, *each.also)}
    builds = {name: there - keys for name, there in situation.builds.items()}
    views: dict[str, tuple[str, ...]] = {}
    for name in {each.warehouse for each in lost}:
        shown = frozenset().union(*(each.keys for each in situation.releases.values()))
        kept = mesh.warehouse(name).built(situation.builds.get(name, frozenset()) & shown)
        views |= {key: build.needs for key, build in kept.items() if build.is_view}
    return replace(situation, builds=builds, hollow={**situation.hollow, **hollow(views, keys)})
