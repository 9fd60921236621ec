"""Plan: compare the files with what was applied and what is there, and say what would be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound, Usage
from weft.app.load import Loaded, load
from weft.app.select import select_products
from weft.app.situation import Remembered, gather, remembered
from weft.mesh.diagnostic import Diagnostic
from weft.mesh.manifest import Manifest, ProductManifest
from weft.plan.examine import Situation, examine
from weft.plan.plan import PLAN_VERSION, Plan
from weft.plan.planning import assemble, audits_to_know, plan_id


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
    loaded = load(mesh.folder, mesh.system, mesh.cache, memory.descriptors.values())
    everyone = loaded.products
    chosen = select_products(options.select, everyone) if options.select else ()
    desired = loaded.manifest(mesh.environment, chosen)
    removed = () if options.select else _removed(mesh, memory, loaded)
    salts = _new_salts(mesh, desired) if options.rebuild else {}
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


def _removed(mesh: Opened, memory: Remembered, loaded: Loaded) -> tuple[str, ...]:
    """Products that this root applied and that its files no longer define."""
    root = mesh.settings.root
    return tuple(
        sorted(
            address
            for address, each in memory.applied.items()
            if each.root == root and address not in loaded.products
        )
    )


def _new_salts(mesh: Opened, desired: Manifest) -> dict[str, str]:
    salt = mesh.system.new_id()
    return {
        f"{address}.{transform.name}": salt
        for address, manifest in desired.products.items()
        for transform in manifest.transforms
    }


@dataclass(frozen=True)
class _PlanHead:
    """What tells a saved plan, of whatever version, from any other file."""

    id: str
    mesh: str
    root: str
    environment: str
    version: int
    steps: list[Any]


def write_plan(plan: Plan, path: Path) -> None:
    """Save a plan as JSON, in the place of an earlier one too.

    Raises Usage where another file is in the way; an empty one is not.
    """
    if path.is_file() and not _may_be_replaced(path):
        raise Usage(
            f"{path} is no plan, it would be overwritten",
            why="Nothing was written.",
            next_step="weft plan --out change.plan",
        )
    path.write_bytes(msgspec.json.format(msgspec.json.encode(plan), indent=1) + b"\n")


def _may_be_replaced(path: Path) -> bool:
    data = path.read_bytes()
    try:
        return not data or bool(msgspec.json.decode(data, type=_PlanHead))
    except msgspec.MsgspecError:
        return False


def read_plan(path: Path) -> Plan:
    """Read a saved plan. Raises NotFound and Usage when it is none, or of a newer Weft."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound("file", str(path), next_step=f"weft plan --out {path}") from error
    try:
        version = msgspec.json.decode(data, type=_PlanHead).version
    except msgspec.MsgspecError as error:
        raise Usage(f"{path} is no plan", next_step="weft plan --out change.plan") from error
    if version != PLAN_VERSION:
        raise Usage(
            f"{path} was made by another version of Weft",
            why=f"it has format {version}, this one reads {PLAN_VERSION}",
            next_step=f"weft plan --out {path}",
        )
    try:
        plan = msgspec.json.decode(data, type=Plan)
    except msgspec.MsgspecError as error:
        raise _altered(path) from error
    if plan.id != plan_id(plan):
        raise _altered(path)
    return plan


def _altered(path: Path) -> Usage:
    return Usage(
        f"{path} is not as it was planned",
        why="its content does not fit its id",
        next_step=f"weft plan --out {path}",
    )
