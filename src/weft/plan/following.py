"""Who goes to a new major of a port: consumers that float follow, those that pin one stay.

What is applied keeps reading the major that it was compiled with; a consumer moves when its own
files are applied. One that would follow and cannot has to pin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from weft.mesh.address import port_and_major
from weft.mesh.change import ChangeAction
from weft.mesh.contract import Status
from weft.mesh.manifest import PortVersion, ProductManifest, ResolvedInput
from weft.plan.examine import Situation
from weft.plan.impact import columns_read
from weft.plan.plan import BREAKS, OK, Affected, Change

Everyone = Mapping[str, ProductManifest]


def moving(
    changes: Iterable[Change], everyone: Everyone, situation: Situation
) -> tuple[Affected, ...]:
    """The consumers of a port that gets a new current major, and what that means for each."""
    found: list[Affected] = []
    readers = _readers(everyone)
    for port in new_majors(changes, everyone).values():
        for consumer, read in readers.get(port.name, ()):
            verdict = OK
            if not read.pinned and read.port == port.address:
                verdict = f"{OK}, follows to major {port.version.major}"
            elif not read.pinned:
                verdict = _left_behind(consumer, read, port, situation)
            found.append(Affected(consumer.address, read.port, read.pinned, verdict))
    return tuple(found)


def with_followers(
    affected: tuple[Affected, ...], following: Iterable[Affected]
) -> tuple[Affected, ...]:
    """Consumers of changed ports, and those that a new major concerns, breaking ones first.

    Where both say something of one, the new major's word counts if it says more.
    """
    both = {(each.consumer, each.port): each for each in affected}
    for each in following:
        known = both.get((each.consumer, each.port))
        if known is None or known.verdict == OK or (each.breaks and not known.breaks):
            both[each.consumer, each.port] = each
    return tuple(
        sorted(both.values(), key=lambda each: (not each.breaks, each.goes_on, each.consumer))
    )


@dataclass(frozen=True)
class NewMajor:
    """A major of a port that becomes the current one."""

    address: str
    version: PortVersion

    @property
    def name(self) -> str:
        """The address of the port, without a major."""
        return port_and_major(self.address)[0]


def new_majors(changes: Iterable[Change], everyone: Everyone) -> dict[str, NewMajor]:
    """The majors, by address, that changes make the current ones of their ports."""
    found: dict[str, NewMajor] = {}
    for change in changes:
        port = change.port_in(everyone)
        if port is None or port.status is not Status.ACTIVE or not _begins(change):
            continue
        same = (each for each in everyone[change.product].ports if each.port == port.port)
        if all(each.major <= port.major for each in same if each.status is Status.ACTIVE):
            found[change.address] = NewMajor(change.address, port)
    return found


def _begins(change: Change) -> bool:
    """Whether a port is new, or was nothing to rely on so far."""
    if change.action is ChangeAction.CREATE:
        return True
    old, new = change.old_status, change.new_status
    return bool(new) and not Status(old).published and Status(new).published


def _readers(everyone: Everyone) -> dict[str, list[tuple[ProductManifest, ResolvedInput]]]:
    """Who reads which ports, by their addresses without a major."""
    found: dict[str, list[tuple[ProductManifest, ResolvedInput]]] = {}
    for consumer in everyone.values():
        for read in consumer.inputs:
            if read.port:
                found.setdefault(port_and_major(read.port)[0], []).append((consumer, read))
    return found


def _left_behind(
    consumer: ProductManifest, read: ResolvedInput, port: NewMajor, situation: Situation
) -> str:
    """What a new major means for a consumer that floats and reads an older one.

    One in scope would have followed already, had it compiled.
    """
    major = port.version.major
    offered = {each.name for obj in port.version.objects for each in obj.columns}
    missing = ", ".join(sorted(columns_read(consumer, read.port) - offered))
    lacks = f"major {major} does not have {missing}" if missing else f"major {major} does not fit"
    here = consumer.root == situation.desired.root and port.address in situation.broken
    if here and (missing or consumer.address in situation.desired.products):
        return f"{BREAKS} would follow, and {lacks}"
    if missing:
        return f"{OK} until its files are applied again: {lacks}"
    return f"{OK}, follows to major {major} when its files are applied again"


def how_to_stay(
    affected: Iterable[Affected], changes: Iterable[Change], everyone: Everyone
) -> Iterator[str]:
    """Say for each new major whose followers it would break what keeps them where they are."""
    breaks = {(each.consumer, each.port) for each in affected if each.breaks and not each.pinned}
    readers = _readers(everyone)
    for port in new_majors(changes, everyone).values():
        left = [
            (consumer, read)
            for consumer, read in readers.get(port.name, ())
            if (consumer.address, read.port) in breaks
        ]
        if left:
            whom = ", ".join(consumer.address for consumer, _ in left)
            float = "floats" if len(left) == 1 else "float"
            first = f"{port.address} would break {whom}, which {float} and would follow to it."
            yield "\n".join([first, *(_pin(*each) for each in left)])


def _pin(consumer: ProductManifest, read: ResolvedInput) -> str:
    _, major = port_and_major(read.port)
    place = f"input port `{read.name}` in {consumer.path}/product.yaml"
    return f'let it stay: `version: "{major}"` at its {place}'
