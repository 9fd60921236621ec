"""A product whose home became another warehouse: what it shows there is compared first.

Keys know no warehouse, so that nobody who reads the product has to be built again. What models that
grow have kept is brought over, since their sources may not have it any more.
"""

from __future__ import annotations

from collections.abc import Iterator

from weft.mesh.manifest import ProductManifest, Read, ReadKind
from weft.plan.comparing import verify_spec
from weft.plan.copies import Bringing, Foreign
from weft.plan.examine import Behind, Examined, Situation, home_of
from weft.plan.plan import Step, StepKind
from weft.plan.waiting import Pending
from weft.sql.dialect import dialect_named


def old_home(manifest: ProductManifest, situation: Situation) -> str:
    """The warehouse that still has what readers see; "" where that is the product's own."""
    release = situation.releases.get(manifest.address)
    home = situation.homes.get(manifest.address, "")
    return home if release and not release.empty and home != manifest.warehouse else ""


def to_bring(found: Examined, situation: Situation) -> Iterator[Foreign]:
    """The builds on the old warehouse that models which grow are, or grow from, on the new one."""
    manifest = found.manifest
    home = home_of(manifest, situation)
    if home == manifest.warehouse:
        return
    ground = situation.ground(manifest)
    since = ground.release.at if ground.release else ""
    for transform in manifest.transforms:
        growing = found.keyed.growing.get(transform.name)
        if growing is None:
            continue
        own = found.keyed.builds[transform.name]
        build = ground.builds.get(own) or ground.builds.get(growing.base)
        if build and build.key in situation.builds[home]:
            there = {each.name for each in build.columns}
            columns = tuple(each.name for each in transform.columns if each.name in there)
            read = Read(ReadKind.MODEL, transform.name)
            yield Foreign(manifest, read, Behind(build.key, home, columns, since))


def to_compare(found: Examined, situation: Situation) -> Iterator[Foreign]:
    """What readers see on the old warehouse and shall see, from the same inputs, on the new one.

    What is brought over as a whole is compared as a whole, and what is lost there with nothing.
    """
    manifest = found.manifest
    home = old_home(manifest, situation)
    if not home:
        return
    brought = tuple(to_bring(found, situation))
    yield from brought
    left = situation.builds[home] - {each.behind.key for each in brought}
    wanted = {
        (port.port, port.major, each.name): each for port in found.ports for each in port.objects
    }
    shown = situation.releases[manifest.address].promised
    for (port, major, name), before in shown.items():
        after = wanted.get((port, major, name))
        if after is not None and after.key == before.key and before.key in left:
            columns = tuple(each for each in before.columns if each in after.columns)
            read = Read(ReadKind.PORT, f"{manifest.address}.{port}@{major}", name)
            yield Foreign(manifest, read, Behind(before.key, home, columns))


def verifications(
    found: Examined, situation: Situation, bringing: Bringing, pending: Pending
) -> list[Step]:
    """The steps that compare, one for each build and its columns; copies are brought before."""
    manifest = found.manifest
    dialect = dialect_named(manifest.native_dialect)
    steps: dict[str, Step] = {}
    for each in to_compare(found, situation):
        if each.key in steps:
            continue
        bringing.bring(each)
        key, columns = each.behind.key, bringing.columns(each)
        steps[each.key] = Step(
            id=f"{manifest.address}/verify/{each.target}",
            kind=StepKind.VERIFY,
            product=manifest.address,
            warehouse=manifest.warehouse,
            target=each.target,
            needs=pending.needs((key, each.key)),
            verify=verify_spec(each, columns, dialect),
        )
    return list(steps.values())
