"""What consumers see of a mesh, and what is wrong with it; everything is read afresh.

Consumers see a product's current release and `ports.duckdb`. A product is described by what each
object of its ports contains, so that two descriptions of one version are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened, opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.mesh.release import Release
from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.expansion import Expansion
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.protocol import Scope

# An object's columns, how many rows it has, and a number made from all of them.
Content = tuple[tuple[str, ...], int, int]
# By object with its major.
Shown = dict[str, Content]
# By product.
Seen = dict[str, Shown]

LAKE_ENTRIES = {
    *(
        "lake.json",
        "builds",
        "files",
        "releases",
        "quarantine",
        "tmp",
        "ports.duckdb",
        "ports.json",
    ),
}


def lake_of(folder: Path) -> Path:
    """Where the lake of a mesh lies."""
    return folder / ".weft" / "lake"


def released(folder: Path) -> Seen:
    """What the current release of every product shows, read from the files that it names."""
    lake = lake_of(folder)
    if not (lake / "releases").is_dir():
        return {}
    layout = Layout(str(lake))
    expansion = Expansion(layout, Manifests(layout, Disk()))
    with duckdb.connect() as engine:
        return {
            product: {
                f"{each.name}_v{port.major}": _content(
                    engine, expansion.select(each.key, each.columns), each.columns
                )
                for port in release.ports
                for each in port.objects
            }
            for product, release in current_releases(folder).items()
        }


def current_releases(folder: Path) -> dict[str, Release]:
    """The current release of every product that has one."""
    with opened(folder, "", System()) as mesh:
        lake: Any = mesh.warehouse("lake")
        products = lake.released().get(mesh.environment, ())
        found: dict[str, Release] = lake.observe(Scope(mesh.environment, products)).releases
        return found


def served(folder: Path) -> Seen:
    """What `ports.duckdb` shows to any client; versioned names only."""
    path = lake_of(folder) / "ports.duckdb"
    if not path.exists():
        return {}
    seen: Seen = {}
    with duckdb.connect(str(path), read_only=True) as client:
        views = client.execute(
            "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
        for schema, view in views:
            name = f'"{schema}"."{view}"'
            columns = tuple(client.sql(f"SELECT * FROM {name}").columns)
            content = _content(client, f"SELECT * FROM {name}", columns)
            if "_v" in view:
                seen.setdefault(schema.replace("__", "."), {})[view] = content
    return seen


def _content(
    connection: duckdb.DuckDBPyConnection, select: str, columns: tuple[str, ...]
) -> Content:
    names = ", ".join(f'"{name}"' for name in columns)
    row = connection.execute(
        f"SELECT count(*), coalesce(bit_xor(hash({names})), 0) FROM ({select})"
    ).fetchone()
    assert row is not None
    return columns, row[0], row[1]


def torn(seen: Seen, versions: Iterable[Seen]) -> Iterator[str]:
    """Products that show anything but one of the versions as a whole, or nothing yet."""
    known = list(versions)
    for product, shown in seen.items():
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


def unsettled(folder: Path, wanted: Seen, ending: str) -> Iterator[str]:
    """What is not as it should be once an apply has gone through and ended so."""
    seen = released(folder)
    shown = {product: objects for product, objects in seen.items() if objects}
    if shown != wanted:
        yield f"released is {shown} and not {wanted}"
    if served(folder) != wanted:
        yield f"ports.duckdb shows {served(folder)} and not {wanted}"
    with opened(folder, "", System()) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
        if not plan.empty:
            kinds = [step.id for step in plan.steps]
            yield f"the plan afterwards is not empty: {kinds} {list(plan.manifests)}"
        yield from _disagreements(mesh, current_releases(folder))
    # Who has nothing to do does not open the lake, and leaves the work of clearing it to the next.
    yield from leftovers(folder, tidy=ending != "nothing to do")


def _disagreements(mesh: Opened, releases: Mapping[str, Release]) -> Iterator[str]:
    """Where the store does not say what the lake holds, or is not closed properly."""
    journal, definitions = mesh.store.journal, mesh.store.definitions
    for product, release in releases.items():
        recorded = journal.releases(mesh.environment, product)
        if not recorded or recorded[0] != release:
            number = recorded[0].number if recorded else 0
            yield f"{product} is at release {release.number}, the store says {number}"
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
    if journal.locks():
        yield f"locks are held: {journal.locks()}"
    newest = journal.runs(mesh.environment, 1)
    if newest and newest[0].state == "running":
        yield "the newest run is running"
    _, fault = mesh.store.audit.verify()
    if fault:
        yield f"the audit chain is broken: {fault}"


def leftovers(folder: Path, tidy: bool) -> Iterator[str]:
    """What lies in the lake and belongs to nothing."""
    lake = lake_of(folder)
    layout = Layout(str(lake))
    unknown = {each.name for each in lake.iterdir()} - LAKE_ENTRIES
    if unknown:
        yield f"unknown in the lake: {sorted(unknown)}"
    left = sorted(each.name for each in (lake / "tmp").iterdir())
    if left and tidy:
        yield f"left in tmp: {left}"
    named = {file for build in Manifests(layout, Disk()).all() for file in build.all_files}
    there = {f"files/{each.name}" for each in (lake / "files").iterdir()}
    if there != named:
        yield f"data files that no build names: {sorted(there - named)}, or lack: {named - there}"
