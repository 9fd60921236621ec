"""What changes mean for consumers: who reads a changed port, and what must not be applied."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from weft.mesh.address import port_and_major
from weft.mesh.change import ChangeAction, ContractChange
from weft.mesh.contract import Status
from weft.mesh.manifest import ProductManifest, Read, ReadKind
from weft.mesh.words import count
from weft.plan.gate import how_to_waive, is_refused
from weft.plan.plan import BREAKS, OK, Affected, Change, ChangeClass, FieldChange

_GONE = ("object-removed", "column-removed", "column-renamed")


def affected_by(
    changes: Iterable[Change], everyone: Mapping[str, ProductManifest], *, production: bool = True
) -> tuple[Affected, ...]:
    """The consumers of every port that these changes touch, breaking ones first.

    Outside `production` drafts are seen by consumers too.
    """
    readers = _readers(everyone)
    found: list[Affected] = []
    for change in changes:
        if change.kind != "port" or change.action is ChangeAction.CREATE:
            continue
        for consumer, pinned in readers.get(change.address, ()):
            verdict = _verdict(change, consumer, production=production)
            found.append(Affected(consumer.address, change.address, pinned, verdict))
    return tuple(sorted(found, key=lambda each: (not each.breaks, each.goes_on, each.consumer)))


def takes_away(change: Change) -> bool:
    """Whether a change can take something from consumers of a port, whoever they are."""
    if change.kind != "port" or change.action is ChangeAction.CREATE:
        return False
    return ends(change) or any(map(_breaks, change.fields))


def ends(change: Change) -> bool:
    """Whether a change ends a port, or the publishing of it."""
    gone = change.action is ChangeAction.DELETE or bool(_unpublished_as(change))
    return change.kind == "port" and gone


def _readers(
    everyone: Mapping[str, ProductManifest],
) -> dict[str, list[tuple[ProductManifest, bool]]]:
    """The consumers of every port that is read, by its address, and whether they pin it."""
    readers: dict[str, list[tuple[ProductManifest, bool]]] = {}
    for consumer in everyone.values():
        for port in consumer.inputs:
            readers.setdefault(port.port, []).append((consumer, port.pinned))
    return readers


def toll_of(affected: Iterable[Affected]) -> str:
    """How many consumers a change breaks, of all there are; "" where all go on as before.

    >>> toll_of([Affected("a.b", "c.d.e@1", True, "BREAKS: reads f"),
    ...          Affected("a.c", "c.d.e@1", True, "ok")])
    'breaks 1 of 2 consumers'
    """
    found = tuple(affected)
    everybody = {each.consumer for each in found}
    breaks = {each.consumer for each in found if each.breaks}
    may_break = {each.consumer for each in found if not each.goes_on} - breaks
    told = [f"breaks {len(breaks):,}"] if breaks else []
    told += [f"may break {len(may_break):,}"] if may_break else []
    return f"{', '.join(told)} of {count(len(everybody), 'consumer')}" if told else ""


def with_readers(
    changes: Iterable[Change],
    everyone: Mapping[str, ProductManifest],
    applied: Mapping[str, ProductManifest],
) -> tuple[Change, ...]:
    """Changes whose breaking parts say how many consumers of a port read what breaks.

    `applied` are the applied definitions of products that differ from them.
    """
    readers: dict[str, list[tuple[ProductManifest, bool]]] | None = None
    told: list[Change] = []
    for change in changes:
        if change.kind == "port" and any(each.kind and _breaks(each) for each in change.fields):
            readers = _readers(everyone) if readers is None else readers
            consumers = [each for each, _ in readers.get(change.address, ())]
            reads = _with_renamed(change, columns_by_reader(change.address, consumers), applied)
            fields = tuple(_with_readers(each, reads) for each in change.fields)
            change = replace(change, fields=fields)
        told.append(change)
    return tuple(told)


def _with_renamed(
    change: Change,
    reads: dict[str, frozenset[tuple[str, str]]],
    applied: Mapping[str, ProductManifest],
) -> dict[str, frozenset[tuple[str, str]]]:
    """What consumers read of a port; of those that read what is new there, what they read so far.

    An object that was renamed is read under its new name by files that name only the port.
    """
    came = {each.object for each in change.fields if each.kind == "object-added"}
    moving = [
        applied[name]
        for name, columns in reads.items()
        if name in applied and any(obj in came for obj, _ in columns)
    ]
    before = columns_by_reader(change.address, moving)
    return {name: own | before.get(name, frozenset()) for name, own in reads.items()}


def _with_readers(
    field: FieldChange, reads: Mapping[str, Collection[tuple[str, str]]]
) -> FieldChange:
    if not (field.kind and _breaks(field)):
        return field
    who = f"read by {len(readers_of(field, reads)):,} of {count(len(reads), 'consumer')}"
    said, mark, advice = field.note.partition(";")
    return replace(field, note=f"{said}, {who if reads else 'read by nobody'}{mark}{advice}")


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
    return f"{OK}, reads {_listed(names)} of a wider type" if names else OK


def _breaks(field: FieldChange) -> bool:
    return field.category is ChangeClass.BREAKING and field.what != "status"


def _concerned(field: FieldChange | ContractChange, reads: Collection[tuple[str, str]]) -> bool:
    """Whether a change concerns somebody who reads these columns, each with its object."""
    return not field.object or bool(_names(field, reads))


def _names(field: FieldChange | ContractChange, reads: Collection[tuple[str, str]]) -> set[str]:
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
    status = change.new_status
    ends = status and Status(change.old_status).published and not Status(status).published
    return status if ends else ""


def columns_by_reader(
    port: str, consumers: Iterable[ProductManifest]
) -> dict[str, frozenset[tuple[str, str]]]:
    """The consumers of a port by address, each with the objects and columns that it reads there."""
    reads = {each.address: frozenset(_columns_read(each, port)) for each in consumers}
    return dict(sorted(reads.items()))


def readers_of(
    change: FieldChange | ContractChange, reads: Mapping[str, Collection[tuple[str, str]]]
) -> tuple[str, ...]:
    """The consumers that read what a change of a contract is about, of all its readers."""
    return tuple(each for each, columns in reads.items() if _concerned(change, columns))


def columns_read(consumer: ProductManifest, port: str) -> frozenset[str]:
    """The columns of a port that a product's models and checks name."""
    return frozenset(column for _, column in _columns_read(consumer, port))


