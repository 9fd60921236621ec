"""Planned outages: ports that are promised as before, and that cannot be read for a while.

Whether one is on follows from the contract that a port was released with, and from the time. So it
also begins and ends for a product that is held on its release, or that nobody builds.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from weft.contract.outages import Outage, outage_of, suspended_until, unreadable
from weft.mesh.address import product_of
from weft.mesh.change import ChangeAction
from weft.mesh.contract import Status
from weft.mesh.manifest import PortVersion, ProductManifest, Read, ReadKind
from weft.mesh.release import PortRelease, Release
from weft.mesh.words import minute
from weft.plan.audits import refers_to
from weft.plan.examine import Examined, Situation, home_of
from weft.plan.plan import (
    OK,
    Affected,
    Change,
    ChangeClass,
    HeldBack,
    Step,
    StepKind,
    Suspension,
)

_OVER = "outage is over, can be read again"


@dataclass(frozen=True)
class Turn:
    """A moment, an ISO time, from which on a release has to be published again, and why."""

    at: str
    why: str


@dataclass(frozen=True)
class Begun:
    """What a plan does for the outages of one product, and what it says of that."""

    steps: tuple[Step, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass
class Outages:
    """The outages of a plan while it is being made, product by product.

    `on` says of ports that cannot be read up to when, an ISO time, by address; `begun` is what the
    plan begins and ends.
    """

    on: dict[str, str] = field(default_factory=dict)
    begun: list[Suspension] = field(default_factory=list)

    @classmethod
    def before(cls, situation: Situation) -> Outages:
        """What readers were told of, as far as it is not over.

        Nothing outside production, where nobody relies on what is built.
        """
        told = situation.suspended.items() if situation.in_production else ()
        return cls({port: until for port, until in told if situation.now < until})

    def of(self, manifest: ProductManifest, situation: Situation, steps: Iterable[Step]) -> Begun:
        """Begin and end the outages of a product's ports, whatever else its steps do.

        What is held, waits, or is as it should be, is shown again as it is, by a step for that.
        """
        moves = [each for each in steps if each.release and each.warehouse == manifest.warehouse]
        turned = None if moves else turning(manifest, situation)
        last = turned or (moves[-1] if moves else None)
        shown = last.release if last else situation.releases.get(manifest.address)
        if shown is None:
            return Begun()
        # A port that ends is in no outage any longer: nobody has to wait for it.
        others = {port: it for port, it in self.on.items() if product_of(port) != shown.product}
        own = {f"{shown.product}.{each.name}": each.outage for each in shown.ports if each.outage}
        self.on = others | own
        begun = suspensions(shown, situation) if situation.in_production else ()
        self.begun += begun
        return Begun((turned,) if turned else (), tuple(map(_change_of, begun)))

    def waits(
        self, found: Examined, situation: Situation, known: Container[str]
    ) -> HeldBack | None:
        """What keeps a product waiting: it has to read a port that is in an outage.

        `known` are the keys of audits that need not be asked again.
        """
        for port in _to_be_read(found, situation, known) if self.on else ():
            if port in self.on:
                address = found.manifest.address
                cause = f"waits: {unreadable(port, self.on[port])}"
                return HeldBack(address, situation.release_number(address), cause)
        return None


def _to_be_read(found: Examined, situation: Situation, known: Container[str]) -> Iterator[str]:
    """The ports of others that a product has to read now, for builds and audits, by address."""
    builds = found.keyed.builds
    for transform in found.manifest.transforms:
        if transform.name not in builds or not situation.has(builds[transform.name]):
            yield from _ports(transform.query.reads)
    for key, audit in found.audits.items():
        if key not in known:
            for check in audit.checks:
                yield from _ports(refers_to(check))


def _ports(reads: Iterable[Read]) -> Iterator[str]:
    return (each.target for each in reads if each.kind is ReadKind.PORT)


def as_of(release: Release, now: str) -> Release:
    """A release of production whose ports can be read, or not, as their own contracts say."""
    ports = (
        replace(each, outage=suspended_until(each.contract, each.status, now))
        for each in release.ports
    )
    return replace(release, ports=tuple(ports))


def turning(manifest: ProductManifest, situation: Situation) -> Step | None:
    """The step that shows a product's current release again, because an outage begins or ends.

    None where there is nothing to do; while a move of the product is held back, too. What it
    shows is as old as it was, as after a rollback.
    """
    address = manifest.address
    current = situation.releases.get(address)
    if current is None or current.empty or not situation.in_production:
        return None
    if home_of(manifest, situation) != manifest.warehouse:
        return None
    turned = as_of(current, situation.now)
    if turned == current and not suspensions(turned, situation):
        return None
    number = situation.next_number(address)
    return Step(
        id=f"{address}/{StepKind.PUBLISH}",
        kind=StepKind.PUBLISH,
        product=address,
        warehouse=manifest.warehouse,
        target=f"release {number}",
        release=turned.again(number),
        expected=current.number,
    )


def suspensions(release: Release, situation: Situation) -> tuple[Suspension, ...]:
    """What differs between a release and what readers were told of its ports last."""
    ports = {f"{release.product}.{each.name}": each for each in release.ports}
    before = {address: situation.suspended.get(address, "") for address in ports}
    return tuple(
        Suspension(address, each.outage, before[address])
        for address, each in ports.items()
        if each.outage != before[address] and each.status.published
    )


def _change_of(suspension: Suspension) -> Change:
    """What a plan says of an outage that begins or ends."""
    product, _, name = suspension.port.rpartition(".")
    until = suspension.until
    effect = f"planned outage, cannot be read until {minute(until)}" if until else _OVER
    return Change(product, "port", name, ChangeAction.WARN, ChangeClass.VIEW, effect)


def with_waiting(affected: Iterable[Affected], begun: Iterable[Suspension]) -> tuple[Affected, ...]:
    """Consumers, of whom those that go on read nothing of a port while it is in an outage."""
    until = {each.port: each.until for each in begun if each.until}
    return tuple(
        replace(each, verdict=f"{OK}, its builds wait until {minute(until[each.port])}")
        if each.port in until and each.verdict == OK
        else each
        for each in affected
    )


def unannounced(
    changes: Iterable[Change],
    desired: Mapping[str, ProductManifest],
    applied: Mapping[str, ProductManifest],
    now: str,
) -> Iterator[str]:
    """Why outages cannot begin that are on at an ISO time: nobody was told of them before.

    Lines after the first say what can be done.
    """
    for change in changes:
        if change.action is not ChangeAction.UPDATE:
            continue
        before, after = _outage(change.port_in(applied)), _outage(change.port_in(desired))
        if after is None or not after.is_on(now) or _is_within(after, before):
            continue
        yield (
            f"{change.address}: its outage would have begun {minute(after.begins)}, and "
            f"nobody was told of it before.\n"
            f"give it a later time:  weft retire {change.address} --outage FROM/TO"
        )


def _outage(port: PortVersion | PortRelease | None) -> Outage | None:
    return outage_of(port.contract) if port and port.status is Status.DEPRECATED else None


def _is_within(outage: Outage, told: Outage | None) -> bool:
    return told is not None and told.begins <= outage.begins and outage.ends <= told.ends


def is_due(situation: Situation) -> bool:
    """Whether an outage of a product in scope, as it is released, has to begin or to end now."""
    now, releases = situation.now, situation.releases.values()
    return situation.in_production and any(
        each.at <= now for release in releases for each in turns_of(release, now)
    )


def turns_of(release: Release, now: str) -> Iterator[Turn]:
    """When a release, as it is current in production, has to be published again for outages.

    What was missed is over: an outage that nobody began has no end.
    """
    for port in release.ports:
        outage = _outage(port)
        said = f"the planned outage of {port.name}"
        wanted = outage.ends if outage is not None and outage.is_on(now) else ""
        if port.outage and not wanted:
            yield Turn(min(port.outage, now), f"{said} is over")
        elif outage is not None and wanted != port.outage:
            yield Turn(outage.begins, f"{said} begins, until {minute(outage.ends)}")
        elif outage is not None and now < outage.ends:
            yield (
                Turn(outage.ends, f"{said} is over")
                if wanted
                else Turn(outage.begins, f"{said} begins")
            )
