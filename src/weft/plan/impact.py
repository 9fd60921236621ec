"""What changes mean for consumers: who reads a changed port, and what must not be applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from weft.mesh.address import port_and_major
from weft.mesh.contract import Status
from weft.mesh.manifest import ProductManifest, Read, ReadKind
from weft.plan.plan import BREAKS, WIDER, Affected, Change, ChangeAction, ChangeClass, FieldChange

_OK = "ok"


def affected_by(
    changes: Iterable[Change], everyone: Mapping[str, ProductManifest], *, production: bool = True
) -> tuple[Affected, ...]:
    """The consumers of every port that these changes touch, breaking ones first.

    Outside `production` drafts are seen by consumers too.
    """
    readers: dict[str, list[tuple[ProductManifest, bool]]] = {}
    for consumer in everyone.values():
        for port in consumer.inputs:
            readers.setdefault(port.port, []).append((consumer, port.pinned))
    found: list[Affected] = []
    for change in changes:
        if change.kind != "port" or change.action is ChangeAction.CREATE:
            continue
        for consumer, pinned in readers.get(change.address, ()):
            verdict = _verdict(change, consumer, production=production)
            found.append(Affected(consumer.address, change.address, pinned, verdict))
    return tuple(sorted(found, key=lambda each: (not each.breaks, each.consumer)))


def _verdict(change: Change, consumer: ProductManifest, *, production: bool) -> str:
    """What a change of a port means for somebody who reads it."""
    port = change.address
    status = _unpublished_as(change)
    if change.action is ChangeAction.DELETE:
        return f"{BREAKS} reads it"
    if status and not Status(status).is_visible(production=production):
        return f"{BREAKS} reads it, and it becomes {status}"
    fields = [each for each in change.fields if each.category is ChangeClass.BREAKING]
    removed = [each for each in fields if each.action is ChangeAction.DELETE]
    reads, objects = columns_read(consumer, port), {each.object for each in _reads(consumer, port)}
    gone = (objects & _named("object", removed)) | (reads & _named("column", removed))
    if gone:
        return f"{BREAKS} reads {_listed(gone)}"
    broken = _named("column", fields)
    if reads & broken:
        return f"reads {_listed(reads & broken)} of another type"
    inside = {path for path in broken if any(_is_inside(path, name) for name in reads)}
    if inside:
        return f"may read {_listed(inside)}"
    wider = reads & _named("column", (each for each in change.fields if each.note == WIDER))
    return f"{_OK}, reads {_listed(wider)} of a wider type" if wider else _OK


def _named(kind: str, fields: Iterable[FieldChange]) -> set[str]:
    """The columns or objects among differing fields, by name."""
    pairs = (each.what.partition(" ") for each in fields)
    return {name for what, _, name in pairs if what == kind}


def _is_inside(path: str, column: str) -> bool:
    return path.startswith((f"{column}.", f"{column}[]"))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _unpublished_as(change: Change) -> str:
    """The status by which a change ends the publishing of a port, "" where it does not."""
    ends = (
        each.new
        for each in change.fields
        if each.what == "status" and Status(each.old).published and not Status(each.new).published
    )
    return next(ends, "")


def columns_read(consumer: ProductManifest, port: str) -> frozenset[str]:
    """The columns of a port that a product's models and checks name."""
    return frozenset(column for read in _reads(consumer, port) for column in read.columns)


def _reads(consumer: ProductManifest, port: str) -> Iterator[Read]:
    queries = [transform.query for transform in consumer.transforms]
    checks = [check for own in consumer.ports for obj in own.objects for check in obj.checks]
    queries += [check.query for check in checks if check.query is not None]
    reads = [read for query in queries for read in query.reads]
    reads += [check.refers_to for check in checks if check.refers_to is not None]
    return (read for read in reads if read.kind is ReadKind.PORT and read.target == port)


def blocking_sentences(
    breaking: Iterable[str], affected: Iterable[Affected], changes: Iterable[Change]
) -> list[str]:
    """Why changes must not be applied that break the promises of published ports."""
    victims: dict[str, list[str]] = {}
    for each in affected:
        if not each.verdict.startswith(_OK):
            victims.setdefault(each.port, []).append(each.consumer)
    ends = {
        change.address: "go" if deleted else f"become {_unpublished_as(change)}"
        for change in changes
        if (deleted := change.action is ChangeAction.DELETE) or _unpublished_as(change)
    }
    return [_sentence(each, victims.get(each, []), ends.get(each, "")) for each in breaking]


def _sentence(address: str, victims: Sequence[str], ends_as: str) -> str:
    port, major = port_and_major(address)
    whom = ", ".join(victims)
    if ends_as:
        return (
            f"{address} cannot {ends_as} yet: it is read by {whom or 'another product'}.\n"
            "until its readers have moved on, keep it with `status: deprecated`"
        )
    return (
        f"{address}: a breaking change on an active port needs a new major version; "
        f"it breaks {whom or 'no consumer in this mesh'}.\n"
        f"keep major {major} alive:  "
        f"weft new port {port} --major {major + 1} --keep {major}"
    )


def breaking_ports(
    changes: Iterable[Change],
    applied: Mapping[str, ProductManifest],
    broken: Iterable[str] = (),
) -> tuple[str, ...]:
    """The published ports whose promises these changes break, by address.

    `broken` are ports that a consumer compiled against as published and not as they would be, or
    that end while they are read; one that ends and that nobody reads breaks nothing.
    """
    found = [
        change.address
        for change in changes
        if change.kind == "port"
        and change.action is ChangeAction.UPDATE
        and change.category is ChangeClass.BREAKING
        and not _unpublished_as(change)
        and _was_published(change, applied)
    ]
    return tuple(dict.fromkeys((*found, *broken)))


def _was_published(change: Change, applied: Mapping[str, ProductManifest]) -> bool:
    manifest = applied.get(change.product)
    return manifest is not None and any(
        port.name == change.name and port.status.published for port in manifest.ports
    )
