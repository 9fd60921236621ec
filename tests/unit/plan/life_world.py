"""The history of a port as plans bring it about: definitions, steps that run, what is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from life_cycle import QUIET, UNFINISHED, Major, Reader
from life_model import ODD, Model, Names, Stage, is_jammed, is_refused
from plan_values import COLUMNS, plan, port, product, required, shown, situation, transform

from weft.app.execution import Execution
from weft.app.recording import finished
from weft.contract.document import contract_digest
from weft.contract.versions import numbers
from weft.mesh.address import port_and_major
from weft.mesh.check import CheckResult, Verdict
from weft.mesh.consumption import PortReads, ReadBy
from weft.mesh.contract import Status
from weft.mesh.evidence import EvidencedVersion
from weft.mesh.manifest import (
    Column,
    Expectation,
    FileSource,
    PortVersion,
    ProductManifest,
    Read,
    ReadKind,
    ResolvedInput,
)
from weft.mesh.release import PortRelease, Release
from weft.mesh.run import Hold
from weft.mesh.signoff import Answer, Signoff
from weft.plan.examine import Situation
from weft.plan.going_back import broken_by, step_back
from weft.plan.keys import SourceContent
from weft.plan.plan import Plan, Step
from weft.plan.share import shares
from weft.store.protocol import Finished
from weft.warehouses.protocol import Bound, Outcome, WarehouseError
from weft.warehouses.shown import shown as seen_in

PRODUCT = "shop.orders"
PORT = f"{PRODUCT}.orders"
FIRST_DAY = date(2026, 11, 21)
OVERRIDE = {"by": "ann", "reason": "nobody answers"}


NOWHERE = Bound("", 1, "", {})


def day(number: int) -> str:
    return (FIRST_DAY + timedelta(number)).isoformat()


def version(number: int, major: Major) -> PortVersion:
    """A major as it is compiled."""
    columns = tuple(Column(each, "INTEGER") for each in sorted(major.columns))
    text = ".".join(map(str, major.version))
    contract: dict[str, Any] = {
        "version": text,
        "status": major.status,
        "schema": [{"name": "orders", "properties": [{"name": each.name} for each in columns]}],
    }
    waivers = [waiver(*each) for each in major.waived.items()]
    custom = {"waivers": waivers, "override": OVERRIDE if major.override else None}
    contract["customProperties"] = [
        {"property": name, "vendor": "weft", "value": value}
        for name, value in custom.items()
        if value
    ]
    if major.until >= 0:
        contract["slaProperties"] = [{"property": "endOfSupport", "value": day(major.until)}]
    preview = major.status in UNFINISHED and major.preview >= 0
    made = shown("orders", columns, major=number, filled_by=f"orders_{number}")
    [thing] = made.objects
    return replace(
        made,
        objects=(replace(thing, checks=(required("id"),)),),
        version=text,
        status=Status(major.status),
        contract=contract,
        candidate=day(major.preview) if preview else "",
    )


def waiver(what: str, until: int) -> dict[str, str]:
    """That somebody answers for the loss of a column, or for what a consumer says."""
    change = f"sign-off of {what}" if "." in what else f"column {what} removed"
    return {"change": change, "by": "ann", "reason": "agreed", "until": day(until)}


RAW = FileSource("raw", "data/raw.csv", "csv", COLUMNS)


def producer(model: Model) -> ProductManifest:
    """The product of the port, with a model for each major, all over the same data."""
    models = [
        transform(
            f"orders_{number}",
            Read(ReadKind.SOURCE, "raw"),
            meaning=f"{number} of {sorted(each.columns)}",
        )
        for number, each in sorted(model.files.items())
    ]
    ports = [version(*each) for each in sorted(model.files.items())]
    return product(PRODUCT, models, ports, [RAW])


def consumer(name: str, reader: Reader, major: int) -> ProductManifest:
    """A consumer, compiled against one major."""
    address = f"{PORT}@{major}"
    made = product(name, [transform("m", replace(port(address), columns=(reader.column,)))])
    read = ResolvedInput("orders", address, pinned=bool(reader.pin))
    expected = Expectation("orders", address, "orders", (required(reader.column),))
    expectations = (expected,) if reader.expects else ()
    made = replace(made, inputs=(read,), expectations=expectations, digest="")
    return replace(made, digest=str(hash(repr(made))))


def query(number: int, when: int) -> PortReads:
    """That somebody queried a major on a day."""
    return PortReads(PRODUCT, "orders", number, ReadBy.QUERY, "eve", day(when), 1, day(when))


def columns_of(port: PortRelease) -> tuple[str, ...]:
    """The columns that readers get of the object of a port."""
    [only] = port.objects
    return only.columns


@dataclass
class Shelf:
    """A warehouse that only knows which data is behind its builds, and what is released."""

    model: Model
    data: dict[str, int] = field(default_factory=dict)
    releases: dict[tuple[str, str], Release] = field(default_factory=dict)

    def run(self, step: Step, bound: Bound) -> Outcome:
        """Do what a step says, as far as it matters here."""
        if step.build:
            _, _, number = step.build.model.partition("_")
            if step.only_of and is_jammed(self.model.data[-1], int(number)):
                raise WarehouseError("no such value")
            behind = [self.data[each] for each in step.build.reads if each in self.data]
            self.data[step.build.key] = max(behind, default=self.model.newest)
        elif step.audit:
            return Outcome(checks=self._checked(step))
        elif step.release:
            self.releases[step.release.environment, step.product] = step.release
            return Outcome(release=step.release)
        return Outcome()

    def _checked(self, step: Step) -> tuple[CheckResult, ...]:
        assert step.audit is not None
        kind = self.model.data[self.data[step.audit.key]]
        _, major = port_and_major(step.target.partition(".")[0])
        bad = kind == ODD if step.consumer else is_refused(kind, major)
        verdict = Verdict.FAIL if bad else Verdict.PASS
        return tuple(
            CheckResult(each.check.id, each.check.label, verdict, blocks=not step.consumer)
            for each in step.audit.measures
        )

    def cancel(self) -> None:
        """There is nothing to stop."""


@dataclass
class Place:
    """An environment: its stage in the model, and what the store knows of it."""

    stage: Stage
    manifests: dict[str, ProductManifest] = field(default_factory=dict)
    recorded: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, Sequence[CheckResult]] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    signoffs: dict[tuple[str, str], Signoff] = field(default_factory=dict)
    past: list[Release] = field(default_factory=list)
    evidence: dict[tuple[int, str], PortRelease] = field(default_factory=dict)

    @property
    def environment(self) -> str:
        return "prod" if self.stage.production else "dev"


@dataclass
class World:
    """The model of a history, and the same history as plans bring it about."""

    model: Model = field(default_factory=Model)
    clock: int = 0

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.model)
        self.production, self.trial = Place(self.model.production), Place(self.model.trial)

    def now(self) -> str:
        """A time of today, later than any before."""
        self.clock += 1
        return f"{day(self.model.today)}T{self.clock:09}"

    def wanted(self, place: Place) -> Situation:
        """What the next plan is made from."""
        model, production = self.model, self.production
        edition = model.edition(place.stage)
        readers = [
            consumer(name, model.readers[name], it) for name, it in edition.reading().items()
        ]
        products = [producer(model), *sorted(readers, key=lambda each: each.address)]
        fresh = situation(*products, environment=place.environment)
        mine = fresh.desired.products
        inherited = {
            name: each for name, each in production.manifests.items() if name not in place.manifests
        }
        return replace(
            fresh,
            digests={name: each.digest for name, each in place.manifests.items()},
            inherited={name: each.digest for name, each in inherited.items()},
            contents={PRODUCT: {"raw": SourceContent((RAW.pattern,), str(model.newest))}},
            applied={
                name: each
                for name, each in {**inherited, **place.manifests}.items()
                if name not in mine or mine[name].digest != each.digest
            },
            releases=self.released(place),
            fallback={} if place is production else self.released(production),
            recorded=place.recorded,
            builds={"lake": frozenset(self.shelf.data)},
            holds=place.holds,
            removed=tuple(each for each in place.manifests if each not in mine),
            broken=tuple({f"{PORT}@{each}" for each in edition.broken().values()}),
            reads=tuple(query(*each) for each in model.queried.items()),
            signoffs=tuple(place.signoffs.values()),
            quiet_days=QUIET,
            evidenced=tuple(
                EvidencedVersion(PRODUCT, "orders", *each, contract_digest(first.contract))
                for each, first in place.evidence.items()
            ),
            today=day(model.today),
        )

    def released(self, place: Place) -> dict[str, Release]:
        """The current releases of an environment."""
        every = self.shelf.releases.items()
        return {name: each for (where, name), each in every if where == place.environment}

    def planned(self, place: Place) -> Plan:
        """The plan of now."""
        return plan(self.wanted(place), place.verdicts)

    def carry_out(self, made: Plan, place: Place) -> None:
        """Run the steps of a plan, and record how each product ended."""
        bound = {name: Bound("", 1, "", made.sources) for name in made.base}
        lake: Any = self.shelf
        results = list(Execution(made, {"lake": lake}, bound, 1, lambda: 0.0).results())
        for name, share in shares(made).items():
            own = [each for each in results if each.product == name]
            release = self.released(place).get(name)
            fresh = release and release.number > place.recorded.get(name, 0)
            self._record(finished(share, own, release if fresh else None, share.manifest), place)

    def _record(self, ended: Finished, place: Place) -> None:
        """Keep what a store keeps of how a product ended."""
        name, at = ended.product, self.now()
        place.verdicts |= {audit: each.results for audit, each in ended.verdicts.items()}
        if ended.release:
            place.recorded[name] = ended.release.number
            if name == PRODUCT:
                place.past.append(ended.release)
                for port in ended.release.ports:
                    if port.status.published:
                        place.evidence.setdefault((port.major, port.version), port)
        if ended.manifest:
            place.manifests[name] = ended.manifest
        if ended.removed:
            del place.manifests[name]
        if ended.lift_hold:
            place.holds.pop(name, None)
        for each in ended.signoffs:
            opened = replace(each, state=Answer.OPEN, actor="", reason="", at=at)
            place.signoffs.setdefault((each.version, each.consumer), opened)

    def go_back(self, target: Release) -> list[str]:
        """Show in production what was shown before; returns whom that would break, if anybody."""
        place = self.production
        consumers = (each for name, each in place.manifests.items() if name != PRODUCT)
        broken = [each.consumer for each in broken_by(target, consumers, production=True)]
        if broken:
            return broken
        today = day(self.model.today)
        step = step_back(place.manifests[PRODUCT], self.released(place)[PRODUCT], target, today)
        assert step.release is not None
        self.shelf.run(step, NOWHERE)
        place.recorded[PRODUCT] = step.release.number
        place.past.append(step.release)
        place.holds[PRODUCT] = Hold(PRODUCT, "prod", target.number, "ann", "wrong", self.now())
        return []

    def answer(self, number: int, name: str, said: str) -> None:
        """Keep what a consumer says to a major, where it was asked."""
        known = self.production.signoffs
        asked = [each for each in known.values() if (each.major, each.consumer) == (number, name)]
        if asked:
            last = max(asked, key=lambda each: each.at)
            said_now = replace(last, state=Answer(said), actor="ann", reason="so", at=self.now())
            known[last.version, name] = said_now

    def changed(self) -> list[str]:
        """The versions that production shows with other columns than when it showed them first."""
        release, known = self.released(self.production).get(PRODUCT), self.production.evidence
        return [
            each.version
            for each in (release.ports if release else ())
            if each.status.published
            and columns_of(each) != columns_of(known[each.major, each.version])
        ]

    def names(self, place: Place) -> Names:
        """What readers see of the port, as a warehouse shows the current release."""
        release = self.released(place).get(PRODUCT) or self.released(self.production).get(PRODUCT)
        return {
            each.name: (
                each.port.major,
                numbers(each.port.version) or (0, 0, 0),
                self.shelf.data[each.object.key],
            )
            for each in (seen_in(release, place is self.production) if release else ())
        }
