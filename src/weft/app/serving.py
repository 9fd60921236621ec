"""Whether other programs are shown what is published, and who keeps that from being done.

Showing it is the end of every apply.
"""

from __future__ import annotations

from weft.app.bootstrap import Opened
from weft.mesh.run import Run, RunState
from weft.warehouses.protocol import ServesPorts, WarehouseError


def unserved(mesh: Opened) -> tuple[str, ...]:
    """The warehouses, of those asked already, of which other programs do not see what is current.

    What they open is missing, was changed by somebody, or shows another folder or other releases.
    """
    return tuple(name for name in mesh.connected if not is_served(mesh, name))


def is_served(mesh: Opened, warehouse: str) -> bool:
    """Whether other programs see what is current in a warehouse, if it shows them anything."""
    found = mesh.warehouse(warehouse)
    return not isinstance(found, ServesPorts) or found.is_served(mesh.environment)


def not_served(mesh: Opened, error: WarehouseError, run: str) -> str:
    """Say that `run` could not show its releases, and who may be in the way."""
    if not error.transient:
        return str(error)
    at_work = [each for each in mesh.store.journal.runs(mesh.environment) if _others(each, run)]
    named = [
        f"run {each.id} of {each.actor}, process {each.pid} on {each.host}" for each in at_work
    ]
    return f"{error}\nat work: {'; '.join(named)}" if named else str(error)


def _others(each: Run, run: str) -> bool:
    return each.state is RunState.RUNNING and each.id != run
