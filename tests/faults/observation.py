"""What is wrong with what consumers see of a mesh, and with what an apply left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ground import Ground, Seen

from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened, opened
from weft.app.drift import look
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.mesh.release import Release
from weft.warehouses.protocol import Scope


def current_releases(folder: Path) -> dict[str, Release]:
    """The current release of every product that shows something, in any warehouse of a mesh."""
    found: dict[str, Release] = {}
    with opened(folder, "", System()) as mesh:
        for name in mesh.settings.warehouses:
            warehouse: Any = mesh.warehouse(name)
            scope = Scope(mesh.environment, warehouse.released().get(mesh.environment, ()))
            releases: Mapping[str, Release] = warehouse.observe(scope).releases
            found |= {product: each for product, each in releases.items() if not each.empty}
    return found


def torn(seen: Seen, versions: Iterable[Seen]) -> Iterator[str]:
    """Products that show anything but one of the versions as a whole."""
    known = list(versions)
    for product in sorted({*seen, *(product for each in known for product in each)}):
        shown = seen.get(product, {})
        allowed = [each.get(product, {}) for each in known]
        # Before something is dropped it is shown beside what is new.
        allowed += [{**old, **new} for old in allowed for new in allowed]
        if shown not in allowed:
            yield f"{product} shows {shown}, which is no version of it"


def apply_all(folder: Path, workers: int = 1) -> str:
    """Plan and apply as people do, dropping what the files no longer have; how it ended."""
    with opened(folder, "", System()) as mesh:
        return applied(mesh, workers)


def applied(mesh: Opened, workers: int = 1) -> str:
    """Plan and apply an open mesh; how it ended."""
    plan = make_plan(mesh, PlanOptions()).plan
    events = list(apply_plan(mesh, plan, ApplyOptions(allow_drop=True, workers=workers)))
    return events[-1].text if events else "nothing to do"


def unsettled(ground: Ground, folder: Path, wanted: Seen, *, tidy: bool) -> Iterator[str]:
    """What is not as it should be once a deed has gone through; `tidy` if it had work to do."""
    for way, seen in ground.seen(folder).items():
        shown = {product: objects for product, objects in seen.items() if objects}
        if shown != wanted:
            yield f"{way} {shown} and not {wanted}"
    with opened(folder, "", System()) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
        if not plan.empty:
            kinds = [step.id for step in plan.steps]
            yield f"the plan afterwards is not empty: {kinds} {list(plan.manifests)}"
        yield from _disagreements(mesh, current_releases(folder))
        for each in look(mesh).open:
            yield f"drift: {each.drift}"
    yield from ground.leftovers(folder, tidy)


def _disagreements(mesh: Opened, releases: Mapping[str, Release]) -> Iterator[str]:
    """Where the store does not say what the warehouse holds, or is not closed properly."""
    journal, definitions = mesh.store.journal, mesh.store.definitions
    for product, release in releases.items():
        recorded = journal.releases(mesh.environment, product)
        if not recorded or recorded[0] != release:
            yield f"{product} shows {release}, the store says {recorded[:1]}"
    wanted = {
        f"{product}.{port.port}@{port.major}": (release.number, port.version)
        for product, release in releases.items()
        for port in release.ports
    }
    described = {
        address: (each.release, each.version)
        for address, each in definitions.descriptors(mesh.environment).items()
    }
    if described != wanted:
        yield f"descriptors are {described} and not {wanted}"
    yield from _unwitnessed(mesh, releases)
    if journal.locks():
        yield f"locks are held: {journal.locks()}"
    newest = journal.runs(mesh.environment, 1)
    if newest and newest[0].state == "running":
        yield "the newest run is running"
    _, fault = mesh.store.audit.verify()
    if fault:
        yield f"the audit chain is broken: {fault}"


def _unwitnessed(mesh: Opened, releases: Mapping[str, Release]) -> Iterator[str]:
    """Versions that are shown and do not have one record of evidence, in a chain that is whole."""
    yield from mesh.store.evidence.verify(mesh.environment).faults
    told = Counter(
        tuple(each.evidence[name] for name in ("product", "port", "version"))
        for each in mesh.store.evidence.records(mesh.environment)
    )
    shown = {
        (product, each.port, each.version)
        for product, release in releases.items()
        for each in release.ports
        if each.status.published
    }
    for version in sorted({*shown, *told}):
        if told[version] != 1:
            yield f"{version} has {told[version]} records of evidence"
