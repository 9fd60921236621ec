"""What changes mean for consumers: who reads a changed port, and what must not be applied."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from weft.mesh.address import port_and_major
from weft.mesh.change import ChangeAction
from weft.mesh.contract import Status
from weft.mesh.manifest import ProductManifest, Read, ReadKind
from weft.plan.plan import BREAKS, Affected, Change, ChangeClass, FieldChange

_OK = "ok"
_GONE = ("object-removed", "column-removed", "column-renamed")


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
    reads = set(_columns_read(consumer, port))
    broken = [each for each in change.fields if _breaks(each) and _concerned(each, reads)]
    gone = [each for each in broken if each.kind in _GONE]
    if gone:
        return f"{BREAKS} reads {_listed(name for each in gone for name in _names(each, reads))}"
    for each in broken:
        if each.kind.startswith("field-"):
            return f"may read {each.what.removeprefix('column ')}"
    by_note: dict[str, set[str]] = {}
    for each in broken:
        by_note.setdefault(_said(each), set()).update(_names(each, reads))
    if by_note:
        return "; ".join(f"reads {_listed(names)}{said}" for said, names in by_note.items())
    wider = [each for each in change.fields if each.kind == "type-widened"]
    names = {name for each in wider for name in _names(each, reads)}
    return f"{_OK}, reads {_listed(names)} of a wider type" if names else _OK


def _breaks(field: FieldChange) -> bool:
    return field.category is ChangeClass.BREAKING and field.what != "status"


def _concerned(field: FieldChange, reads: Collection[tuple[str, str]]) -> bool:
    """Whether a change concerns somebody who reads these columns, each with its object."""
    return not field.object or bool(_names(field, reads))


def _names(field: FieldChange, reads: Collection[tuple[str, str]]) -> set[str]:
    """The columns that somebody reads of those that a change is about, or its object."""
    if not field.object:
        return {field.what}
    if field.columns:
        return {name for name in field.columns if (field.object, name) in reads}
    return {obj for obj, _ in reads if obj == field.object}


def _said(field: FieldChange) -> str:
    """What becomes of the columns that a change is about."""
    kind = field.kind
    return " of another type" if "type" in kind or "time-zone" in kind else f", {field.note}"


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
    return frozenset(column for _, column in _columns_read(consumer, port))


def _columns_read(consumer: ProductManifest, port: str) -> Iterator[tuple[str, str]]:
    """The objects of a port with their columns that a product's models and checks name."""
    for read in _reads(consumer, port):
        yield from ((read.object, column) for column in read.columns)


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
    changes: Sequence[Change],
    applied: Mapping[str, ProductManifest],
    broken: Iterable[str] = (),
) -> tuple[str, ...]:
    """The published ports whose promises these changes break, by address.

    `broken` are ports that a consumer compiled against as published and not as they would be, or
    that end while they are read; one that ends and that nobody reads breaks nothing. Nor does one
    whose breaking changes have waivers.
    """
    found = [
        change.address
        for change in changes
        if change.kind == "port"
        and change.action is ChangeAction.UPDATE
        and any(_is_refused(each) for each in change.fields)
        and not _unpublished_as(change)
        and _was_published(change, applied)
    ]
    waived = {change.address for change in changes if _is_waived(change)}
    return tuple(each for each in dict.fromkeys((*found, *broken)) if each not in waived)


def _is_refused(field: FieldChange) -> bool:
    return field.category is ChangeClass.BREAKING and field.waiver is None


def _is_waived(change: Change) -> bool:
    """Whether somebody answers for everything that a change breaks."""
    broken = [each for each in change.fields if each.category is ChangeClass.BREAKING]
    return bool(broken) and not any(map(_is_refused, broken))


def _was_published(change: Change, applied: Mapping[str, ProductManifest]) -> bool:
    manifest = applied.get(change.product)
    return manifest is not None and any(
        port.name == change.name and port.status.published for port in manifest.ports
    )
