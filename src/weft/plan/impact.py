"""What changes mean for consumers: who reads a changed port, and what must not be applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from weft.mesh.manifest import ProductManifest, ReadKind
from weft.plan.plan import Affected, Change, ChangeAction, ChangeClass


def affected_by(
    changes: Iterable[Change], everyone: Mapping[str, ProductManifest]
) -> tuple[Affected, ...]:
    """The consumers of every port that these changes touch, breaking ones first."""
    found: list[Affected] = []
    for change in changes:
        if change.kind != "port" or change.action is ChangeAction.CREATE:
            continue
        address = f"{change.product}.{change.name}"
        removed = _removed_columns(change)
        for consumer in everyone.values():
            for port in consumer.inputs:
                if port.port == address:
                    reads = columns_read(consumer, address) & removed
                    verdict = (
                        f"BREAKS: reads {', '.join(sorted(reads))}"
                        if reads
                        else "BREAKS: reads it"
                        if change.action is ChangeAction.DELETE
                        else "ok"
                    )
                    found.append(Affected(consumer.address, address, port.pinned, verdict))
    return tuple(sorted(found, key=lambda each: (each.verdict == "ok", each.consumer)))


def _removed_columns(change: Change) -> frozenset[str]:
    return frozenset(
        each.what.removeprefix("column ")
        for each in change.fields
        if each.what.startswith("column ") and each.action is ChangeAction.DELETE
    )


def columns_read(consumer: ProductManifest, port: str) -> frozenset[str]:
    """The columns of a port that a product's models name."""
    return frozenset(
        column
        for transform in consumer.transforms
        for read in transform.query.reads
        if read.kind is ReadKind.PORT and read.target == port
        for column in read.columns
    )


def blocking_sentences(breaking: Iterable[str], affected: Iterable[Affected]) -> list[str]:
    """Why changes must not be applied that break the promises of published ports."""
    victims: dict[str, list[str]] = {}
    for each in affected:
        if each.verdict != "ok":
            victims.setdefault(each.port, []).append(each.consumer)
    found: list[str] = []
    for address in breaking:
        port, _, major = address.partition("@")
        following = int(major) + 1
        whom = ", ".join(victims.get(address, ())) or "no consumer in this mesh"
        found.append(
            f"{address}: a breaking change on an active port needs a new major version; "
            f"it breaks {whom}.\n"
            f"keep major {major} alive:  weft new port {port} --major {following} --keep {major}"
        )
    return found


def breaking_ports(
    changes: Iterable[Change],
    applied: Mapping[str, ProductManifest],
    broken: Iterable[str] = (),
) -> tuple[str, ...]:
    """The published ports whose promises these changes break, by address.

    `broken` are ports that a consumer compiled against as published and not as they would be.
    """
    found = [
        f"{change.product}.{change.name}"
        for change in changes
        if change.kind == "port"
        and change.action is ChangeAction.UPDATE
        and change.category is ChangeClass.BREAKING
        and _was_published(change, applied)
    ]
    return tuple(dict.fromkeys((*found, *broken)))


def _was_published(change: Change, applied: Mapping[str, ProductManifest]) -> bool:
    manifest = applied.get(change.product)
    return manifest is not None and any(
        port.name == change.name and port.status.published for port in manifest.ports
    )
