"""Compare what Weft left in a warehouse with what is there, and say what a difference means.

Reading a warehouse is its own work; what the steps of a revert do is known there too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from weft.mesh.drift import Deviation, Difference, Drift, Settlement, Thing, ThingKind
from weft.mesh.release import Release

_NOTHING: Mapping[str, str] = {}

_LOSES_DATA = frozenset(["rows", "columns", "bytes", "content", "definition"])

_ON_TOP = (
    ThingKind.GRANT,
    ThingKind.TRIGGER,
    ThingKind.RULE,
    ThingKind.POLICY,
    ThingKind.OTHER,
)

_READERS = "readers of the port get an error"
_NO_EFFECT = "readers see no difference"

_MISSING = {
    ThingKind.ROLE: "nothing of the product can be read or built",
    ThingKind.SCHEMA: "nothing of the product can be read",
    ThingKind.BUILD: "whoever reads its data gets an error",
    ThingKind.POINTER: "no port of the product can be read",
    ThingKind.RELEASE: "readers see an older release, or none",
    ThingKind.VIEW: _READERS,
    ThingKind.GRANT: _READERS,
    ThingKind.FOLDER: "nothing of it can be read",
    ThingKind.FILE: "programs that open it see nothing",
}
_UNKNOWN = {
    ThingKind.TRIGGER: "its code runs whenever that is written to, by Weft too",
    ThingKind.RULE: "something else is done than what was asked of that table or view",
    ThingKind.POLICY: "it decides which rows are seen where row security is on",
    ThingKind.GRANT: "somebody has rights that nobody planned",
    ThingKind.RELEASE: "readers see a release that no run published",
}
_STRANGE = "it is not Weft's: it may be taken for a part of the product"
_CHANGED = {
    (ThingKind.ROLE, "rights"): "whoever logs in as this owner gets around all that is granted",
    (ThingKind.SCHEMA, "owner"): "its new owner can read and change all of it; Weft cannot publish",
    (ThingKind.SCHEMA, "mark"): "Weft does not know it as its own any more and cannot publish",
    (ThingKind.POINTER, "release"): "readers see another release than the one that was published",
    (ThingKind.POINTER, "owner"): "its new owner decides which release readers see",
    (ThingKind.POINTER, "mark"): _NO_EFFECT,
    (ThingKind.POINTER, "row security"): "readers may see no rows at all",
    (ThingKind.RELEASE, "owner"): "its new owner decides what Weft takes for published",
    (ThingKind.RELEASE, "row security"): "Weft may not see what was published",
    (ThingKind.RELEASE, "content"): "readers see something else than what was published",
    (ThingKind.VIEW, "definition"): "readers see something else than what was published",
    (ThingKind.VIEW, "columns"): "readers see other columns than the contract promises",
    (ThingKind.VIEW, "owner"): "readers get its new owner's rights, or an error",
    (ThingKind.VIEW, "barrier"): "functions of readers may see rows that the view leaves out",
    (ThingKind.VIEW, "mark"): _NO_EFFECT,
    (ThingKind.BUILD, "rows"): "readers see data that no check has seen",
    (ThingKind.BUILD, "content"): "readers see data that no check has seen, or an error",
    (ThingKind.BUILD, "bytes"): "whoever reads its data gets an error",
    (ThingKind.BUILD, "columns"): "readers see data that no check has seen, or an error",
    (ThingKind.BUILD, "owner"): "its new owner can change data that was checked",
    (ThingKind.BUILD, "mark"): "Weft does not know the data as its own any more",
    (ThingKind.BUILD, "definition"): "readers see something else than what was checked",
    (ThingKind.BUILD, "options"): "what it reads is read with other rights than before",
    (ThingKind.BUILD, "row security"): "readers may not see all of its rows",
    (ThingKind.COPY, "rows"): "what is built from it is not what its source has",
    (ThingKind.COPY, "columns"): "what is built from it is not what its source has, or fails",
    (ThingKind.COPY, "owner"): "its new owner can change what is built from it",
    (ThingKind.COPY, "row security"): "what is built from it may lack rows",
    (ThingKind.FOLDER, "others"): "every login of this machine can read or change data",
    (ThingKind.FILE, "others"): "every login of this machine can read what the ports show",
    (ThingKind.FILE, "bytes"): "programs that open it see something else than what was published",
    (ThingKind.FILE, "written"): "programs that open it may see something else",
}


@dataclass(frozen=True)
class Standing:
    """A drift, what it means for readers, and what was decided on it, as long as that counts."""

    drift: Drift
    meaning: str
    settlement: Settlement | None = None

    @property
    def open(self) -> bool:
        """Whether nobody has decided on it."""
        return self.settlement is None

    @property
    def adopted(self) -> bool:
        """Whether it is to stay."""
        return self.settlement is not None and self.settlement.adopted


def drifted(left: Iterable[Thing], found: Iterable[Thing]) -> tuple[Drift, ...]:
    """Compare things as they were left with things as they are.

    What is there alone is unknown, what is not there is missing. Of what is on both sides those
    facts are compared that both sides know.

    >>> view = Thing(ThingKind.VIEW, "a.b", facts={"owner": "x"})
    >>> [each.deviation.value for each in drifted([view], [])]
    ['missing']
    """
    there = {(each.kind, each.name): each for each in found}
    drifts: list[Drift] = []
    for thing in left:
        other = there.pop((thing.kind, thing.name), None)
        if other is None:
            drifts.append(_drift(thing, Deviation.MISSING, (), ""))
            continue
        differences = tuple(
            Difference(fact, was, other.facts[fact])
            for fact, was in thing.facts.items()
            if other.facts.get(fact, was) != was
        )
        if differences:
            drifts.append(_drift(thing, Deviation.CHANGED, differences, other.since))
    for thing in there.values():
        facts = tuple(Difference(fact, "", text) for fact, text in thing.facts.items())
        drifts.append(_drift(thing, Deviation.UNKNOWN, facts, thing.since))
    return tuple(sorted(drifts, key=lambda each: (each.product, list(ThingKind).index(each.kind))))


def _drift(
    thing: Thing, deviation: Deviation, differences: tuple[Difference, ...], since: str
) -> Drift:
    return Drift(
        kind=thing.kind,
        name=thing.name,
        deviation=deviation,
        product=thing.product,
        address=thing.address,
        differences=differences,
        since=since,
        key=thing.key,
        also=thing.also,
    )


def as_left(recorded: Iterable[Release], kept: Mapping[int, Release]) -> tuple[Release, ...]:
    """Return a product's recorded releases, newest first, as they were left in one warehouse.

    `kept` is what that one has under each number. A product that left it shows nothing there under
    the number of the release that was published elsewhere, in the same run or in one that had to
    go on with that.
    """
    current, *earlier = recorded
    return (current, *(_as_left(each, kept.get(each.number)) for each in earlier))


def _as_left(recorded: Release, kept: Release | None) -> Release:
    if kept is None or kept.damaged or not kept.empty or kept.fence < recorded.fence:
        return recorded
    return kept


def meaning(drift: Drift) -> str:
    """Say what a drift means for whoever reads the product."""
    if drift.deviation is Deviation.MISSING:
        return _MISSING[drift.kind]
    if drift.deviation is Deviation.UNKNOWN:
        return _UNKNOWN.get(drift.kind, _STRANGE)
    said = (_CHANGED[(drift.kind, each.fact)] for each in drift.differences)
    return "; ".join(dict.fromkeys(said))


def can_be_adopted(drift: Drift) -> bool:
    """Whether it can stay for good: what came on top can, what is not as promised cannot."""
    return drift.deviation is Deviation.UNKNOWN and drift.kind in _ON_TOP


def loses_data(drift: Drift) -> bool:
    """Whether reverting it means to build it again; what was copied is so when it is needed."""
    if drift.kind is not ThingKind.BUILD:
        return False
    return drift.deviation is Deviation.MISSING or not _LOSES_DATA.isdisjoint(drift.facts)


def destroys(drift: Drift) -> bool:
    """Whether reverting it takes away something that Weft has not made and cannot make again."""
    return drift.deviation is Deviation.UNKNOWN and drift.kind is not ThingKind.GRANT


def standing(
    drifts: Iterable[Drift], settlements: Mapping[str, Settlement], at: str
) -> tuple[Standing, ...]:
    """Join drifts with what was decided on them, by id, and still counts at an ISO time."""
    decided = {drift: each for drift, each in settlements.items() if each.holds(at)}
    return tuple(Standing(each, meaning(each), decided.get(each.id)) for each in drifts)


def located(drift: Drift, warehouse: str, environment: str) -> Drift:
    """The same drift, with where it was found."""
    return replace(drift, warehouse=warehouse, environment=environment)
