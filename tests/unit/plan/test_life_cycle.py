"""Whatever happens to a port, plans show and refuse what a small model of its life says."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from life_cycle import QUIET, UNFINISHED, Major, Model, Reader
from plan_values import after, plan, port, product, shown, situation, transform

from weft.mesh.consumption import PortReads, ReadBy
from weft.mesh.contract import Status
from weft.mesh.manifest import Column, PortVersion, ProductManifest, ResolvedInput
from weft.plan.examine import Situation
from weft.warehouses.shown import shown as seen_in

HISTORIES = int(os.environ.get("WEFT_HISTORIES", "200"))
PRODUCT = "shop.orders"
PORT = f"{PRODUCT}.orders"
FIRST_DAY = date(2026, 11, 21)
OVERRIDE = {"by": "ann", "reason": "nobody answers"}

# Few things to name, and those that happen often several times, so that histories get somewhere.
MAJORS = st.sampled_from([1, 1, 2, 2, 3])
READERS = st.sampled_from(["a.one", "a.two"])
DAYS = st.integers(0, 6)
COLUMN = st.sampled_from(["v", "w"])
STATUSES = st.sampled_from(["active"] * 4 + ["deprecated"] * 3 + ["retired"] * 2 + ["draft"])
STEPS = st.one_of(
    st.tuples(st.just("add"), MAJORS, st.sampled_from([("v",), ("w",), ("v", "w")])),
    st.tuples(st.just("status"), MAJORS, STATUSES),
    st.tuples(st.just("status"), MAJORS, STATUSES),
    st.tuples(st.just("preview"), MAJORS, DAYS),
    st.tuples(st.just("column"), MAJORS, COLUMN),
    st.tuples(st.just("column"), MAJORS, COLUMN),
    st.tuples(st.just("bump"), MAJORS, st.sampled_from([-1, 1, 2, 2, 2])),
    st.tuples(st.just("waive"), MAJORS, COLUMN, DAYS),
    st.tuples(st.just("end"), MAJORS, DAYS),
    st.tuples(st.just("end"), MAJORS, DAYS),
    st.tuples(st.just("override"), MAJORS),
    st.tuples(st.just("query"), MAJORS),
    st.tuples(st.just("drop"), MAJORS),
    st.tuples(st.just("read"), READERS, st.integers(0, 3), COLUMN),
    st.tuples(st.just("leave"), READERS),
    st.tuples(st.just("pass"), st.integers(1, 4)),
)
Step = tuple[object, ...]
LATER, INSIST, GIVE_WAY = "later", "insist", "give way"
# What is done after a step: nothing yet, or a plan; what that refuses is kept, or taken back.
HISTORY = st.lists(
    st.tuples(STEPS, st.sampled_from([LATER, LATER, INSIST, GIVE_WAY, GIVE_WAY])),
    min_size=8,
    max_size=40,
)
BEGINNING: tuple[tuple[Step, str], ...] = (
    (("add", 1, ("v", "w")), LATER),
    (("status", 1, "active"), LATER),
    (("read", "a.one", 0, "v"), INSIST),
)


def day(number: int) -> str:
    return (FIRST_DAY + timedelta(number)).isoformat()


def version(number: int, major: Major) -> PortVersion:
    """A major as it is compiled."""
    columns = tuple(Column(each, "INTEGER") for each in sorted(major.columns))
    waivers = [
        {"change": f"column {name} removed", "by": "ann", "reason": "agreed", "until": day(until)}
        for name, until in major.waived.items()
    ]
    text = ".".join(map(str, major.version))
    contract: dict[str, Any] = {
        "version": text,
        "status": major.status,
        "schema": [{"name": "orders", "properties": [{"name": each.name} for each in columns]}],
    }
    custom = {"waivers": waivers, "override": OVERRIDE if major.override else None}
    contract["customProperties"] = [
        {"property": name, "vendor": "weft", "value": value}
        for name, value in custom.items()
        if value
    ]
    if major.until >= 0:
        contract["slaProperties"] = [{"property": "endOfSupport", "value": day(major.until)}]
    preview = major.status in UNFINISHED and major.preview >= 0
    return replace(
        shown("orders", columns, major=number, filled_by=f"orders_{number}"),
        version=text,
        status=Status(major.status),
        contract=contract,
        candidate=day(major.preview) if preview else "",
    )


def producer(model: Model) -> ProductManifest:
    """The product of the port, with a model for each major."""
    models = [
        transform(f"orders_{number}", meaning=f"{number} of {sorted(each.columns)}")
        for number, each in sorted(model.files.items())
    ]
    return product(PRODUCT, models, [version(*each) for each in sorted(model.files.items())])


def consumer(name: str, reader: Reader, major: int) -> ProductManifest:
    """A consumer, compiled against one major."""
    address = f"{PORT}@{major}"
    made = product(name, [transform("m", replace(port(address), columns=(reader.column,)))])
    read = ResolvedInput("orders", address, pinned=bool(reader.pin))
    made = replace(made, inputs=(read,), digest="")
    return replace(made, digest=str(hash(repr(made))))


def query(number: int, when: int) -> PortReads:
    """That somebody queried a major on a day."""
    return PortReads(PRODUCT, "orders", number, ReadBy.QUERY, "eve", day(when), 1, day(when))


@dataclass
class World:
    """The model of a history, and the same history as plans bring it about."""

    model: Model = field(default_factory=Model)
    now: Situation = field(default_factory=situation)
    known: dict[str, ProductManifest] = field(default_factory=dict)

    def wanted(self) -> Situation:
        """What the next plan is made from."""
        reading = self.model.reading()
        readers = [consumer(name, self.model.readers[name], reading[name]) for name in reading]
        products = [producer(self.model), *sorted(readers, key=lambda each: each.address)]
        fresh = situation(*products)
        mine = set(fresh.desired.products)
        differing = {
            address: each
            for address, each in self.known.items()
            if address not in mine or fresh.desired.products[address].digest != each.digest
        }
        return replace(
            self.now,
            desired=fresh.desired,
            contents=fresh.contents,
            applied=differing,
            removed=tuple(address for address in self.known if address not in mine),
            broken=tuple({f"{PORT}@{each}" for each in self.model.broken().values()}),
            reads=tuple(query(*each) for each in self.model.queried.items()),
            quiet_days=QUIET,
            today=day(self.model.today),
        )

    def names(self) -> dict[str, tuple[int, tuple[int, ...]]]:
        """What readers see of the port, as a warehouse shows the current release."""
        release = self.now.releases.get(PRODUCT)
        return {
            each.name: (each.port.major, tuple(map(int, each.port.version.split("."))))
            for each in (seen_in(release, production=True) if release else ())
        }


def do(world: World, step: Step) -> None:
    """One step of a history; what cannot be done in it does nothing."""
    model = world.model
    match step:
        case ("add", int(number), tuple(columns)) if number not in model.files:
            old = model.applied.get(number)
            model.files[number] = old or Major((number, 0, 0), frozenset(("id", *columns)))
        case ("read", str(name), int(pin), str(column)):
            model.readers[name] = Reader(pin, column)
        case ("leave", str(name)):
            model.readers.pop(name, None)
        case ("pass", int(days)):
            model.today += days
        case ("query", int(number)) if f"orders_v{number}" in model.seen:
            model.queried[number] = model.today
        case ("drop", int(number)) if len(model.files) > 1:
            model.files.pop(number, None)
        case (str(what), int(number), *more) if number in model.files:
            edit(model, what, number, more)


def edit(model: Model, what: str, number: int, more: Sequence[object]) -> None:
    """Change what the files say of a major that there is."""
    major = model.files[number]
    first, minor, patch = major.version
    match (what, *more):
        case ("status", str(status)):
            model.edit(number, status=status)
        case ("preview", int(days)):
            model.edit(number, status="draft", preview=model.today + days)
        case ("column", str(name)):
            model.edit(number, columns=major.columns ^ {name})
        case ("end", int(days)):
            later = (first, minor + 1, 0)
            model.edit(number, status="deprecated", until=model.today + days, version=later)
        case ("override",):
            model.edit(number, status="retired", override=True)
        case ("bump", 1):
            model.edit(number, version=(first, minor, patch + 1))
        case ("bump", 2):
            model.edit(number, version=(first, minor + 1, 0))
        case ("bump", -1):
            model.edit(number, version=(first, max(minor - 1, 0), patch))
        case ("waive", str(name), int(days)):
            model.edit(number, waived={**major.waived, name: model.today + days})


def apply(world: World) -> bool:
    """Plan, compare with the model, and go through with it where nothing is in the way."""
    model = world.model
    if not model.compiles:
        return False
    wanted = world.wanted()
    made = plan(wanted)
    refused = list(model.refusals())
    assert bool(made.blocked) == bool(refused), (made.blocked, refused)
    said = "\n".join(made.blocked)
    for number, users in refused:
        assert f"@{number}" in said, (said, number)
        assert all(name in said for name in users), (said, users)
    if made.blocked:
        return False
    model.apply()
    world.known = {**world.known, **made.manifests}
    for address in made.removed:
        world.known.pop(address, None)
    world.now = after(made, wanted)
    assert world.names() == model.seen
    # Who answers for a loss may do so over the heads of those who read what is lost.
    served = filter(None, model.reading().values())
    assert all(f"orders_v{major}" in world.names() for major in served)
    assert not model.compiles or plan(world.wanted()).empty
    return True


def live(history: Sequence[tuple[Step, str]]) -> World:
    """Go through a history, comparing after each plan."""
    world = World()
    for step, then in (*BEGINNING, *history):
        do(world, step)
        if then != LATER and not apply(world) and then == GIVE_WAY:
            world.model.take_back()
    return world


@settings(max_examples=HISTORIES, deadline=None)
@given(HISTORY)
def test_plans_follow_the_model(history: list[tuple[Step, str]]) -> None:
    live(history)


ENDED: tuple[tuple[Step, str], ...] = (
    (("leave", "a.one"), INSIST),
    (("end", 1, 2), INSIST),
    (("pass", 2), LATER),
    (("query", 1), LATER),
    (("pass", 1), LATER),
    (("status", 1, "retired"), INSIST),
    (("pass", 2), INSIST),
)


def test_a_port_ends_after_its_last_day_and_its_last_reader() -> None:
    assert live(ENDED[:-1]).names() == {"orders": (1, (1, 1, 0)), "orders_v1": (1, (1, 1, 0))}
    assert live(ENDED).names() == {}


def test_a_wrong_model_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("life_cycle.QUIET", QUIET + 1)
    with pytest.raises(AssertionError):
        live(ENDED)
