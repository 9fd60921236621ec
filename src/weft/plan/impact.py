"""What changes mean for consumers: who reads a changed port, and what must not be applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

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


def blocking_sentences(
    changes: Sequence[Change], applied: Mapping[str, ProductManifest]
) -> list[str]:
    """Why the changes must not be applied: promises of published ports that they would break."""
    found: list[str] = []
    for change in breaking(changes, applied):
        port, _, major = change.name.partition("@")
        following = int(major) + 1
        found.append(
            f"{change.product}.{change.name}: a breaking change on an active port needs a new "
            f"major version; weft new port {change.product}.{port} --major {following} "
            f"--keep {major}"
        )
    return found


def breaking(
    changes: Iterable[Change], applied: Mapping[str, ProductManifest]
) -> tuple[Change, ...]:
    """The changes that break a promise which consumers already rely on."""
    return tuple(
        change
        for change in changes
        if change.kind == "port"
        and change.action is ChangeAction.UPDATE
        and change.category is ChangeClass.BREAKING
        and _was_published(change, applied)
    )


def _was_published(change: Change, applied: Mapping[str, ProductManifest]) -> bool:
    manifest = applied.get(change.product)
    return manifest is not None and any(
        port.name == change.name and port.status.published for port in manifest.ports
    )
