"""What the warehouses of a mesh hold, for the doctor: whether it is whole, and shown to others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from weft.app.bootstrap import Opened
from weft.app.finding import Finding, State
from weft.app.releases import histories, keeper_of
from weft.app.serving import is_served
from weft.app.workspace import SETTINGS
from weft.mesh.words import count
from weft.warehouses.protocol import HasHealth, Scope, WarehouseError


def holdings(mesh: Opened) -> Iterator[Finding]:
    """Look at every warehouse, read all of its data, and see what it shows to other programs."""
    for name, settings in mesh.settings.warehouses.items():
        label = f"warehouse {name}"
        yield from _condition(mesh, name)
        try:
            builds = mesh.warehouse(name).observe(Scope(mesh.environment, (), content=True)).builds
        except WarehouseError as error:
            fix = f"correct `{name}` in {SETTINGS}, or make the warehouse reachable"
            yield Finding(label, State.FAIL, str(error), fix)
        else:
            yield Finding(label, State.OK, f"{settings.type}, {count(len(builds), 'build')}")
            yield from _data(mesh, name, builds)
            yield from _shown(mesh, name)


def _condition(mesh: Opened, warehouse: str) -> Iterator[Finding]:
    """How the warehouse is that the data is in; that it cannot be reached is told once, later."""
    with suppress(WarehouseError):
        found = mesh.warehouse(warehouse)
        if isinstance(found, HasHealth):
            for each in found.health.conditions(mesh.system.now()):
                state = State.OK if not each.fix else State.FAIL if each.stops else State.WARN
                yield Finding(f"{warehouse} {each.name}", state, each.detail, each.fix)


def _shown(mesh: Opened, warehouse: str) -> Iterator[Finding]:
    if is_served(mesh, warehouse):
        yield Finding("shown ports", State.OK, f"other programs see what is current in {warehouse}")
    else:
        detail = f"what other programs open in {warehouse} is missing, changed, or out of date"
        yield Finding("shown ports", State.WARN, detail, "weft apply", mesh.environment)


def _data(mesh: Opened, warehouse: str, intact: frozenset[str]) -> Iterator[Finding]:
    """Releases whose builds are gone or have lost files, in every environment."""
    keeper = keeper_of(mesh, warehouse)
    kept = [] if keeper is None else list(histories(keeper))
    lost = [
        (release, release is history[0])
        for history in kept
        for release in history
        if release.damaged or not intact.issuperset(release.keys)
    ]
    for release, current in lost:
        name = f"release {release.number} of {release.product} in {release.environment}"
        what = "is damaged" if release.damaged else "has lost data"
        if current:
            detail, state = f"{name} is current and {what}", State.FAIL
            again = "publishes" if release.damaged else "builds"
            fix = f"weft apply, which {again} it again or says what to do first"
        else:
            detail, state = f"{name} {what}, nobody can roll back to it", State.WARN
            fix = "put its files back from a backup, or leave it; weft prune removes it in time"
        yield Finding("data", state, detail, fix, release.environment)
    if kept and not lost:
        releases = count(sum(map(len, kept)), "release")
        yield Finding("data", State.OK, f"all of {releases} is as it was written")
