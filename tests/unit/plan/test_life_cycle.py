"""Whatever happens to a port, plans show and refuse what a small model of its life says."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from life_cycle import QUIET, Major, Reader
from life_model import GOOD, HALF, JAMMED, ODD, SPOILED, Model, Names, is_refused
from life_world import Place, World

HISTORIES = int(os.environ.get("WEFT_HISTORIES", "100"))

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
    st.tuples(st.just("expect"), READERS),
    st.tuples(st.just("answer"), MAJORS, READERS, st.sampled_from(["yes", "no"])),
    st.tuples(st.just("waive"), MAJORS, READERS, DAYS),
    st.tuples(st.just("data"), st.sampled_from([GOOD, GOOD, ODD, SPOILED, HALF, JAMMED])),
    st.tuples(st.just("back"), st.integers(0, 9)),
    st.tuples(st.just("lift")),
    st.tuples(st.just("pass"), st.integers(1, 4)),
)
Step = tuple[object, ...]
LATER, TRY, INSIST, GIVE_WAY = "later", "try", "insist", "give way"
# What is done after a step: nothing yet, a trial elsewhere, or a plan for production; what that
# refuses is kept, or taken back.
HISTORY = st.lists(
    st.tuples(STEPS, st.sampled_from([LATER, LATER, TRY, INSIST, GIVE_WAY, GIVE_WAY])),
    min_size=8,
    max_size=40,
)
BEGINNING: tuple[tuple[Step, str], ...] = (
    (("add", 1, ("v", "w")), LATER),
    (("status", 1, "active"), LATER),
    (("read", "a.one", 0, "v"), INSIST),
)


def do(world: World, step: Step) -> None:
    """One step of a history; what cannot be done in it does nothing."""
    model = world.model
    match step:
        case ("data", str(kind)):
            model.data.append(kind)
        case ("pass", int(days)):
            model.today += days
        case ("query", int(number)) if f"orders_v{number}" in model.names(model.production):
            model.queried[number] = model.today
        case ("answer", int(number), str(name), str(said)):
            model.votes.answer(number, name, said)
            world.answer(number, name, said)
        case ("back", int(steps)) if model.production.past:
            go_back(world, steps)
        case ("lift",):
            model.production.held = False
            world.production.holds.clear()
        case _:
            write(model, step)


def write(model: Model, step: Step) -> None:
    """Change the files."""
    match step:
        case ("add", int(number), tuple(columns)) if number not in model.files:
            old = (model.production.applied or {}).get(number)
            model.files[number] = old or Major((number, 0, 0), frozenset(("id", *columns)))
        case ("read", str(name), int(pin), str(column)):
            model.readers[name] = Reader(pin, column)
        case ("expect", str(name)) if name in model.readers:
            model.readers[name] = replace(model.readers[name], expects=True)
        case ("leave", str(name)):
            model.readers.pop(name, None)
        case ("drop", int(number)) if len(model.files) > 1:
            model.files.pop(number, None)
        case (str(what), int(number), *more) if number in model.files:
            edit(model, what, number, more)


def go_back(world: World, steps: int) -> None:
    """Go back to an earlier release, where that breaks nobody."""
    past, releases = world.model.production.past, world.production.past
    assert len(past) == len(releases)
    which = -1 - steps % len(past)
    broken = world.model.broken_by(past[which])
    assert set(world.go_back(releases[which])) == broken
    if not broken:
        world.model.go_back(past[which])
        assert world.names(world.production) == world.model.names(world.model.production)


def edit(model: Model, what: str, number: int, more: Sequence[object]) -> None:
    """Change what the files say of a major that there is."""
    major = model.files[number]
    first, minor, patch = major.version
    match (what, *more):
        case ("status", str(status)):
            model.edit(number, status=status, preview=-1)
        case ("preview", int(days)):
            model.edit(number, status="draft", preview=model.today + days)
        case ("column", str(name)):
            model.edit(number, columns=major.columns ^ {name})
        case ("end", int(days)):
            later = (first, minor + 1, 0)
            ending = {"status": "deprecated", "until": model.today + days}
            model.edit(number, **ending, version=later, preview=-1)
        case ("override",):
            model.edit(number, status="retired", override=True, preview=-1)
        case ("bump", 1):
            model.edit(number, version=(first, minor, patch + 1))
        case ("bump", 2):
            model.edit(number, version=(first, minor + 1, 0))
        case ("bump", -1):
            model.edit(number, version=(first, max(minor - 1, 0), patch))
        case ("waive", str(name), int(days)):
            model.edit(number, waived={**major.waived, name: model.today + days})


def apply(world: World, place: Place) -> bool:
    """Plan, compare with the model, and go through with it where nothing is in the way."""
    model = world.model
    if not model.edition(place.stage).compiles:
        return False
    made = world.planned(place)
    refused = model.refusals(place.stage)
    certain = [each for each in refused if not model.waits_already(each)]
    assert bool(certain) <= bool(made.blocked) <= bool(refused), (made.blocked, refused)
    said = "\n".join(made.blocked)
    for number, users in certain:
        assert f"@{number}" in said, (said, number)
        assert all(name in said for name in users), (said, users)
    if made.blocked:
        return False
    model.apply(place.stage)
    world.carry_out(made, place)
    compare(world)
    if model.edition(place.stage).compiles:
        again = world.planned(place)
        assert again.empty or model.unmade()
        # What is tried again in vain changes nothing.
        world.carry_out(again, place)
        compare(world)
    assert len(place.past) == len(place.stage.past)
    return True


def compare(world: World) -> None:
    """Readers see in each place what the model says, and no data that its own checks refuse."""
    model = world.model
    assert world.changed() == []
    for place in (world.production, world.trial):
        seen = world.names(place)
        assert seen == model.names(place.stage), (place.environment, seen, model.names(place.stage))
        assert not any(is_refused(model.data[data], number) for number, _, data in seen.values())
        # Who answers for a loss may do so over the heads of those who read what is lost.
        if place is world.production:
            assert all(f"orders_v{each}" in seen for each in place.stage.reading.values())


def live(history: Sequence[tuple[Step, str]]) -> World:
    """Go through a history, comparing after each plan."""
    world = World()
    for step, then in (*BEGINNING, *history):
        do(world, step)
        if then == TRY:
            apply(world, world.trial)
        elif then != LATER and not apply(world, world.production) and then == GIVE_WAY:
            world.model.take_back()
    return world


RETIRED_AND_BACK = [
    (("add", 2, ("v", "w")), LATER),
    (("override", 2), INSIST),
    (("back", 0), TRY),
]

NOTHING_LEFT = [
    (("leave", "a.one"), LATER),
    (("override", 1), TRY),
    (("data", GOOD), TRY),
]

READ_WHILE_HELD = [
    (("leave", "a.one"), LATER),
    (("preview", 1, 0), INSIST),
    (("back", 1), LATER),
    (("read", "a.one", 1, "v"), INSIST),
]


@settings(max_examples=HISTORIES, deadline=None)
@example(RETIRED_AND_BACK)
@example(NOTHING_LEFT)
@example(READ_WHILE_HELD)
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


def seen_after(history: Sequence[tuple[Step, str]]) -> Names:
    """What readers see in production after a history."""
    world = live(history)
    return world.names(world.production)


def test_a_port_ends_after_its_last_day_and_its_last_reader() -> None:
    assert seen_after(ENDED[:-1]) == {"orders": (1, (1, 1, 0), 0), "orders_v1": (1, (1, 1, 0), 0)}
    assert seen_after(ENDED) == {}


ASKED: tuple[tuple[Step, str], ...] = (
    (("read", "a.one", 1, "w"), LATER),
    (("add", 2, ("v",)), LATER),
    (("preview", 2, 3), INSIST),
    (("answer", 2, "a.one", "no"), LATER),
    (("bump", 2, 1), INSIST),
    (("status", 2, "active"), INSIST),
    (("answer", 2, "a.one", "yes"), INSIST),
)


def test_a_new_major_waits_for_whom_it_breaks_whatever_its_version() -> None:
    assert seen_after(ASKED[:-1])["orders_v2_rc"] == (2, (2, 0, 1), 0)
    assert seen_after(ASKED)["orders"] == (2, (2, 0, 1), 0)


SPOILT: tuple[tuple[Step, str], ...] = (
    (("data", SPOILED), TRY),
    (("pass", 1), INSIST),
    (("data", GOOD), INSIST),
    (("back", 1), INSIST),
    (("lift",), INSIST),
)


def test_bad_data_is_not_shown_and_going_back_holds_until_it_is_lifted() -> None:
    data = [seen_after(SPOILT[:steps])["orders"][2] for steps in range(1, 6)]
    assert data == [0, 0, 2, 0, 2]


FALTERED: tuple[tuple[Step, str], ...] = (
    (("add", 2, ("v",)), LATER),
    (("preview", 2, 6), INSIST),
    (("data", JAMMED), INSIST),
    (("pass", 1), INSIST),
    (("data", GOOD), INSIST),
)


def test_a_preview_that_cannot_be_made_stays_as_it_was_until_it_can() -> None:
    seen = [seen_after(FALTERED[:steps]) for steps in range(2, 6)]
    assert [each["orders_v1"][2] for each in seen] == [0, 1, 1, 2]
    assert [each["orders_v2_rc"][2] for each in seen] == [0, 0, 0, 2]


def test_a_major_that_is_a_preview_elsewhere_is_measured_for_its_next_readers_at_once() -> None:
    history = (
        (("expect", "a.one"), LATER),
        (("add", 2, ("v",)), LATER),
        (("end", 1, 0), LATER),
        (("status", 2, "active"), INSIST),
        (("preview", 2, 0), TRY),
    )
    world = live(history)
    assert "orders_v2_rc" in world.names(world.trial)


@pytest.mark.parametrize(
    ("fact", "wrong", "history"),
    [
        ("life_cycle.QUIET", QUIET + 1, ENDED),
        ("life_votes.YES", "no", ASKED),
        ("life_model.is_refused", lambda kind, number: False, SPOILT),
        ("life_model.is_jammed", lambda kind, number: False, FALTERED),
    ],
)
def test_a_wrong_model_is_noticed(
    monkeypatch: pytest.MonkeyPatch, fact: str, wrong: object, history: Sequence[tuple[Step, str]]
) -> None:
    monkeypatch.setattr(fact, wrong)
    with pytest.raises(AssertionError):
        live(history)