def _columns_read(consumer: ProductManifest, port: str) -> Iterator[tuple[str, str]]:
    """The objects of a port with their columns that a product's models and checks name."""
    for read in port_reads(consumer):
        if read.target == port:
            yield from ((read.object, column) for column in read.columns)


def port_reads(consumer: ProductManifest) -> Iterator[Read]:
    """What a product's models and checks read of ports."""
    queries = [transform.query for transform in consumer.transforms]
    checks = [check for own in consumer.ports for obj in own.objects for check in obj.checks]
    queries += [check.query for check in checks if check.query is not None]
    reads = [read for query in queries for read in query.reads]
    reads += [check.refers_to for check in checks if check.refers_to is not None]
    return (read for read in reads if read.kind is ReadKind.PORT)


def blocking_sentences(
    breaking: Iterable[str], affected: Iterable[Affected], changes: Iterable[Change]
) -> list[str]:
    """Why changes must not be applied that break the promises of published ports.

    Lines after the first say what can be done instead.
    """
    readers: dict[str, list[Affected]] = {}
    for each in affected:
        readers.setdefault(each.port, []).append(each)
    by_address = {each.address: each for each in changes if each.kind == "port"}
    return [_sentence(each, readers.get(each, []), by_address.get(each)) for each in breaking]


def _sentence(address: str, readers: Sequence[Affected], change: Change | None) -> str:
    whom = ", ".join(each.consumer for each in readers if not each.goes_on)
    deleted = change is not None and change.action is ChangeAction.DELETE
    status = _unpublished_as(change) if change else ""
    if deleted or status:
        ends_as = "go" if deleted else f"become {status}"
        return (
            f"{address} cannot {ends_as} yet: it is read by {whom or 'another product'}.\n"
            "until its readers have moved on, keep it with `status: deprecated`"
        )
    port, major = port_and_major(address)
    nobody = f"none of {count(len(readers), 'consumer')}" if readers else "no consumer in this mesh"
    toll = f"{toll_of(readers)}: {whom}" if whom else f"breaks {nobody}"
    return (
        f"{address}: a breaking change on an active port needs a new major version; "
        f"it {toll}.\n"
        f"keep major {major} alive:  "
        f"weft new port {port} --major {major + 1} --keep {major}"
        f"{how_to_waive(change.fields) if change else ''}"
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
        and any(map(is_refused, change.fields))
        and not _unpublished_as(change)
        and _was_published(change, applied)
    ]
    waived = {change.address for change in changes if _is_waived(change)}
    return tuple(each for each in dict.fromkeys((*found, *broken)) if each not in waived)


def _is_waived(change: Change) -> bool:
    """Whether somebody answers for everything that a change breaks."""
    broken = [each for each in change.fields if each.category is ChangeClass.BREAKING]
    return bool(broken) and not any(map(is_refused, broken))


def _was_published(change: Change, applied: Mapping[str, ProductManifest]) -> bool:
    port = change.port_in(applied)
    return port is not None and port.status.published
