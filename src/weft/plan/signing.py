"""Who has to say yes before a version is released that breaks them, and what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from weft.contract.waivers import waiver_for, waivers_of
from weft.mesh.address import port_and_major
from weft.mesh.manifest import PortVersion, ProductManifest
from weft.mesh.signoff import Answer, Signoff
from weft.plan.diff import port_change
from weft.plan.examine import Examined, Situation, visible_ports
from weft.plan.impact import affected_by
from weft.plan.plan import OK, ChangeClass, Expected
from weft.sql.dialect import dialect_named

DAYS_TO_ANSWER = 14
"""How long consumers have where a version was never a candidate."""


@dataclass(frozen=True)
class Ballot:
    """A port version that is not released yet, and what those say whom it breaks."""

    product: str
    port: PortVersion
    signoffs: tuple[Signoff, ...]

    @property
    def address(self) -> str:
        """`domain.product.port@N`."""
        return f"{self.product}.{self.port.name}"


def ballots(
    found: Examined,
    situation: Situation,
    everyone: Mapping[str, ProductManifest],
    expected: Sequence[Expected],
) -> Iterator[Ballot]:
    """The new majors of a product in production that break readers of those before.

    What a person holds shows none.
    """
    manifest = found.manifest
    if not situation.in_production or situation.hold_on(manifest.address):
        return
    release = situation.shown(manifest.address)
    released = release.majors if release else frozenset()
    for port in visible_ports(manifest, situation):
        if (port.port, port.major) in released:
            continue
        consumers = {
            consumer
            for old in manifest.ports
            if old.port == port.port
            and old.major < port.major
            and (old.port, old.major) in released
            for consumer in _broken(manifest, old, port, everyone)
        }
        consumers |= set(_answered(manifest.address, port, everyone, situation))
        signoffs = (_signoff(manifest.address, port, each, situation) for each in consumers)
        stands = [_as_it_stands(each, port, expected, situation) for each in signoffs]
        if stands:
            ordered = sorted(stands, key=lambda each: each.consumer)
            yield Ballot(manifest.address, port, tuple(ordered))


def _broken(
    manifest: ProductManifest,
    old: PortVersion,
    new: PortVersion,
    everyone: Mapping[str, ProductManifest],
) -> Iterator[str]:
    """The readers of a version whom another one would break in its place, or who expect things."""
    address = f"{manifest.address}.{old.name}"
    readers = {
        name: each
        for name, each in everyone.items()
        if any(port.port == address for port in each.inputs)
    }
    if not readers:
        return
    in_its_place = replace(new, major=old.major, status=old.status, candidate="")
    change = port_change(manifest.address, old, in_its_place, dialect_named(manifest.dialect))
    if change.category is not ChangeClass.BREAKING:
        return
    for each in affected_by([change], readers):
        expects = any(one.port == address for one in readers[each.consumer].expectations)
        if expects or not each.goes_on:
            yield each.consumer


def _answered(
    product: str,
    port: PortVersion,
    everyone: Mapping[str, ProductManifest],
    situation: Situation,
) -> Iterator[str]:
    """Who answered for a major, as long as it reads the port.

    What it said counts until it says something else, whatever became of what it expects.
    """
    for each in situation.signoffs:
        asked = (each.product, each.port, each.major) == (product, port.port, port.major)
        if asked and each.actor and _reads(each.consumer, f"{product}.{port.port}", everyone):
            yield each.consumer


def _reads(consumer: str, port: str, everyone: Mapping[str, ProductManifest]) -> bool:
    """Whether a consumer is known to read some major of a port."""
    found = everyone.get(consumer)
    return found is not None and any(
        port_and_major(each.port)[0] == port for each in found.inputs if each.port
    )


def _signoff(product: str, port: PortVersion, consumer: str, situation: Situation) -> Signoff:
    """What was said last to any version of this major, or a new sign-off.

    An answer is to the major: otherwise the next version number would get rid of a no.
    """
    wanted = (product, port.port, port.major, consumer)
    said = [
        each
        for each in situation.signoffs
        if (each.product, each.port, each.major, each.consumer) == wanted
    ]
    if said:
        answered = [each for each in said if each.state is not Answer.OPEN]
        return replace(max(answered or said, key=lambda each: each.place), version=port.version)
    answer_by = port.candidate or _later(situation.today)
    place = (situation.desired.environment, product, port.port, port.version, consumer)
    return Signoff(*place, Answer.OPEN, answer_by)


def _later(today: str) -> str:
    return (date.fromisoformat(today) + timedelta(DAYS_TO_ANSWER)).isoformat()


def _as_it_stands(
    signoff: Signoff, port: PortVersion, expected: Sequence[Expected], situation: Situation
) -> Signoff:
    """A sign-off with what follows where nobody answered: from expectations, or from silence."""
    if signoff.state is not Answer.OPEN:
        return signoff
    address = f"{signoff.product}.{port.name}"
    own = [
        each.verdict
        for each in expected
        if (each.consumer, each.port) == (signoff.consumer, address)
    ]
    if own and all(each == OK for each in own):
        return replace(signoff, state=Answer.YES, reason="its expectations hold")
    if situation.today > signoff.answer_by:
        reason = f"no answer until {signoff.answer_by}"
        return replace(signoff, state=Answer(situation.silence), reason=reason)
    broken = [each for each in own if each not in (OK, "")]
    return replace(signoff, reason="its expectations would break" if broken else "")


def objections(cast: Iterable[Ballot], situation: Situation) -> Iterator[str]:
    """Why versions must not be released yet: somebody was asked and did not say yes.

    A version that nobody was asked about before is not kept back.
    """
    known = {(each.product, each.port, each.major) for each in situation.signoffs}
    for each in cast:
        port = each.port
        if not port.status.published or (each.product, port.port, port.major) not in known:
            continue
        waivers = waivers_of(port.contract)
        for signoff in each.signoffs:
            if waiver_for(signoff.change, waivers, situation.today) is None:
                yield from _objection(each.address, signoff)


def _objection(address: str, signoff: Signoff) -> Iterator[str]:
    consumer = signoff.consumer
    if signoff.state is Answer.NO:
        who = f" ({signoff.actor})" if signoff.actor else ""
        yield (
            f"{address} cannot be released: {consumer} says no{who}: {signoff.reason}.\n"
            f"come to terms with {consumer}, or answer for it: a waiver of "
            f"`{signoff.change}` in the contract"
        )
    elif signoff.state is Answer.OPEN:
        why = f"; {signoff.reason}" if signoff.reason else ""
        yield (
            f"{address} cannot be released yet: {consumer} can answer until "
            f"{signoff.answer_by}{why}.\n"
            f"when it agrees:  weft release signoff {address} --consumer {consumer} --yes"
        )
