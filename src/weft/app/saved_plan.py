"""What the files say now about the products of a plan that was saved earlier."""

from __future__ import annotations

from dataclasses import replace

from weft.app.apply import ApplyOptions
from weft.app.bootstrap import Opened
from weft.app.errors import Usage
from weft.app.load import load
from weft.app.situation import input_contracts, remembered
from weft.plan.plan import Plan


def for_saved_plan(mesh: Opened, plan: Plan, options: ApplyOptions) -> ApplyOptions:
    """Add what tells that a saved plan has become stale. Raises Usage for another mesh's plan."""
    if (plan.mesh, plan.root) != (mesh.settings.mesh, mesh.settings.root):
        raise Usage(
            f"this is a plan of {plan.mesh}, not of {mesh.settings.mesh}", next_step="weft plan"
        )
    memory = remembered(mesh)
    loaded = load(mesh.folder, mesh.system, mesh.cache, memory.descriptors.values())
    return replace(
        options,
        definitions={address: each.digest for address, each in loaded.products.items()},
        input_contracts={
            address: input_contracts(each, loaded.products, memory.descriptors)
            for address, each in loaded.products.items()
            if address in plan.base
        },
    )
