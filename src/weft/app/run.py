"""Run: refresh data from the last applied definitions; the files are not read for it.

The same plan and apply as ever, made from what the store remembers: data steps only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from weft.app.bootstrap import Opened
from weft.app.errors import Invalid
from weft.app.plan import plan_situation
from weft.app.remembered import Remembered, elsewhere, load_files, remembered
from weft.app.salts import with_rebuilds
from weft.app.scheduling import all_due, due_now, timings, with_newer_data
from weft.app.select import select_products
from weft.app.situation import gather
from weft.app.table_contents import TableRead, with_read
from weft.mesh.manifest import Manifest, ProductManifest
from weft.plan.due import Due, Timing
from weft.plan.examine import Situation
from weft.plan.plan import Plan
from weft.project.product_order import order_products


@dataclass(frozen=True)
class RunPlan:
    """What a run would do, and the products whose files differ from what was applied.

    `tables` is what was read of tables for it. `due` says of every product whether it is refreshed
    and why, `known` is what that was decided by.
    """

    plan: Plan
    products: int
    differing: tuple[str, ...]
    seconds: float
    tables: tuple[TableRead, ...] = ()
    due: tuple[Due, ...] = ()
    known: tuple[Timing, ...] = ()

    @property
    def looked(self) -> frozenset[str]:
        """The products of whose sources it is known whether they have newer data."""
        return frozenset(each.product for each in self.due if each.due)


def plan_run(mesh: Opened, select: tuple[str, ...] = (), *, everything: bool = False) -> RunPlan:
    """Plan a refresh of this root's products. Raises NotFound, WarehouseError and StoreError.

    Of those that are not due, no table is read and nothing is built only because it always is;
    those that are selected count as due, and so do all where `everything` is asked for. What failed
    of versions that are not released is tried again when their product is due.
    """
    began = mesh.system.monotonic()
    memory = remembered(mesh)
    mine = applied_products(mesh, memory)
    applied = mine.products
    chosen = mine.order
    if select:
        chosen = select_products(select, applied, mesh.folder, elsewhere(mesh, memory))
    desired = mine.narrowed(chosen)
    situation = gather(mesh, desired, applied, memory)
    known = timings(mesh, situation)
    due = all_due(known) if select or everything else due_now(mesh, known)
    situation, tables = _looked_at(mesh, situation, due)
    plan = _without_vain(mesh, situation, plan_situation(mesh, situation, kind="run"), due)
    differing = _differing(mesh, memory, applied)
    seconds = mesh.system.monotonic() - began
    told = with_newer_data(due, plan)
    return RunPlan(plan, len(desired.order), differing, seconds, tables, told, known)


def _without_vain(mesh: Opened, situation: Situation, plan: Plan, due: Mapping[str, Due]) -> Plan:
    """A plan without products that are not due and have nothing to do but what failed last time.

    That is of versions that are not released; where others wait for these, they stay in it.
    """
    failed = {each.product for each in plan.kept if each.failed and not due[each.product].due}
    others = {each.product for each in plan.steps if not each.only_of}
    vain = failed - others - {each.product for each in plan.held}
    if not vain:
        return plan
    wanted = [each for each in situation.desired.order if each not in vain]
    narrowed = replace(situation, desired=situation.desired.narrowed(wanted))
    shorter = plan_situation(mesh, narrowed, kind="run")
    return plan if shorter.blocked else shorter


def _looked_at(
    mesh: Opened, situation: Situation, due: Mapping[str, Due]
) -> tuple[Situation, tuple[TableRead, ...]]:
    """Build what is always built, and read the tables, of the products that are due."""
    everyone = situation.desired
    wanted = [each.product for each in due.values() if each.due]
    situation = replace(situation, desired=everyone.narrowed(wanted))
    situation = with_rebuilds(mesh, situation, always=True)
    situation, tables = with_read(mesh, situation)
    return replace(situation, desired=everyone), tables


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
    """Products whose files say something else than what runs; unreadable files differ too.

    What another root applied does not run here, whatever these files say of it.
    """
    try:
        loaded = load_files(mesh, memory)
    except Invalid:
        return tuple(sorted(applied))
    found = {address: each.digest for address, each in loaded.built.items()}
    return tuple(
        sorted(
            address
            for address in {*applied, *found}.difference(elsewhere(mesh, memory))
            if address not in applied or found.get(address) != applied[address].digest
        )
    )
