"""Plan: compare the files with what was applied and what is there, and say what would be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from weft.app.bootstrap import Opened
from weft.app.load import Loaded
from weft.app.select import select_products
from weft.app.situation import gather, gone_products, load_files, remembered
from weft.mesh.diagnostic import Diagnostic
from weft.mesh.manifest import Manifest, ProductManifest
from weft.plan.examine import Situation, examine
from weft.plan.plan import Plan
from weft.plan.planning import assemble, audits_to_know


@dataclass(frozen=True)
class PlanOptions:
    """What to plan: `select` narrows it to products, `rebuild` builds their models again."""

    select: tuple[str, ...] = ()
    rebuild: bool = False


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
    chosen = select_products(options.select, everyone) if options.select else ()
    desired = loaded.manifest(mesh.environment, chosen)
    removed = () if options.select else gone_products(mesh, memory, loaded)
    salts = new_salts(mesh, desired, always=False) if options.rebuild else {}
    situation = gather(mesh, desired, everyone, memory, removed, salts)
    broken = tuple(port for each in loaded.broken for port in each.ports)
    situation = replace(situation, broken=broken)
    plan = plan_situation(mesh, situation, everyone)
    return Planned(plan, loaded, mesh.system.monotonic() - began)


def plan_situation(
    mesh: Opened, situation: Situation, everyone: Mapping[str, ProductManifest], kind: str = "apply"
) -> Plan:
    """Examine a situation, ask the store for earlier verdicts, and assemble the plan."""
    examined = examine(situation)
    wanted = audits_to_know(examined)
    verdicts = mesh.store.definitions.verdicts(wanted) if wanted else {}
    return assemble(situation, examined, verdicts, everyone, kind)


def new_salts(mesh: Opened, desired: Manifest, *, always: bool) -> dict[str, str]:
    """Salts that build all models again, or those that ask for it `always`, in every run."""
    salt = mesh.system.new_id()
    return {
        f"{address}.{transform.name}": salt
        for address, manifest in desired.products.items()
        for transform in manifest.transforms
        if transform.refresh_always or not always
    }
