"""Run: refresh data from the last applied definitions; the files are not read for it.

The same plan and apply as ever, made from what the store remembers: data steps only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from weft.app.bootstrap import Opened
from weft.app.errors import Invalid
from weft.app.plan import plan_situation
from weft.app.salts import with_rebuilds
from weft.app.select import select_products
from weft.app.situation import Remembered, elsewhere, gather, load_files, remembered
from weft.app.table_contents import TableRead, with_read
from weft.mesh.manifest import Manifest, ProductManifest
from weft.plan.plan import Plan
from weft.project.product_order import order_products


@dataclass(frozen=True)
class RunPlan:
    """What a run would do, and the products whose files differ from what was applied.

    `tables` is what was read of tables for it.
    """

    plan: Plan
    products: int
    differing: tuple[str, ...]
    seconds: float
    tables: tuple[TableRead, ...] = ()


def plan_run(mesh: Opened, select: tuple[str, ...] = ()) -> RunPlan:
    """Plan a refresh of this root's products. Raises NotFound, WarehouseError and StoreError."""
    began = mesh.system.monotonic()
    memory = remembered(mesh)
    everything = applied_products(mesh, memory)
    applied = everything.products
    chosen = everything.order
    if select:
        chosen = select_products(select, applied, mesh.folder, elsewhere(mesh, memory))
    desired = replace(
        everything,
        products={address: applied[address] for address in everything.order if address in chosen},
        order=tuple(address for address in everything.order if address in chosen),
    )
    situation = gather(mesh, desired, applied, memory)
    situation = with_rebuilds(mesh, situation, always=True)
    situation, tables = with_read(mesh, situation)
    plan = plan_situation(mesh, situation, kind="run")
    differing = _differing(mesh, memory, applied)
    return RunPlan(plan, len(desired.order), differing, mesh.system.monotonic() - began, tables)


def applied_products(mesh: Opened, memory: Remembered) -> Manifest:
    """This root's products as they were applied last, in order."""
    root = mesh.settings.root
    mine = [address for address, each in memory.applied.items() if each.root == root]
    applied = mesh.store.definitions.manifests(mesh.environment, mine)
    order, _ = order_products(applied.values())
    return Manifest(
        mesh=mesh.settings.mesh,
        environment=mesh.environment,
        root=root,
        products={address: applied[address] for address in order},
        order=order,
    )


def _differing(
    mesh: Opened, memory: Remembered, applied: dict[str, ProductManifest]
) -> tuple[str, ...]:
    """Products whose files say something else than what runs; unreadable files differ too."""
    try:
        loaded = load_files(mesh, memory)
    except Invalid:
        return tuple(sorted(applied))
    found = {address: each.digest for address, each in loaded.products.items()}
    return tuple(
        sorted(
            address
            for address in {*applied, *found}
            if address not in applied or found.get(address) != applied[address].digest
        )
    )
