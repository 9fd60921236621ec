"""What a release tells others: consumers of the end of a port, and the store of who read what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from weft.contract.endings import Ending, ending_of
from weft.contract.outages import unreadable
from weft.mesh.address import PortAddress, port_and_major, product_of
from weft.mesh.change import ChangeAction
from weft.mesh.consumption import EnforcedEnd, Notice, NoticeKind, PortReads, ReadBy
from weft.mesh.contract import Status
from weft.mesh.manifest import PortVersion, ProductManifest, ReadKind
from weft.plan.plan import Change, Suspension
from weft.plan.share import Share

_Told = tuple[NoticeKind, str]


def notices_of(share: Share) -> Iterator[Notice]:
    """What consumers are told when the release of a product is published, by the plan for it."""
    for address, told in _all_told(share):
        for each in share.affected:
            if each.port == address:
                port, major = port_and_major(address.rpartition(".")[2])
                yield Notice(share.product, port, major, each.consumer, *told)


def _all_told(share: Share) -> Iterator[tuple[str, _Told]]:
    """What is to be told, each of a port version by its address."""
    manifest = share.manifest
    ports = {f"{share.product}.{each.name}": each for each in manifest.ports} if manifest else {}
    for change in _of_ports(share):
        told = _told(change, ports.get(change.address))
        if told:
            yield change.address, told
    for suspension in share.suspensions:
        told = _told_of_outage(suspension)
        if told:
            yield suspension.port, told


def overrides_of(share: Share) -> Iterator[EnforcedEnd]:
    """The ports of a product that the plan ends because a person overrides their readers."""
    ended = {each.name for each in _of_ports(share) if each.new_status == Status.RETIRED}
    for port in share.manifest.ports if share.manifest and ended else ():
        ending = ending_of(port.contract)
        if ending.override_by and port.name in ended:
            address = f"{share.product}.{port.name}"
            yield EnforcedEnd(address, ending.override_by, ending.override_reason)


def reads_of(
    share: Share, done: Iterable[str], manifest: ProductManifest | None, at: str
) -> Iterator[PortReads]:
    """What was read of other products by the builds among the steps that are `done`, by id."""
    ended = set(done)
    built = {each.target for each in share.steps if each.id in ended and each.build}
    models = manifest.transforms if manifest else ()
    reads = (read for model in models if model.name in built for read in model.query.reads)
    for target in sorted({read.target for read in reads if read.kind is ReadKind.PORT}):
        address = PortAddress.parse(target)
        place = (product_of(target), address.port, address.major or 0)
        yield PortReads(*place, ReadBy.BUILD, share.product, at[:10], 1, at)


def _of_ports(share: Share) -> Iterator[Change]:
    return (
        each for each in share.changes if each.kind == "port" and each.action is ChangeAction.UPDATE
    )


def _told(change: Change, port: PortVersion | None) -> _Told | None:
    """What is to be told of a change of a port; None where it is none of its end."""
    if port is None:
        return None
    ending, was, now = ending_of(port.contract), change.old_status, change.new_status
    if now == Status.DEPRECATED:
        kind = NoticeKind.REVIVED if was == Status.RETIRED else NoticeKind.DEPRECATED
        return kind, _sentence(change.name, ending)
    if now == Status.RETIRED and was in (Status.ACTIVE, Status.DEPRECATED):
        said = f"{change.name} is retired"
        return NoticeKind.RETIRED, _with_reason(said, ending.override_reason or ending.reason)
    if now == Status.ACTIVE and was in (Status.DEPRECATED, Status.RETIRED):
        return NoticeKind.REVIVED, f"{change.name} is active again"
    moved = any("endOfSupport" in each.what for each in change.fields)
    if port.status is Status.DEPRECATED and moved:
        return NoticeKind.SUNSET, _sentence(change.name, ending)
    if port.status is Status.DEPRECATED and any(each.what == "outage" for each in change.fields):
        kind = NoticeKind.OUTAGE if ending.outage else NoticeKind.NO_OUTAGE
        return kind, _sentence(change.name, ending)
    return None


def _told_of_outage(suspension: Suspension) -> _Told | None:
    """What is to be told of an outage that begins or ends; None where it only ends otherwise."""
    _, _, name = suspension.port.rpartition(".")
    if not suspension.until:
        return NoticeKind.OUTAGE_ENDED, f"{name} can be read again, its planned outage is over"
    if not suspension.was:
        return NoticeKind.OUTAGE_BEGAN, unreadable(name, suspension.until)
    return None


def _sentence(name: str, ending: Ending) -> str:
    return _with_reason(f"{name} {ending}", ending.reason)


def _with_reason(said: str, reason: str) -> str:
    return f"{said}: {reason}" if reason else said
