"""Plan: compare the files with what was applied and what is there, and say what would be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from weft.app.bootstrap import Opened
from weft.app.load import Loaded
from weft.app.salts import Restatement, with_rebuilds, with_restatements
from weft.app.select import select_products
from weft.app.situation import (
    elsewhere,
    gather,
    gone_products,
    load_files,
    remembered,
    with_candidates,
)
from weft.mesh.address import product_of
from weft.mesh.diagnostic import Diagnostic
from weft.mesh.manifest import ProductManifest
from weft.plan.examine import Situation, examine
from weft.plan.plan import Plan
from weft.plan.planning import assemble, audits_to_know


@dataclass(frozen=True)
class PlanOptions:
    """What to plan: `select` narrows it to products, `rebuild` builds their models again.

    `restate` names ranges of models that grow, which are read anew. `take_over` lets products
    come to this root that another one applied.
    """

    select: tuple[str, ...] = ()
    rebuild: bool = False
    take_over: bool = False
    restate: tuple[Restatement, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A plan, and what was found in the files on the way: warnings only."""

    plan: Plan
    loaded: Loaded
    seconds: float

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What the files were warned of."""
        return self.loaded.diagnostics


def make_plan(mesh: Opened, options: PlanOptions) -> Planned:
    """Plan the files of a mesh. Raises Invalid, NotFound, WarehouseError and StoreError."""
    began = mesh.system.monotonic()
    memory = remembered(mesh)
    loaded = load_files(mesh, memory)
    everyone = loaded.products
    desired = loaded.manifest(mesh.environment)
    removed = gone_products(mesh, memory, loaded)
    if options.select:
        gone = mesh.store.definitions.manifests(mesh.environment, removed)
        known = {**gone, **everyone}
        chosen = select_products(options.select, known, mesh.folder, elsewhere(mesh, memory))
        desired = desired.narrowed(chosen)
        removed = tuple(each for each in removed if each in chosen)
    situation = gather(mesh, desired, everyone, memory, removed)
    if options.rebuild:
        situation = with_rebuilds(mesh, situation, always=False)
    if options.restate:
        situation = with_restatements(mesh, situation, options.restate)
    situation = replace(
        situation,
        broken=_broken(loaded, situation),
        taken={} if options.take_over else situation.taken,
    )
    plan = plan_situation(mesh, situation)
    return Planned(plan, loaded, mesh.system.monotonic() - began)


def _broken(loaded: Loaded, situation: Situation) -> tuple[str, ...]:
    """The ports in scope that a consumer, in scope or applied, compiled against as published."""
    scope = situation.desired.products
    return tuple(
        port
        for each in loaded.broken
        if each.consumer in scope or each.consumer in situation.digests
        for port in each.ports
        if product_of(port) in scope
    )


def plan_situation(mesh: Opened, situation: Situation, kind: str = "apply") -> Plan:
    """Examine a situation, ask the store for earlier verdicts, and assemble the plan."""
    examined = examine(situation)
    situation = with_candidates(mesh, situation, examined)
    wanted = audits_to_know(examined)
    verdicts = mesh.store.definitions.verdicts(wanted) if wanted else {}
    return assemble(situation, examined, verdicts, _consumers(mesh, situation), kind)


def _consumers(mesh: Opened, situation: Situation) -> Mapping[str, ProductManifest]:
    """Who may read what changes: products in scope as they will be, all others as applied."""
    scope = situation.desired.products
    if not situation.applied:
        return scope
    others = situation.digests.keys() - scope.keys() - set(situation.removed)
    applied = mesh.store.definitions.manifests(situation.desired.environment, sorted(others))
    return {**applied, **scope}
