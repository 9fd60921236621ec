"""Plan: compare the files with what was applied and what is there, and say what would be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from weft.app.bootstrap import Opened
from weft.app.faulty import beside_faulty
from weft.app.load import Loaded
from weft.app.offering import examined_with_offers
from weft.app.preparing import refuse_unprepared
from weft.app.releases import current_elsewhere
from weft.app.remembered import elsewhere, gone_products, load_files, remembered
from weft.app.salts import Restatement, with_rebuilds, with_restatements
from weft.app.select import select_products
from weft.app.situation import consumers, gather, with_candidates
from weft.app.status import with_attained
from weft.app.table_contents import TableRead, with_checked, with_read
from weft.app.tried import with_failures
from weft.mesh.address import product_of
from weft.mesh.manifest import Manifest
from weft.plan.adoption import adopted, not_built, unadopted
from weft.plan.examine import Examined, Situation
from weft.plan.plan import Plan
from weft.plan.planning import assemble, audits_to_know, plan_id


@dataclass(frozen=True)
class PlanOptions:
    """What to plan: `select` narrows it to products, `rebuild` builds their models again.

    `restate` names ranges of models that grow, which are read anew. `take_over` lets products
    come to this root that another one applied. `read_tables` reads the tables that sources name,
    so that the plan can be carried out.
    """

    select: tuple[str, ...] = ()
    rebuild: bool = False
    take_over: bool = False
    restate: tuple[Restatement, ...] = ()
    read_tables: bool = False


@dataclass(frozen=True)
class Planned:
    """A plan, and what was found in the files on the way: warnings only.

    `scope` are the products that it is about, `tables` is what was read of tables for it. Those
    that are `proposed` were asked for, too, and are not built.
    """

    plan: Plan
    loaded: Loaded
    seconds: float
    scope: Manifest
    tables: tuple[TableRead, ...] = ()
    proposed: tuple[str, ...] = ()

    @property
    def unread_tables(self) -> tuple[str, ...]:
        """The sources, by address, whose tables are read only when the plan is carried out."""
        read = {each.source for each in self.tables}
        named = [
            f"{address}.{each.name}"
            for address, product in self.loaded.built.items()
            for each in product.tables
        ]
        return tuple(each for each in named if each not in read)


def make_plan(mesh: Opened, options: PlanOptions) -> Planned:
    """Plan the files of a mesh. Raises Invalid, NotFound, WarehouseError and StoreError."""
    began = mesh.system.monotonic()
    memory = remembered(mesh)
    loaded = beside_faulty(load_files(mesh, memory), options.select)
    everyone = loaded.products
    desired = loaded.desired(mesh.environment)
    removed = gone_products(mesh, memory, loaded)
    proposed = tuple(each for each in loaded.proposed if each not in removed)
    if options.select:
        gone = mesh.store.definitions.manifests(mesh.environment, removed)
        known = {**gone, **everyone}
        chosen = select_products(options.select, known, mesh.folder, elsewhere(mesh, memory))
        desired = desired.narrowed(chosen)
        removed = tuple(each for each in removed if each in chosen)
        proposed = tuple(each for each in proposed if each in chosen)
    situation = gather(mesh, desired, everyone, memory, removed)
    if options.rebuild:
        situation = with_rebuilds(mesh, situation, always=False)
    if options.restate:
        situation = with_restatements(mesh, situation, options.restate)
    tables: tuple[TableRead, ...] = ()
    if options.read_tables:
        situation, tables = with_read(mesh, situation)
    else:
        situation = with_checked(mesh, situation)
    situation = replace(
        situation,
        broken=_broken(loaded, situation),
        taken={} if options.take_over else situation.taken,
    )
    plan = plan_situation(mesh, situation)
    refuse_unprepared(mesh, plan, loaded)
    return Planned(plan, loaded, mesh.system.monotonic() - began, desired, tables, proposed)


def _broken(loaded: Loaded, situation: Situation) -> tuple[str, ...]:
    """The ports in scope that a consumer, in scope or applied, compiled against as published."""
    scope = situation.desired.products
    return tuple(
        port
        for each in loaded.broken
        if each.consumer in scope or situation.definition(each.consumer)
        for port in each.ports
        if product_of(port) in scope
    )


def plan_situation(mesh: Opened, situation: Situation, kind: str = "apply") -> Plan:
    """Examine a situation, ask the store for earlier verdicts, and assemble the plan."""
    situation, examined = examined_with_offers(mesh, situation)
    situation = with_candidates(mesh, situation, examined)
    situation = with_failures(mesh, situation, examined)
    everyone = consumers(mesh, situation)
    situation = with_attained(mesh, situation, everyone.values())
    wanted = audits_to_know(situation, examined, everyone)
    verdicts = mesh.store.definitions.verdicts(wanted) if wanted else {}
    plan = assemble(situation, examined, verdicts, everyone, kind)
    return _with_adopted(mesh, plan, situation, examined)


def _with_adopted(
    mesh: Opened, plan: Plan, situation: Situation, examined: Mapping[str, Examined]
) -> Plan:
    """Say in a plan from where the builds come that it need not make, and which do not fit."""
    wanted, refused = not_built(plan, situation), tuple(unadopted(plan, examined))
    if not (wanted or refused):
        return plan
    elsewhere = current_elsewhere(mesh, wanted) if wanted else ()
    found = adopted(wanted, (*situation.fallback.values(), *elsewhere))
    plan = replace(plan, adopted=found, unadopted=refused)
    return replace(plan, id=plan_id(plan))
