"""How a model that grows goes on: what it grows from, what is read, and when it begins anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_values import COLUMNS, transform

from weft.mesh.growth import Growing, Grown, Growth, Range, Shape
from weft.mesh.manifest import Column, Transform
from weft.mesh.product import Materialization
from weft.mesh.release import Build, Release
from weft.plan.growing import (
    Course,
    Ground,
    again_salt,
    course,
    in_words,
    joined_salt,
    restated,
)

SHAPE = Shape("body", {"id": "1", "v": "2"})
BY_DAY = Growth(time_column="day", look_back=3, shape=SHAPE)
BY_KEY = Growth(unique_key=("id",), shape=SHAPE)
STATES = Growth(unique_key=("id",), changed_at="at", shape=SHAPE)
INCREMENTAL, SNAPSHOT = Materialization.INCREMENTAL, Materialization.SNAPSHOT
LATER = Range("2026-01-28")
COVERED = Range("", "2026-01-31")


def growing(growth: Growth, kind: Materialization = INCREMENTAL) -> Transform:
    return replace(transform("m", kind=kind), growth=growth)


def ground(
    growth: Growth, *there: str, kind: Materialization = INCREMENTAL, base: str = "old"
) -> Ground:
    """A release that shows `now`, which grew from `base`; `there` are builds that are whole."""
    release = Release(
        "a.b", "prod", 1, (), {"m": "now"}, grown={"m": Grown("asked", base, growth, "s")}
    )
    builds = {key: Build(key, "a.b", "m", kind, COLUMNS, covered=COVERED) for key in there}
    return Ground(release, builds)


def on_from(
    growth: Growth = BY_DAY, salt: str = "s", *, was: Growth | None = None, asked: str = "more"
) -> Course:
    return course(growing(growth), asked, salt, ground(was or growth, "now", "old"))


def test_the_first_build_is_a_full_one() -> None:
    begun = replace(BY_DAY, start="2020-01-01")
    assert course(growing(begun), "asked", "", Ground()) == Course(
        Growing(begun, ranges=(Range("2020-01-01"),))
    )
    assert course(growing(BY_KEY), "asked", "", Ground()).growing == Growing(BY_KEY)


def test_a_model_that_did_not_grow_begins_with_a_full_build() -> None:
    table = Ground(Release("a.b", "prod", 1, (), {"m": "table"}))
    found = course(growing(BY_DAY), "asked", "", table).growing
    assert (found.base, found.because) == ("", "it is kept as incremental from now on")


def test_nothing_new_keeps_the_released_build() -> None:
    found = on_from(asked="asked")
    assert (found.key, found.growing.base) == ("now", "old")


def test_new_data_is_read_from_the_look_back_on() -> None:
    found = on_from()
    assert (found.key, found.growing.base) == ("", "now")
    assert found.growing.ranges == (Range("2026-01-28"),)


def test_by_key_the_whole_query_is_read() -> None:
    found = on_from(BY_KEY)
    assert (found.growing.base, found.growing.ranges) == ("now", ())


def test_a_range_that_is_restated_is_read_once_beside_the_rest() -> None:
    salt = again_salt("id", [Range("2026-01-05", "2026-01-08")])
    ranges = (Range("2026-01-05", "2026-01-08"), Range("2026-01-28"))
    assert on_from(salt=salt).growing.ranges == ranges
    assert on_from(salt=salt).growing.again == ranges[:1]
    done = ground(BY_DAY, "now")
    assert done.release is not None
    grown = {"m": replace(done.release.grown["m"], salt=salt)}
    done = replace(done, release=replace(done.release, grown=grown))
    assert course(growing(BY_DAY), "more", salt, done).growing.ranges == ranges[1:]


def test_a_rebuild_is_a_full_build_with_its_reason() -> None:
    found = on_from(salt="other").growing
    assert (found.base, found.because) == ("", "a rebuild was asked for")


def test_a_snapshot_is_never_rebuilt() -> None:
    states = ground(STATES, "now", kind=SNAPSHOT)
    found = course(growing(STATES, SNAPSHOT), "more", "other", states)
    assert (found.growing.base, found.blocked) == ("now", "")


@pytest.mark.parametrize(
    ("new", "because"),
    [
        (replace(BY_DAY, shape=Shape("other", SHAPE.outputs)), "its query changed"),
        (replace(BY_DAY, shape=Shape("body", {"id": "1"})), "its column `v` is gone"),
        (replace(BY_DAY, shape=Shape("body", {"id": "1", "v": "3"})), "its column `v` changed"),
        (replace(BY_DAY, time_column="at"), "its `time_column` changed"),
        (replace(BY_DAY, unique_key=("id",)), "its `unique_key` changed"),
    ],
)
def test_what_does_not_fit_is_built_anew(new: Growth, because: str) -> None:
    found = on_from(new, was=BY_DAY).growing
    assert (found.base, found.because) == ("", because)


@pytest.mark.parametrize("new", [replace(BY_DAY, look_back=9), replace(BY_DAY, start="2026-01-01")])
def test_what_only_says_how_far_to_read_goes_on(new: Growth) -> None:
    assert on_from(new, was=BY_DAY).growing.base == "now"


def test_an_earlier_start_fills_what_is_missing() -> None:
    since = ground(replace(BY_DAY, start="2026-01-01"), "now")
    covered = replace(since.builds["now"], covered=Range("2026-01-01", "2026-01-31"))
    earlier = growing(replace(BY_DAY, start="2025-12-01"))
    found = course(earlier, "more", "s", replace(since, builds={"now": covered})).growing
    assert found.ranges == (Range("2025-12-01", "2026-01-01"), Range("2026-01-28"))


def test_a_column_more_is_null_in_what_stays() -> None:
    more = replace(BY_DAY, shape=Shape("body", {**SHAPE.outputs, "x": "4"}))
    model = replace(growing(more), columns=(*COLUMNS, Column("x", "DATE")))
    found = course(model, "more", "s", ground(BY_DAY, "now")).growing
    assert (found.base, found.added) == ("now", ("x",))


def test_a_snapshot_goes_on_whatever_its_query_is() -> None:
    other = replace(STATES, shape=Shape("other", {"id": "9"}))
    found = course(growing(other, SNAPSHOT), "more", "s", ground(STATES, "now", kind=SNAPSHOT))
    assert (found.growing.base, found.blocked) == ("now", "")


@pytest.mark.parametrize(
    ("new", "blocked"),
    [
        (replace(STATES, unique_key=("v",)), "its `unique_key` changed"),
        (replace(STATES, changed_at=""), "the time of its states came from elsewhere"),
    ],
)
def test_a_snapshot_that_cannot_go_on_is_stuck(new: Growth, blocked: str) -> None:
    found = course(growing(new, SNAPSHOT), "more", "s", ground(STATES, "now", kind=SNAPSHOT))
    assert found.blocked == blocked


def test_another_materialization_begins_anew() -> None:
    found = course(growing(STATES, SNAPSHOT), "more", "s", ground(STATES, "now"))
    assert (found.growing.base, found.blocked) == ("", "")
    assert found.growing.because == "it is kept as snapshot from now on"


@pytest.mark.parametrize("salt", ["s", "other"])
def test_another_materialization_may_not_forget_states(salt: str) -> None:
    found = course(growing(BY_KEY), "more", salt, ground(STATES, "now", kind=SNAPSHOT))
    assert (found.growing.base, found.blocked) == ("", "it is kept as incremental from now on")


def test_states_are_there_while_a_snapshot_is_shown_and_whole() -> None:
    for there in ("now", "old"):
        assert ground(STATES, there, kind=SNAPSHOT).has_states("m")
    assert not ground(STATES, kind=SNAPSHOT).has_states("m")
    assert not ground(STATES, "now", kind=SNAPSHOT).has_states("other")
    assert not ground(BY_KEY, "now").has_states("m")


def test_a_lost_build_is_made_again_from_what_it_was_made_from() -> None:
    found = course(growing(BY_DAY), "asked", "s", ground(BY_DAY, "old"))
    assert (found.key, found.growing.base) == ("now", "old")
    first = course(growing(BY_DAY), "asked", "s", ground(BY_DAY, base=""))
    assert (first.key, first.growing.base, first.growing.because) == ("now", "", "")


def test_after_a_loss_new_data_is_added_to_what_is_left() -> None:
    found = course(growing(BY_DAY), "more", "s", ground(BY_DAY, "old"))
    assert (found.key, found.growing.base) == ("", "old")


def test_where_nothing_is_left_all_is_built_anew() -> None:
    for asked in ("asked", "more"):
        found = course(growing(BY_DAY), asked, "s", ground(BY_DAY))
        assert (found.key, found.growing.base) == ("", "")
        assert found.growing.because == "what it grew from is gone"


def test_a_snapshot_whose_states_are_gone_does_not_begin_anew_by_itself() -> None:
    gone = ground(STATES, kind=SNAPSHOT)
    assert course(growing(STATES, SNAPSHOT), "more", "s", gone).lost
    first = ground(STATES, kind=SNAPSHOT, base="")
    assert not course(growing(STATES, SNAPSHOT), "asked", "s", first).lost
    assert not course(growing(BY_DAY), "more", "s", ground(BY_DAY)).lost


DAYS = st.integers(1, 28).map(lambda day: f"2026-01-{day:02}")
RANGES = st.tuples(DAYS, DAYS).map(lambda ends: Range(min(ends), max(ends)))


@given(st.lists(RANGES, max_size=4))
def test_a_salt_says_which_ranges_are_read_anew(ranges: list[Range]) -> None:
    assert restated(again_salt("id", ranges)) == tuple(ranges)


def test_what_is_pending_is_not_forgotten() -> None:
    january, march = Range("2026-01-01", "2026-02-01"), Range("2026-03-01", "2026-04-01")
    one, two = again_salt("1", [january]), again_salt("2", [march])
    assert joined_salt(one, two) == again_salt("2", [january, march])
    assert joined_salt("rebuild", two) == "rebuild"
    assert joined_salt(one, "rebuild") == "rebuild"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Growing(BY_DAY), "build"),
        (Growing(BY_DAY, because="its query changed"), "rebuild, its query changed"),
        (
            Growing(BY_DAY, "b", (Range("2026-01-28"),)),
            "adds from 2026-01-28 on (look-back 3 days), keeps the rest",
        ),
        (
            Growing(replace(BY_DAY, look_back=0), "b", (Range("2025-12-01", "2026-01-01"), LATER)),
            "fills 2025-12-01 to 2025-12-31, adds from 2026-01-28 on, keeps the rest",
        ),
        (
            Growing(
                BY_DAY, "b", (LATER,), (Range("2026-01-05", "2026-01-06"), Range("", "2026-01-02"))
            ),
            "reads 2026-01-05 and up to 2026-01-01 anew, adds what is new, keeps the rest",
        ),
        (Growing(BY_DAY, "b", (Range(),)), "reads all of it anew"),
        (Growing(BY_KEY, "b"), "adds and replaces rows by id, keeps the rest"),
        (
            Growing(BY_KEY, "b", added=("x", "y")),
            "adds and replaces rows by id, keeps the rest; `x`, `y` are null there, "
            "--rebuild fills them",
        ),
    ],
)
def test_what_a_build_does_in_words(found: Growing, words: str) -> None:
    assert in_words(INCREMENTAL, found) == words


def test_what_a_snapshot_does_in_words() -> None:
    told = in_words(SNAPSHOT, Growing(STATES, "b"))
    assert told == "adds new states, keeps the earlier ones"
    told = in_words(SNAPSHOT, Growing(STATES, "b", added=("x",)))
    assert told == "adds new states, keeps the earlier ones; `x` is null there"
