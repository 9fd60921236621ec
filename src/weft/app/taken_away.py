"""Refuse to take from consumers what they read, where that became so since a plan was made.

A plan knows who reads what it changes, and finds what it reads. Until it is carried out, another
repository can begin to read the one, or end the other; each with a plan that is sound by itself.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set

from weft.app.bootstrap import Opened
from weft.app.current import found_homes, shown_releases
from weft.app.errors import Stale
from weft.app.remembered import all_applied, described, remembered
from weft.app.under_way import published_by
from weft.contract.endings import ending_of
from weft.mesh.address import product_of
from weft.mesh.manifest import Descriptor, ProductManifest
from weft.mesh.release import PortRelease
from weft.plan.endings import still_read
from weft.plan.going_back import broken_by
from weft.plan.impact import affected_by, ends, port_reads, takes_away
from weft.plan.plan import ROLLBACK, Plan

Offered = Mapping[str, Set[str]]
"""The columns of each object of a port."""


def refuse_taking_away(mesh: Opened, plan: Plan, under_way: Sequence[Plan]) -> None:
    """Raise Stale where somebody would read what is not there any longer.

    Of several runs at the same time those count that began before: the plans `under_way`, which
    were asked for before this. So what is recorded meanwhile is found as applied.
    """
    for consumer, port in _broken(mesh, plan, under_way):
        raise Stale(
            f"this plan is stale: by now {consumer} reads {port}, which it takes away",
            why=f"{consumer} was applied since it was made, or is about to be",
            next_step="weft plan",
        )
    for port, why in _queried(mesh, plan):
        raise Stale(
            f"this plan is stale: by now {port} is read, which it takes away",
            why=why,
            next_step="weft plan",
        )
    for consumer, port in _missed(mesh, plan, under_way):
        raise Stale(
            f"this plan is stale: {consumer} reads {port}, where that is gone by now",
            why=f"{product_of(port)} was applied since it was made, or is about to be",
            next_step="weft plan",
        )


def _broken(mesh: Opened, plan: Plan, under_way: Iterable[Plan]) -> Iterator[tuple[str, str]]:
    """Consumers that a plan breaks and does not know of, each with the port that it reads."""
    changes = [each for each in plan.changes if takes_away(each)]
    back = [step.release for step in plan.steps if step.release and plan.kind == ROLLBACK]
    if not (changes or back):
        return
    everyone = all_applied(mesh, remembered(mesh))
    for other in under_way:
        everyone |= {each.address: each for each in published_by(mesh, other)}
    # Of those that are planned here, the plan knows what they will read.
    planned = {*plan.base, *(each.product for each in plan.held)}
    others = {name: each for name, each in everyone.items() if name not in planned}
    known = {(each.consumer, each.port) for each in plan.affected if not each.goes_on}
    for each in affected_by(changes, others, production=mesh.production):
        if not each.goes_on and (each.consumer, each.port) not in known:
            yield each.consumer, each.port
    for release in back:
        for lacking in broken_by(release, others.values(), production=mesh.production):
            if (lacking.consumer, lacking.port) not in known:
                yield lacking.consumer, lacking.port


def _queried(mesh: Opened, plan: Plan) -> Iterator[tuple[str, str]]:
    """The ports that a plan ends and that somebody has queried lately, each with who did.

    When it was made there was nobody; but a person may end them over the heads of readers.
    """
    ending = [each for each in plan.changes if ends(each)] if mesh.production else []
    if not ending:
        return
    products = {each.product for each in ending}
    applied = mesh.store.definitions.manifests(plan.environment, products)
    reads = mesh.store.reads.of("", products)
    today, quiet = mesh.system.now()[:10], mesh.settings.retire.quiet_days
    for change in ending:
        before, after = change.port_in(applied), change.port_in(plan.manifests)
        is_overridden = after is not None and bool(ending_of(after.contract).override_by)
        if before is not None and before.status.published and not is_overridden:
            for why in still_read(change.address, reads, today, quiet):
                yield change.address, why


def _missed(mesh: Opened, plan: Plan, under_way: Iterable[Plan]) -> Iterator[tuple[str, str]]:
    """Products that a plan defines and that read what others took away, or will, with its port."""
    # Who goes on as it was defined before is known to those who take something away.
    own = {
        each.address: each for each in published_by(mesh, plan) if each.address in plan.manifests
    }
    read = {product for each in own.values() for product in each.reads} - plan.base.keys()
    if not read:
        return
    for other in under_way:
        for each in affected_by(other.changes, own, production=mesh.production):
            if each.breaks:
                yield each.consumer, each.port
    offered = {port: _columns(each) for port, each in described(mesh, read).items()}
    gone = list(_not_offered(own.values(), offered, read))
    if gone:
        # What a run published that was killed before it could record it is there all the same.
        homes = found_homes(mesh, {product_of(port) for _, port in gone})
        for release in shown_releases(mesh, homes.items()).values():
            offered |= {f"{release.product}.{each.name}": _shown(each) for each in release.ports}
        yield from _not_offered(own.values(), offered, read)


def _columns(port: Descriptor) -> Offered:
    return {name: {each.name for each in columns} for name, columns in port.objects.items()}


def _shown(port: PortRelease) -> Offered:
    return {each.name: {*each.columns} for each in port.objects}


def _not_offered(
    consumers: Iterable[ProductManifest], offered: Mapping[str, Offered], products: Container[str]
) -> Iterator[tuple[str, str]]:
    """Consumers with the ports of these products that they read and that do not offer it."""
    for consumer in consumers:
        missing = {each.port for each in consumer.inputs if each.port and each.port not in offered}
        for read in port_reads(consumer):
            if not {*read.columns} <= offered.get(read.target, {}).get(read.object, set()):
                missing.add(read.target)
        for port in sorted(missing):
            if product_of(port) in products:
                yield consumer.address, port
