"""Newer data under an unchanged definition: which sources changed, and what is built for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from weft.mesh.manifest import Read, ReadKind
from weft.mesh.release import Release
from weft.plan.examine import Examined, Situation, upstream_of
from weft.plan.keys import key_of
from weft.plan.plan import Change, DataChange


def data_changes(
    situation: Situation, examined: Mapping[str, Examined], changes: Sequence[Change]
) -> tuple[DataChange, ...]:
    """The sources that have newer data, each with the models that are built again for it.

    A model whose own definition changed is not listed: it is built again anyway.
    """
    redefined = {(each.product, each.name) for each in changes if each.kind == "model"}
    causes: dict[str, frozenset[str]] = {}
    models: dict[str, list[str]] = {}
    upstream = upstream_of(situation, examined)
    for address, found in examined.items():
        current = situation.releases.get(address)
        if current is None or found.settled:
            continue
        for transform in found.manifest.transforms:
            key = found.keyed.builds.get(transform.name)
            if key is None or current.builds.get(transform.name) == key:
                continue
            reads = [(read, key_of(read, found.keyed, upstream)) for read in transform.query.reads]
            causes[key] = frozenset(
                cause
                for read, read_key in reads
                for cause in _causes(read, read_key or "", address, current, causes, examined)
            )
            if (address, transform.name) not in redefined:
                for source in causes[key]:
                    models.setdefault(source, []).append(f"{address}.{transform.name}")
    return tuple(DataChange(source, tuple(models[source])) for source in sorted(models))


def _causes(
    read: Read,
    key: str,
    product: str,
    current: Release,
    causes: Mapping[str, frozenset[str]],
    examined: Mapping[str, Examined],
) -> frozenset[str]:
    """Where the newer data comes from that a model would read through one relation."""
    if key in causes:
        return causes[key]
    if read.kind is ReadKind.SOURCE and current.sources.get(read.target) != key:
        return frozenset([f"{product}.{read.target}"])
    upstream = read.target.rpartition("@")[0].rpartition(".")[0]
    if read.kind is ReadKind.PORT and upstream not in examined:
        return frozenset([read.target])
    return frozenset()
