"""Drift: find what was changed outside of Weft, and keep what people decide on it.

Bringing it back is in `reverting.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from weft.app.bootstrap import Opened
from weft.app.errors import Blocked, NotFound, Usage
from weft.app.select import select_products
from weft.mesh.drift import Drift, Settlement
from weft.mesh.manifest import ProductManifest
from weft.mesh.release import Release
from weft.mesh.run import RunState
from weft.plan.drift import Standing, can_be_adopted, located, standing
from weft.plan.plan import Plan
from weft.warehouses.protocol import FindsDrift, Scope

Seen = Callable[[int, int], None]
"""Is told how many of how many products were looked at."""

Recorded = Mapping[str, tuple[Release, ...]]

_AT_ONCE = 20


@dataclass(frozen=True)
class Looked:
    """What was found, in how many products, and the releases that were recorded for them.

    `beyond` are products in warehouses that this `weft.yaml` does not name.
    """

    found: tuple[Standing, ...]
    products: int
    recorded: Recorded
    beyond: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def open(self) -> tuple[Standing, ...]:
        """What nobody has decided on."""
        return tuple(each for each in self.found if each.open)


def look(
    mesh: Opened,
    select: tuple[str, ...] = (),
    *,
    content: bool = True,
    seen: Seen = lambda done, total: None,
) -> Looked:
    """Look for drift in the products that were applied, and in what belongs to all of them.

    With `select` it is these products alone. Raises NotFound, WarehouseError and StoreError.
    """
    began = mesh.system.monotonic()
    definitions = mesh.store.definitions
    products = definitions.manifests(mesh.environment, definitions.applied(mesh.environment))
    if select:
        chosen = select_products(select, products, mesh.folder)
        products = {address: products[address] for address in chosen}
    homes = _homes(mesh, products.values())
    total = sum(map(len, homes.values()))
    recorded: dict[str, tuple[Release, ...]] = {}
    drifts: list[Drift] = []
    done = 0
    for warehouse, addresses in homes.items():
        if not select:
            drifts += _look_at(mesh, warehouse, (), {}, content=content)
        for begin in range(0, len(addresses), _AT_ONCE):
            part = addresses[begin : begin + _AT_ONCE]
            seen(done, total)
            recorded |= _recorded(mesh, warehouse, part)
            drifts += _look_at(mesh, warehouse, part, recorded, content=content)
            done += len(part)
    known = {address for addresses in homes.values() for address in addresses}
    return Looked(
        found=standing(drifts, mesh.store.settlements.all(mesh.environment), mesh.system.now()),
        products=total,
        recorded=recorded,
        beyond=tuple(sorted(products.keys() - known)),
        seconds=mesh.system.monotonic() - began,
    )


def drift_beside(mesh: Opened, plan: Plan) -> int:
    """Count the things that were changed outside in products that a plan changes.

    They are looked at from outside only. Raises WarehouseError and StoreError.
    """
    touched = {step.product: step.warehouse for step in plan.steps}
    released = [address for address in touched if plan.base[address].release]
    drifts: list[Drift] = []
    for warehouse in sorted({touched[address] for address in released}):
        own = tuple(address for address in released if touched[address] == warehouse)
        recorded = _recorded(mesh, warehouse, own)
        drifts += _look_at(mesh, warehouse, own, recorded, content=False)
    if not drifts:
        return 0
    settled = mesh.store.settlements.all(mesh.environment)
    return sum(each.open for each in standing(drifts, settled, mesh.system.now()))


def chosen(looked: Looked, ids: Iterable[str]) -> tuple[Drift, ...]:
    """Return the drifts of these ids. Raises NotFound for one that nothing has."""
    found = {each.drift.id: each.drift for each in looked.found}
    for id in ids:
        if id not in found:
            raise NotFound("drift", id, found, next_step="weft drift")
    return tuple(found[id] for id in dict.fromkeys(ids))


def adopt(mesh: Opened, drifts: Iterable[Drift], reason: str) -> tuple[Settlement, ...]:
    """Keep these as they are, for good. Raises Blocked where one is not as was promised."""
    wanted = tuple(drifts)
    for drift in wanted:
        if not can_be_adopted(drift):
            raise Blocked(
                f"{drift.name} cannot be adopted",
                why="Readers were promised something else.",
                next_step=f"weft drift --revert {drift.id}",
            )
    return _settle(mesh, wanted, "", reason)


def accept(
    mesh: Opened, drifts: Iterable[Drift], until: str, reason: str
) -> tuple[Settlement, ...]:
    """Bear these until a day is over, an ISO date. Raises Usage for one that is past, or none."""
    try:
        day = date.fromisoformat(until)
    except ValueError as error:
        raise Usage(
            f"`{until}` is no date", why="A date looks like 2027-01-31.", next_step="weft drift"
        ) from error
    if day.isoformat() < mesh.system.now()[:10]:
        raise Usage(f"{day} is over already", next_step="weft drift")
    return _settle(mesh, drifts, day.isoformat(), reason)


def reopen(mesh: Opened, ids: Iterable[str]) -> tuple[Settlement, ...]:
    """End decisions, by the ids of their drifts. Raises NotFound where there is none."""
    settlements, system = mesh.store.settlements, mesh.system
    known = settlements.all(mesh.environment)
    wanted = tuple(dict.fromkeys(ids))
    for id in wanted:
        if id not in known:
            raise NotFound("decision on drift", id, known, next_step="weft drift -v")
    for id in wanted:
        settlements.withdraw(id, mesh.environment, system.user(), system.now())
    return tuple(known[id] for id in wanted)


def _settle(
    mesh: Opened, drifts: Iterable[Drift], until: str, reason: str
) -> tuple[Settlement, ...]:
    if not reason:
        raise Usage("this needs a reason", why="Others will read it.", next_step="add --reason")
    settled = tuple(
        Settlement(
            environment=mesh.environment,
            drift=drift.id,
            product=drift.product,
            subject=drift.name,
            until=until,
            actor=mesh.system.user(),
            reason=reason,
            since=mesh.system.now(),
        )
        for drift in drifts
    )
    for each in settled:
        mesh.store.settlements.settle(each)
    return settled


def _homes(mesh: Opened, products: Iterable[ProductManifest]) -> dict[str, tuple[str, ...]]:
    """The products by warehouse, of those warehouses that are named here."""
    homes: dict[str, list[str]] = {}
    for each in products:
        if each.warehouse in mesh.settings.warehouses:
            homes.setdefault(each.warehouse, []).append(each.address)
    return {warehouse: tuple(sorted(homes[warehouse])) for warehouse in sorted(homes)}


def _look_at(
    mesh: Opened,
    warehouse: str,
    products: tuple[str, ...],
    recorded: Recorded,
    *,
    content: bool,
) -> list[Drift]:
    found = mesh.warehouse(warehouse)
    if not isinstance(found, FindsDrift):
        return []
    drifts = found.drift(Scope(mesh.environment, products, content=content), recorded)
    return [located(each, warehouse, mesh.environment) for each in drifts]


def _recorded(
    mesh: Opened, warehouse: str, products: tuple[str, ...]
) -> dict[str, tuple[Release, ...]]:
    """The releases that are recorded for products, newest first.

    One that a run has published and did not come to record is no drift.
    """
    observed = mesh.warehouse(warehouse).observe(Scope(mesh.environment, products)).releases
    recorded = {}
    for product in products:
        known = mesh.store.journal.releases(mesh.environment, product)
        found = observed.get(product)
        if found and _is_unrecorded(mesh, found, known):
            known = (found, *known)
        recorded[product] = known
    return recorded


def _is_unrecorded(mesh: Opened, found: Release, known: tuple[Release, ...]) -> bool:
    """Whether a release is the next one, of a run that is at work or did not end by itself."""
    if found.number != (known[0].number if known else 0) + 1:
        return False
    if found.run in {each.run for each in known}:
        return False
    run = mesh.store.journal.run(found.run)
    return run is not None and run.state not in (RunState.DONE, RunState.HELD)
